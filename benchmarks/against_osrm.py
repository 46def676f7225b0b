"""Travel times against OSRM: the same rules on foot and by car, 1,000 random pairs each; a table's speed.

OSRM runs with profiles of our own, written from the default scenario (dry season): the same speeds, access,
one-way and barrier rules, and no turn costs. Both engines get the same places: points on the network to which
our router snapped jittered junctions. Access legs, a metre at most, and waits for ferries take no time.

OSRM needs its own Python (>= 3.12) with `pip install osrm-bindings`: name it in OSRM_PYTHON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from itertools import pairwise, permutations
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pyproj
import shapely
from common import ROOT, command, shared

from geodata.readers.osm import read_osm_ways
from geodata.readers.osm_roads import read_osm_roads
from geodata.vocabulary.roads import ROAD_CLASSES
from planner.network.build import build_network
from planner.network.impedance import HEIGHTS, WEIGHTS, WIDTHS
from planner.network.local_traffic import LOCAL
from planner.scenarios.modes import Profile
from planner.scenarios.scenario import Scenario, default_scenario
from planner.travel.paths import find_path
from planner.travel.router import Router
from planner.travel.snapping import take_snaps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from planner.travel.access import Stops

    Points = NDArray[np.float64]
    Ask = Callable[[str, Points, str], bytes]

PBF, CRS = shared() / "data/osm/malta.osm.pbf", "EPSG:32633"
PAIRS, JITTER_M, REACH_M = 1000, 50.0, 1.0
MEDIAN, P95, LARGE = 0.01, 0.03, 0.03
FERRY_ENDS = ((14.2990, 36.0257), (14.2396, 36.0443), (14.2660, 36.0500),
              (14.3300, 35.9870), (14.3620, 35.9560), (14.5130, 35.8980))  # fmt: skip

LUA = """
api_version = 4
local M = @RULES@
local WORDS = {yes = 'yes', ['true'] = 'yes', ['1'] = 'yes', ['-1'] = 'back', reverse = 'back'}
local SETUP = {weight_name = 'quickest', max_speed_for_map_matching = 50, use_turn_restrictions = false}
local function tag(thing, key)
  return (thing:get_value_by_key(key) or ''):lower():match('^%s*(%S.-)%s*$')
