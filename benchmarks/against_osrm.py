"""Travel times against OSRM: the same rules for walkers and cars, 1,000 random pairs each, and the speed of a table.

OSRM runs with two profiles of our own, written from the default scenario (dry season): the same speeds, access,
one-way and barrier rules, no turn costs. Both engines get the same places, each a point on the network to which
our own router snapped a jittered junction, and no access leg costs anything (one metre away at most). Ferries
are boarded without a wait in both.

OSRM needs its own Python (>= 3.12) with `pip install osrm-bindings`: name it in OSRM_PYTHON.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from common import ROOT, command, shared

from geodata.areafile import ROAD_CLASSES
from geodata.readers.osm import OsmWays, read_osm_roads, read_osm_ways
from planner.modes import Profile
from planner.network import ON_FERRY, build_network
from planner.paths import find_path
from planner.scenario import Scenario, default_scenario
from planner.traveltime import Router

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.access import Stops

PBF = shared() / "data/osm/malta.osm.pbf"
CRS = "EPSG:32633"
PAIRS, JITTER_M, REACH_M = 1000, 50.0, 1.0
MEDIAN, P95, LARGE = 0.01, 0.03, 0.03
# Mġarr, Victoria, Xagħra (Gozo) and Ċirkewwa, Mellieħa, Valletta (Malta).
GOZO = ((14.2990, 36.0257), (14.2396, 36.0443), (14.2660, 36.0500))
MALTA = ((14.3295, 35.9888), (14.3620, 35.9560), (14.5130, 35.8980))

LUA = """
api_version = 4
local M = @RULES@
local WORDS = {yes = 'yes', ['true'] = 'yes', ['1'] = 'yes', ['-1'] = 'back', reverse = 'back'}

function setup()
  return {properties = {
    weight_name = 'quickest', max_speed_for_map_matching = 50, u_turn_penalty = 0,
    traffic_signal_penalty = 0, continue_straight_at_waypoint = false, use_turn_restrictions = false,
  }}
end

local function tag(thing, key)
  local text = thing:get_value_by_key(key)
  text = text and text:match('^%s*(.-)%s*$'):lower()
  return text ~= '' and text or nil
end

-- open, granted (by a key of the mode's own), local or closed; and whether any tag said so
local function access(thing)
  for key, values in pairs(M.closed_if) do
    if values[tag(thing, key) or ''] then return 'closed', true end
  end
  for _, key in ipairs(M.access) do
    local text = tag(thing, key)
    if text then
      local answer = 'closed'
      for value in (text .. ';'):gmatch('%s*([^;]-)%s*;') do
        if M.locals[value] then answer = 'local'
        elseif not M.closed[value] then
          return (key == 'access' or key == 'vehicle') and 'open' or 'granted', true
        end
      end
      return answer, true
    end
  end
  return 'open', false
end

local function forded(thing) return (tag(thing, 'ford') or 'no') ~= 'no' end

function process_node(profile, node, result)
  local kind = tag(node, 'barrier')
  if not kind and not tag(node, 'ford') then return end
  local said, tagged = access(node)
  if tagged then result.barrier = said == 'closed' else result.barrier = M.barriers[kind or ''] == true end
  if forded(node) and M.ford == 0 then result.barrier = true end
end

local function limit(text)
  if text == 'walk' then return 5 end
  local number, unit = (text or ''):match('^(%d+%.?%d*)%s*(%a*)')
  number = tonumber(number or 0) * (unit == 'mph' and 1.609344 or unit == 'knots' and 1.852 or 1)
  return number > 0 and number or math.huge
end

local function kph(way, class, said)
  local speed = M.speeds[class] or (said == 'granted' and M.classes[class] and M.granted) or 0
  if M.maxspeed then speed = math.min(speed, limit(tag(way, 'maxspeed'))) end
  local surface, track = tag(way, 'surface'), tag(way, 'tracktype') or ''
  speed = speed * ((surface and M.surface[surface] or not surface and M.track_surface[track]) or 1)
  speed = math.min(speed, M.smoothness[tag(way, 'smoothness') or ''] or math.huge, M.track[track] or math.huge)
  return forded(way) and speed * M.ford or speed
end

local function direction(way, class)
  for _, key in ipairs(M.oneway) do
    local said = tag(way, key)
    if key ~= 'oneway' then
      if said then return WORDS[said] or 'both' end
    elseif said then
      return said == 'reversible' and 'none' or WORDS[said] or 'both'
    else
      local junction = tag(way, 'junction')
      if junction == 'roundabout' or junction == 'circular' or class == 'motorway' then return 'yes' end
    end
  end
  return 'both'
end

function process_way(profile, way, result)
  local class = way:get_value_by_key('highway')
  local ferry = not class and way:get_value_by_key('route') == 'ferry'
  if not class and not (ferry and M.ferry) then return end
  local said = access(way)
  local speed = ferry and M.ferry or kph(way, class, said)
  local where = direction(way, class)
  if said == 'closed' or speed <= 0 or where == 'none' then return end
  local moving = ferry and mode.ferry or mode.driving
  result.forward_mode = where == 'back' and mode.inaccessible or moving
  result.backward_mode = where == 'yes' and mode.inaccessible or moving
  result.forward_speed, result.backward_speed = speed, speed
  result.forward_rate, result.backward_rate = speed / 3.6, speed / 3.6
  result.forward_restricted, result.backward_restricted = said == 'local', said == 'local'
  result.is_startpoint = not ferry
  local takes = ferry and way:get_value_by_key('duration')
  if takes and durationIsValid(takes) then
    result.duration = parseDuration(takes)
    result.weight = result.duration
  end
end

-- Local traffic only: nobody enters unless they must.
function process_turn(profile, turn)
  if turn.target_restricted and not turn.source_restricted then turn.weight = 3000 end
end

return {setup = setup, process_way = process_way, process_node = process_node, process_turn = process_turn}
"""

OURS = f"""
import sys, time
from pathlib import Path
import numpy as np, shapely
from geodata.readers.osm import read_osm_roads
from planner.modes import Profile
from planner.network import build_network
from planner.scenario import default_scenario
from planner.traveltime import Router
start = time.perf_counter()
scenario = default_scenario()
roads, _ = read_osm_roads(Path({str(PBF)!r}), None, {CRS!r})
network = build_network(roads, scenario, modes=["car"])
router = Router(network, Profile("car", "dry"), rule=scenario.access)
stops = router.stops(shapely.points(np.load(sys.argv[1])))
router.matrix(stops, stops)
total = time.perf_counter() - start
query = []
for _ in range(3):
    start = time.perf_counter()
    router.matrix(stops, stops)
    query.append(time.perf_counter() - start)
print(total, min(query))
"""


def lua(value: object) -> str:
    """Return a value as Lua writes it; a set as a table of true."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua(k)}] = {lua(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return lua(dict.fromkeys(sorted(value), True))
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(lua(v) for v in value) + "}"
    return "nil" if value is None else json.dumps(value)


def profile_lua(scenario: Scenario, name: str) -> str:
    """Return our rules for a mode in the dry season as an OSRM profile."""
    mode = scenario.modes[name]
    factor = {group: by.dry for group, by in mode.surface_factors.items()}
    rules = {
        "speeds": mode.speeds_kph, "granted": mode.granted_kph, "classes": set(ROAD_CLASSES) - {"waterway"},
        "access": mode.access, "locals": scenario.access_values.local,
        "closed": scenario.access_values.closed, "oneway": mode.oneway, "barriers": mode.barriers,
        "ferry": scenario.ferry.speed_kph if mode.ferry else False, "maxspeed": mode.maxspeed,
        "surface": {s: factor.get(g, 1.0) for g, some in scenario.surfaces.items() for s in sorted(some)},
        "track_surface": {t: factor.get(g, 1.0) for t, g in scenario.tracktype_surfaces.items()},
        "smoothness": mode.smoothness_max_kph, "track": mode.tracktype_max_kph, "ford": mode.fords.dry,
        "closed_if": {key: set(values) for key, values in mode.closed_if.items()},
    }  # fmt: skip
    return LUA.replace("@RULES@", lua(rules))


@dataclass(frozen=True)
class Osrm:
    """OSRM's programs, and the data of one mode."""

    programs: Path
    data: Path
    prepared_s: float

    @classmethod
    def prepared(cls, programs: Path, folder: Path, scenario: Scenario, mode: str, *, runs: int) -> Osrm:
        folder.mkdir()
        pbf = folder / "malta.osm.pbf"
        shutil.copy(PBF, pbf)
        (folder / "profile.lua").write_text(profile_lua(scenario, mode), "utf-8")
        extract = command(
            str(programs / "osrm-extract"), "-p", str(folder / "profile.lua"), str(pbf), runs=runs
        )
        contract = command(str(programs / "osrm-contract"), str(folder / "malta.osrm"), runs=runs)
        return cls(programs, folder / "malta.osrm", extract.seconds + contract.seconds)

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Serve the data on a free port of this machine alone."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        arguments = ["-i", "127.0.0.1", "-p", str(port), "--max-table-size", "5000", "-l", "ERROR"]
        start = time.perf_counter()
        process = subprocess.Popen([str(self.programs / "osrm-routed"), *arguments, str(self.data)])
        try:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if process.poll() is not None:
                        raise SystemExit("osrm-routed ended") from None
                    time.sleep(0.01)
            yield Server(f"http://127.0.0.1:{port}", time.perf_counter() - start)
        finally:
            process.terminate()
            process.wait()


@dataclass(frozen=True)
class Server:
    address: str
    started_s: float

    def ask(self, service: str, lonlat: NDArray[np.float64], options: str) -> bytes:
        places = ";".join(f"{x:.6f},{y:.6f}" for x, y in lonlat.tolist())
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own address
                f"{self.address}/{service}/v1/driving/{places}?{options}"
            ) as answer:
                return answer.read()  # type: ignore[no-any-return]
        except urllib.error.HTTPError as error:
            return error.read()

    def route(self, lonlat: NDArray[np.float64]) -> dict[str, Any]:
        """Return the quickest route between two places on a road, with its nodes; no other road is looked for."""
        options = f"overview=false&annotations=nodes&radiuses={REACH_M};{REACH_M}"
        answer: dict[str, Any] = json.loads(self.ask("route", lonlat, options))
        return answer