end
local function forded(thing) return (tag(thing, 'ford') or 'no') ~= 'no' end
-- open, granted (by a key of the mode's own), local or closed; and whether any tag said so
local function access(thing)
  local shut = false
  for key, values in pairs(M.closed_if) do shut = shut or values[tag(thing, key) or ''] end
  for _, key in ipairs(M.access) do
    local text, answer, own = tag(thing, key), 'closed', key ~= 'access' and key ~= 'vehicle'
    for value in (text and text .. ';' or ''):gmatch('%s*([^;]-)%s*;') do
      if own and M.grants[value] then return 'granted', true end
      if M.locals[value] then answer = answer == 'closed' and 'local' or answer
      elseif not M.closed[value] then answer = 'open' end
    end
    if text then return shut and 'closed' or answer, true end
  end
  return shut and 'closed' or 'open', false
end
function process_node(profile, node, result)
  local kind, said, tagged = tag(node, 'barrier'), access(node)
  if kind or tag(node, 'ford') then
    result.barrier = tagged and said == 'closed' or not tagged and M.barriers[kind or ''] or false
    if forded(node) and M.ford == 0 then result.barrier = true end
  end
end
local function kph(way, class, said)
  local speed = M.speeds[class] or (said == 'granted' and M.classes[class] and M.granted) or 0
  local limit, unit = (tag(way, 'maxspeed') or ''):gsub('^walk$', '5'):match('^(%d+%.?%d*)%s*(%a*)')
  limit = tonumber(limit or 0) * (unit == 'mph' and 1.609344 or unit == 'knots' and 1.852 or 1)
  if M.maxspeed and limit > 0 then speed = math.min(speed, limit) end
  local surface, track, smooth = tag(way, 'surface'), tag(way, 'tracktype') or '', tag(way, 'smoothness')
  speed = speed * ((surface and M.surface[surface] or not surface and M.track_surface[track]) or 1)
  speed = math.min(speed, M.smoothness[smooth or ''] or math.huge, M.track[track] or math.huge)
  return speed * (forded(way) and M.ford or 1)
end
local function direction(way, class, ferry)
  if ferry and not M.bound then return WORDS[tag(way, 'oneway') or ''] or 'both' end
  for _, key in ipairs(M.oneway) do
    local said, junction = tag(way, key), tag(way, 'junction')
    if said then return key == 'oneway' and said == 'reversible' and 'none' or WORDS[said] or 'both' end
    local round = junction == 'roundabout' or junction == 'circular' or class == 'motorway'
    if key == 'oneway' and round then return 'yes' end
  end
  return 'both'
end
local function too_small(way)
  for key, need in pairs(M.sizes) do
    local number, unit = (tag(way, key) or ''):match('^(%d+%.?%d*)%s*(%a*)$')
    if number and (unit == '' or unit == 'm' or unit == 't') and tonumber(number) > 0 and
       tonumber(number) < need then return true end
  end
  return false
end
function process_way(profile, way, result)
  local class = way:get_value_by_key('highway')
  if not class and way:get_value_by_key('man_made') == 'pier' then class = 'path' end
  local ferry = not way:get_value_by_key('highway') and way:get_value_by_key('route') == 'ferry' and M.ferry
  if ferry then class = nil end
  if not class and not ferry then return end
  local where, said = direction(way, class, ferry), access(way)
  local speed = ferry and M.ferry or kph(way, class, said)
  if said == 'closed' or speed <= 0 or where == 'none' or (class and too_small(way)) then return end
  for side, wrong in pairs({forward = 'back', backward = 'yes'}) do
    result[side .. '_mode'] = where == wrong and mode.inaccessible or ferry and mode.ferry or mode.driving
    result[side .. '_speed'], result[side .. '_rate'] = speed, speed / 3.6
    result[side .. '_restricted'] = said == 'local'
  end
  local text = ferry and way:get_value_by_key('duration') or ''
  if durationIsValid(text) then result.duration, result.weight = parseDuration(text), parseDuration(text) end
  result.is_startpoint = not ferry
end
function process_turn(profile, turn) -- nobody enters roads for local traffic unless they must
  if turn.target_restricted and not turn.source_restricted then turn.weight = 3000 end
end
return {setup = function() return {properties = SETUP} end, process_way = process_way,
  process_node = process_node, process_turn = process_turn}
"""


def our_table(places: str) -> None:
    """Print the seconds of a table of car times between places, from the PBF on, and of three again."""
    seconds = [time.perf_counter()]
    scenario, points = default_scenario(), shapely.points(np.load(places))
    network = build_network(read_osm_roads(PBF, None, CRS)[0], scenario, modes=["car"])
    router = Router(network, Profile("car", "dry"), rule=scenario.access)
    stops = router.stops(points)
    for _ in range(4):
        router.matrix(stops, stops)
        seconds.append(time.perf_counter())
    print(*np.diff(seconds))


def lua(value: object) -> str:
    """Return a value as Lua writes it; a set as a table of true."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua(k)}] = {lua(v)}" for k, v in value.items()) + "}"
    if isinstance(value, frozenset):
        return lua(dict.fromkeys(sorted(value), True))
    if isinstance(value, tuple):
        return "{" + ", ".join(map(lua, value)) + "}"
    return "nil" if value is None else json.dumps(value)