class Area:
    """Our network and routers of Malta, without waits for ferries, and the OSM ways they come from."""

    def __init__(self) -> None:
        default = default_scenario()
        self.scenario = default.model_copy(
            update={"ferry": default.ferry.model_copy(update={"waiting_minutes": 0.0})}
        )
        roads, _ = read_osm_roads(PBF, None, CRS)
        self.network = build_network(roads, self.scenario, modes=["walking", "car"])
        self.to_lonlat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
        self.ways: OsmWays = read_osm_ways(PBF)

    def router(self, mode: str) -> Router:
        """Return the router of a mode; access legs of at most a metre that take no time."""
        rule = self.scenario.access.model_copy(update={"speed_kph": 1e9, "max_distance_m": REACH_M})
        return Router(self.network, Profile(mode, "dry"), rule=rule)

    def places(self, router: Router, xy: NDArray[np.float64]) -> tuple[Stops, NDArray[np.float64]]:
        """Return points on the nearest roads, as our stops and as OSRM's degrees (of 6 decimals)."""
        wide = Router(self.network, router.profile, rule=self.scenario.access)
        snap = wide.stops(shapely.points(xy)).nearest
        assert len(snap.point) == len(xy)
        at = shapely.line_interpolate_point(self.network.lines(snap.edge), snap.fraction, normalized=True)
        lonlat = np.column_stack(self.to_lonlat.transform(shapely.get_x(at), shapely.get_y(at))).round(6)
        back = self.to_lonlat.transform(lonlat[:, 0], lonlat[:, 1], direction="INVERSE")
        return router.stops(shapely.points(np.column_stack(back)), on_edge=snap.edge.astype(np.int64)), lonlat

    def random(self, router: Router, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return junctions of roads that the mode may use, moved by up to 50 m any way."""
        network = self.network
        usable = network.usable(router.profile) & (network.edge_kind != ON_FERRY)
        nodes = np.unique([network.edge_from[usable], network.edge_to[usable]])
        away, turn = JITTER_M * np.sqrt(rng.random(PAIRS)), 2 * np.pi * rng.random(PAIRS)
        moved = np.column_stack([away * np.cos(turn), away * np.sin(turn)])
        return network.node_xy[rng.choice(nodes, PAIRS)] + moved

    @cached_property
    def way_between(self) -> dict[tuple[int, int], int]:
        """The number of the way between each two adjacent nodes."""
        way = np.repeat(np.arange(len(self.ways.ids)), np.diff(self.ways.first))
        node = self.ways.node.tolist()
        return {(node[k], node[k + 1]): int(way[k]) for k in np.flatnonzero(np.diff(way) == 0).tolist()}