def profile_lua(scenario: Scenario, name: str) -> str:
    """Return our rules for a mode in the dry season as an OSRM profile."""
    mode, values = scenario.modes[name], scenario.access_values
    factor = {group: by.dry for group, by in mode.surface_factors.items()}
    rules = {
        "speeds": mode.speeds_kph, "granted": mode.granted_kph, "classes": frozenset(ROAD_CLASSES[:-1]),
        "access": mode.access, "grants": values.granted, "bound": "oneway" in mode.oneway,
        "locals": values.local, "closed": values.closed, "oneway": mode.oneway,
        "barriers": mode.barriers, "ferry": scenario.ferry.speed_kph if mode.ferry else False,
        "surface": {s: factor.get(g, 1.0) for g, some in scenario.surfaces.items() for s in sorted(some)},
        "track_surface": {t: factor.get(g, 1.0) for t, g in scenario.tracktype_surfaces.items()},
        "smoothness": mode.smoothness_max_kph, "track": mode.tracktype_max_kph, "ford": mode.fords.dry,
        "sizes": {key: need for keys, need in ((WIDTHS, mode.width_m), (HEIGHTS, mode.height_m),
                                               (WEIGHTS, mode.weight_t)) if need for key in keys},
        "maxspeed": mode.maxspeed, "closed_if": {key: frozenset(v) for key, v in mode.closed_if.items()},
    }  # fmt: skip
    return LUA.replace("@RULES@", lua(rules))


class Osrm:
    """OSRM's data of a profile, contracted for tables, or partitioned (much quicker made for walkers)."""

    def __init__(self, programs: Path, folder: Path, profile: Path, *, table: bool) -> None:
        folder.mkdir()
        pbf = folder / "malta.osm.pbf"
        pbf.symlink_to(PBF.resolve())
        self.programs, self.data, self.algorithm = programs, folder / "malta.osrm", "CH" if table else "MLD"
        steps = [("extract", "-p", str(profile), str(pbf))]
        steps += [(s, str(self.data)) for s in (["contract"] if table else ["partition", "customize"])]
        work = [command(str(programs / f"osrm-{s}"), *rest, runs=3 if table else 1) for s, *rest in steps]
        self.prepared_s = sum(w.seconds for w in work)

    @contextmanager
    def serving(self) -> Iterator[Ask]:
        """Serve the data on a free port of this machine alone."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-i 127.0.0.1 -p {port} -a {self.algorithm} --max-table-size 5000 -l ERROR".split()

        def ask(service: str, lonlat: Points, query: str) -> bytes:
            places = ";".join(f"{x:.6f},{y:.6f}" for x, y in lonlat.tolist())
            try:
                return urlopen(f"http://127.0.0.1:{port}/{service}/v1/driving/{places}?{query}").read()
            except HTTPError as error:  # with its reason, as JSON
                return error.read()

        with subprocess.Popen([str(self.programs / "osrm-routed"), *options, str(self.data)]) as process:
            try:
                line = socket.socket()
                while process.poll() is None and line.connect_ex(("127.0.0.1", port)):
                    time.sleep(0.01)
                line.close()
                yield ask
            finally:
                process.terminate()


def route(ask: Ask, lonlat: Points) -> tuple[float, list[int]]:
    """Return the seconds between two places on a road, and the OSM nodes on the way."""
    query = f"overview=false&annotations=nodes&radiuses={REACH_M};{REACH_M}"
    for found in json.loads(ask("route", lonlat, query)).get("routes", ()):
        return float(found["duration"]), found["legs"][0]["annotation"]["nodes"]
    return np.inf, []


class Area:
    """Our network of Malta, without waits for ferries, and the OSM ways that it comes from."""

    def __init__(self) -> None:
        rules, (roads, _) = default_scenario(), read_osm_roads(PBF, None, CRS)
        no_wait = rules.ferry.model_copy(update={"waiting_minutes": 0.0})
        self.scenario = rules.model_copy(update={"ferry": no_wait})
        self.network = build_network(roads, self.scenario, modes=["walking", "car"])
        self.to_lonlat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
        ways = read_osm_ways(PBF)
        self.barriers = ways.barriers.keys()
        way, nodes = np.repeat(ways.ids, np.diff(ways.first)), pairwise(ways.node.tolist())
        beside = zip(nodes, pairwise(way.tolist()), strict=True)
        self.way_between = {frozenset(pair): f"way/{a}" for pair, (a, b) in beside if a == b}

    def router(self, mode: str) -> Router:
        """Return the router of a mode; access legs of at most a metre that take no time."""
        rule = self.scenario.access.model_copy(update={"speed_kph": 1e9, "max_distance_m": REACH_M})
        return Router(self.network, Profile(mode, "dry"), rule=rule)

    def places(self, router: Router, xy: Points) -> tuple[Stops, Points]:
        """Return points on the nearest roads, as our stops and in OSRM's degrees (6 decimals)."""
        wide = Router(self.network, router.profile, rule=self.scenario.access)
        snap = wide.stops(shapely.points(xy)).nearest
        # At a corner a place has several: the first of each stands for it.
        snap = take_snaps(snap, np.unique(snap.point, return_index=True)[1])
        at = shapely.line_interpolate_point(self.network.lines(snap.edge), snap.fraction, normalized=True)
        lonlat = np.column_stack(self.to_lonlat.transform(shapely.get_x(at), shapely.get_y(at))).round(6)
        return router.stops(shapely.points(self.metres(lonlat)), on_edge=snap.edge), lonlat

    def metres(self, lonlat: Points) -> Points:
        return np.column_stack(self.to_lonlat.transform(*lonlat.T, direction="INVERSE"))

    def random(self, router: Router, rng: np.random.Generator) -> Points:
        """Return junctions of roads that the mode may use, moved by up to 50 m any way."""
        network, usable = self.network, router.access.snapper.usable
        nodes = np.unique([network.edge_from[usable], network.edge_to[usable]])
        away, turn = JITTER_M * np.sqrt(rng.random(PAIRS)), 2 * np.pi * rng.random(PAIRS)
        moved = np.column_stack([away * np.cos(turn), away * np.sin(turn)])
        return network.node_xy[rng.choice(nodes, PAIRS)] + moved

    def explained(self, router: Router, start: Stops, stop: Stops, nodes: list[int]) -> str:
        """Say why a pair differs: another road at an end, other roads on the way, or none of these."""
        edges, path = [int(s.nearest.edge[0]) for s in (start, stop)], find_path(router, start, stop)
        mine = [str(self.network.edge_id[e]).partition("#")[0] for e in edges]
        if path is None or not nodes:
            local = (router.network.impedance[router.profile].stretch[edges] == LOCAL).tolist()
            return f"no way in one; ends on {mine}, for local traffic only: {local}"
        theirs = [self.way_between[frozenset(pair)] for pair in pairwise(nodes)]
        if mine != [theirs[0], theirs[-1]]:
            return f"ends, within a metre, on other ways: {mine}, in OSRM {theirs[0], theirs[-1]}"
        if self.barriers & {nodes[0], nodes[-1]}:
            return "an end at a barrier: OSRM begins on both sides of it"
        ours, osrm = {r.partition("#")[0] for leg in path.legs for r in leg.road_ids}, set(theirs)
        return f"other roads: ours alone {ours - osrm}, OSRM's {osrm - ours}" if ours != osrm else "rounding"


def compared(area: Area, mode: str, ask: Ask) -> bool:
    """Print how a mode's times on random pairs differ; return whether they are near enough."""
    router, rng = area.router(mode), np.random.default_rng(20260301)
    start, from_ = area.places(router, area.random(router, rng))
    stop, to = area.places(router, area.random(router, rng))
    ours = np.diagonal(router.matrix(start, stop))
    routes = [route(ask, np.array(pair)) for pair in zip(from_, to, strict=True)]
    theirs = np.array([seconds for seconds, _ in routes])
    both, neither = np.isfinite(ours + theirs), np.isinf(np.minimum(ours, theirs))
    off = np.where(neither, 0.0, np.inf)
    # Of trips of less than a second: as a share of a second.
    off[both] = np.abs(ours[both] - theirs[both]) / np.maximum(theirs[both], 1.0)
    median, p95, largest = np.percentile(off[both], [50, 95, 100])
    lost = [int((np.isinf(s) & ~neither).sum()) for s in (ours, theirs)]
    print(f"\n{mode}: {both.sum()} pairs; no way in both {neither.sum()}, in ours, in OSRM alone {lost}")
    print(f"  differences: median {median:.3%}, 95th percentile {p95:.3%}, largest {largest:.3%}; "
          f"above {LARGE:.0%}, or no way in one: {(off > LARGE).sum()}")  # fmt: skip
    for k in np.flatnonzero(off > LARGE).tolist():
        a, b = (router.stops(s.points[[k]], on_edge=s.nearest.edge[[k]]) for s in (start, stop))
        print(f"  {from_[k]} → {to[k]}: ours {ours[k]:.1f} s, OSRM {theirs[k]:.1f} s: "
              f"{area.explained(router, a, b, routes[k][1])}")  # fmt: skip
    return bool(median <= MEDIAN and p95 <= P95)


def ferries(area: Area, mode: str, ask: Ask) -> None:
    """Print trips between Gozo and Malta; ferries take their sailing time alone."""
    stops, lonlat = area.places(router := area.router(mode), area.metres(np.array(FERRY_ENDS)))
    print("  0 Mġarr, 1 Victoria, 2 Xagħra (Gozo), 3 Ċirkewwa, 4 Mellieħa, 5 Valletta (Malta)")
    ours = router.matrix(stops, stops)
    for i, j in ((i, j) for i, j in permutations(range(6), 2) if (i < 3) != (j < 3)):
        theirs = route(ask, lonlat[[i, j]])[0]
        if np.isinf(ours[i, j]) and np.isinf(theirs):
            print(f"  {i} → {j}: no way in both")
            continue
        print(f"  {i} → {j}: ours {ours[i, j]:.1f} s, OSRM {theirs:.1f} s ({ours[i, j] / theirs - 1:+.3%})")


def timed(area: Area, folder: Path, peers: dict[str, Osrm]) -> None:
    """Print what a table of 1,000 × 1,000 car times takes from the PBF on, and the query alone."""
    router = area.router("car")
    stops, lonlat = area.places(router, area.random(router, np.random.default_rng(7)))
    np.save(folder / "xy.npy", stops.xy)
    took, code = [], [sys.executable, __file__, str(folder / "xy.npy")]
    for _ in range(4):
        start = time.perf_counter()
        run = subprocess.run(code, capture_output=True, text=True, check=True, cwd=ROOT)
        first, *again = (float(v) for v in run.stdout.split())
        took.append((first, time.perf_counter() - start - sum(again), min(again)))
    # The first filled the cache of compiled code.
    work, whole, query = np.min(took[1:], axis=0)
    print(f"\n{PAIRS} × {PAIRS} car times from malta.osm.pbf")
    print(f"  jangkau: {work:.2f} s ({whole:.2f} s with imports), again {query:.3f} s")
    for name, osrm in peers.items():
        start = time.perf_counter()
        with osrm.serving() as ask:
            seconds = [time.perf_counter()]
            for _ in range(3):
                assert len(ask("table", lonlat, "annotations=duration")) > PAIRS**2
                seconds.append(time.perf_counter())
        total = osrm.prepared_s + seconds[0] - start + (table := np.diff(seconds).min())
        print(f"  {name}: {total:.2f} s, of which the table {table:.3f} s; ours takes {work / total:.3f} × "
              f"({whole / total:.3f} × with imports), again {query / table:.2f} × the table")  # fmt: skip


def main() -> None:
    python = os.environ.get("OSRM_PYTHON") or sys.exit(__doc__)
    code = [python, "-c", "import osrm; print(osrm.__path__[0], end='')"]
    where = Path(subprocess.run(code, capture_output=True, text=True, check=True).stdout)
    area, near = Area(), True
    with tempfile.TemporaryDirectory(prefix="against-osrm-") as name:
        folder = Path(name)
        for mode in ("walking", "car"):
            (profile := folder / f"{mode}.lua").write_text(profile_lua(area.scenario, mode), "utf-8")
            osrm = Osrm(where / "bin", folder / mode, profile, table=mode == "car")
            with osrm.serving() as ask:
                near = compared(area, mode, ask) and near
                ferries(area, mode, ask)
        stock = Osrm(where / "bin", folder / "stock", where / "share/profiles/car.lua", table=True)
        timed(area, folder, {"OSRM with our rules": osrm, "OSRM with its own car.lua": stock})
    sys.exit(not near)


if __name__ == "__main__":
    our_table(sys.argv[1]) if len(sys.argv) > 1 else main()
