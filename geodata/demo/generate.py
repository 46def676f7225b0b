"""Puts a made-up kabupaten together: codes, names, people and facilities on its terrain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from geodata.crs import WGS84, metric_crs
from geodata.demo.roads import make_roads
from geodata.demo.terrain import Terrain, make_terrain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Plainly made up: "rekaan", "khayal", "dongeng" … mean invented, imagined, fable.
FIRST = ("Suka", "Marga", "Tanjung", "Muara", "Bukit", "Teluk", "Sumber", "Karang", "Lubuk", "Padang")
SECOND = ("rekaan", "khayal", "dongeng", "andai", "contoh", "misal", "semu", "hikayat", "angan")
DISTRICTS = ("Rekaan", "Khayal", "Dongeng", "Andai", "Contoh", "Misal", "Semu", "Hikayat", "Angan")
# Shares of people by age; DOMAIN's demand groups (their provenance is in docs/METHODS.md).
GROUPS = {"balita": 0.08, "sekolah_remaja": 0.20, "usia_produktif": 0.60, "lansia": 0.12}
INFANT_SHARE_OF_UNDER_FIVES = 0.2
# The two digits of a kecamatan in a village code (01 to 99).
MOST_DISTRICTS = 99


@dataclass(frozen=True)
class DemoSize:
    """How large the kabupaten is; the defaults are the totals of Bangka Tengah (19.04).

    Source: the ILP launch of Bangka Tengah, 28/06/2024 (9 puskesmas, 68 pustu, 142 posyandu).
    """

    villages: int = 60
    districts: int = 6
    puskesmas: int = 9
    pustu: int = 68
    posyandu: int = 142

    @classmethod
    def of_villages(cls, villages: int) -> DemoSize:
        """Return a size with the default's ratios, and no more kecamatan than a kabupaten has codes for."""
        share = villages / cls.villages
        return cls(
            villages=villages,
            districts=min(max(1, round(cls.districts * share)), MOST_DISTRICTS),
            puskesmas=max(1, round(cls.puskesmas * share)),
            pustu=max(1, round(cls.pustu * share)),
            posyandu=max(1, round(cls.posyandu * share)),
        )


@dataclass(frozen=True)
class DemoArea:
    """A generated kabupaten; each table is a list of plain rows, geometry in degrees (EPSG:4326)."""

    code: str
    name: str
    villages: list[dict[str, Any]]
    roads: list[dict[str, Any]]
    hamlets: list[dict[str, Any]]
    people: list[dict[str, Any]]
    puskesmas: list[dict[str, Any]]
    pustu: list[dict[str, Any]]
    posyandu: list[dict[str, Any]]


def generate_area(
    seed: int,
    size: DemoSize | None = None,
    *,
    code: str = "99.01",
    name: str = "Kabupaten Nusa Rekaan",
    lon: float = 107.4,
    lat: float = -4.7,
    defects: bool = True,
) -> DemoArea:
    """Return a made-up kabupaten; the same arguments give the same area.

    Parameters
    ----------
    seed
        Of numpy's PCG64.
    size
        The default is 60 villages in 6 kecamatan with Bangka Tengah's totals.
    code, name
        Province 99 does not exist.
    lon, lat
        Its middle, degrees; the default is open sea.
    defects
        Plant a few mistakes for ``check`` to find (in areas of 20 villages or more).
    """
    size = size or DemoSize()
    rng = np.random.Generator(np.random.PCG64(seed))
    terrain = make_terrain(rng, size.villages)
    maker = _Maker(rng, size, terrain, code, lon, lat)
    area = maker.area(name)
    return _with_defects(area, lon, lat) if defects and size.villages >= 20 else area


def generate_country(seed: int, villages: int = 80_000, per_area: int = 156) -> Iterator[DemoArea]:
    """Yield made-up kabupaten, one after the other, until there are so many villages.

    They lie on a grid over Indonesia's bounding box, 156 villages each by default (the country's
    average: about 80,000 in 514).
    """
    made = 0
    number = 0
    while made < villages:
        n = min(per_area, villages - made)
        column, row = number % 42, number // 42
        yield generate_area(
            seed + number,
            DemoSize.of_villages(max(n, 4)),
            code=f"{60 + number // 40:02d}.{1 + number % 40:02d}",
            name=f"Kabupaten Rekaan {number + 1}",
            lon=97.0 + column,
            lat=-9.5 + row,
            defects=False,
        )
        made += n
        number += 1


class _Maker:
    """Holds what the parts of one kabupaten share while they are made."""

    def __init__(
        self, rng: np.random.Generator, size: DemoSize, terrain: Terrain, code: str, lon: float, lat: float
    ) -> None:
        self.rng, self.size, self.terrain, self.code = rng, size, terrain, code
        crs = metric_crs(lon, lat)
        to_metres = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True)
        self._origin = np.array(to_metres.transform(lon, lat))
        self._to_degrees = pyproj.Transformer.from_crs(crs, WGS84, always_xy=True)
        n = size.villages
        self.district = np.minimum(np.arange(n) * size.districts // n, size.districts - 1)
        self.codes = self._codes()
        self.names = [
            f"{FIRST[i % 10]}{SECOND[i // 10 % 9]}" + (f" {i // 90 + 1}" if i >= 90 else "") for i in range(n)
        ]
        middle = shapely.get_coordinates(shapely.centroid(terrain.islands[0]))[0]
        away = np.hypot(*(terrain.centre - middle).T)
        away[terrain.village_island > 0] = np.inf
        self.capital = int(np.argmin(away))
        self.capitals = self._capitals()
        self.people = self._people()

    def area(self, name: str) -> DemoArea:
        villages = [
            {
                "kode": c, "nama": n, "kecamatan": self._district_name(d),
                "geometry": self._degrees(g),
            }
            for c, n, d, g in zip(
                self.codes, self.names, self.district, self.terrain.village_area, strict=True
            )
        ]  # fmt: skip
        roads = make_roads(self.rng, self.terrain, self.capitals)
        roads = [{**r, "geometry": self._degrees(r["geometry"])} for r in roads]
        hamlets = self._hamlets()
        puskesmas = self._puskesmas()
        return DemoArea(
            code=self.code, name=name, villages=villages, roads=roads, hamlets=hamlets,
            people=self._people_table(), puskesmas=puskesmas, pustu=self._pustu(puskesmas),
            posyandu=self._posyandu(puskesmas),
        )  # fmt: skip

    def _degrees(self, geometry: shapely.Geometry) -> shapely.Geometry:
        def change(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            moved = xy + self._origin
            lon, lat = self._to_degrees.transform(moved[:, 0], moved[:, 1])
            return np.round(np.column_stack([lon, lat]), 7)

        return shapely.transform(geometry, change)

    def _lonlat(self, xy: NDArray[np.float64]) -> tuple[float, float]:
        point = self._degrees(shapely.Point(xy))
        return round(point.x, 6), round(point.y, 6)

    def _codes(self) -> list[str]:
        within: dict[int, int] = {}
        codes = []
        for i, d in enumerate(self.district.tolist()):
            within[d] = within.get(d, 0) + 1
            # Every tenth village is a kelurahan (1…), the others are desa (2…).
            kind = 1 if i % 10 == 0 else 2
            codes.append(f"{self.code}.{d + 1:02d}.{kind}{within[d]:03d}")
        return codes

    def _district_name(self, district: int) -> str:
        turn = district // len(DISTRICTS)
        return DISTRICTS[district % len(DISTRICTS)] + (f" {turn + 1}" if turn else "")

    def _capitals(self) -> list[int]:
        """Return the kabupaten's capital, then one village of each other district."""
        out = [self.capital]
        for d in range(self.size.districts):
            own = np.flatnonzero((self.district == d) & (self.terrain.village_island == 0))
            if d == self.district[self.capital] or len(own) == 0:
                continue
            middle = self.terrain.centre[own].mean(axis=0)
            out.append(int(own[np.argmin(np.hypot(*(self.terrain.centre[own] - middle).T))]))
        return out

    def _people(self) -> NDArray[np.int64]:
        people = np.exp(self.rng.normal(np.log(2400.0), 0.55, self.size.villages))
        people[self.capitals] *= 1.8
        people[self.capital] *= 2.5
        return np.maximum(150, people).astype(np.int64)

    def _people_table(self) -> list[dict[str, Any]]:
        rows = []
        for code, name, people in zip(self.codes, self.names, self.people.tolist(), strict=True):
            share = np.array(list(GROUPS.values())) * self.rng.uniform(0.85, 1.15, len(GROUPS))
            groups = np.floor(people * share / share.sum()).astype(int)
            groups[2] += people - groups.sum()
            row = dict(zip(GROUPS, groups.tolist(), strict=True))
            rows.append(
                {"kode": code, "nama": name, "jumlah": people,
                 "bayi": int(row["balita"] * INFANT_SHARE_OF_UNDER_FIVES), **row}
            )  # fmt: skip
        return rows

    def _hamlets(self) -> list[dict[str, Any]]:
        rows = []
        for v in range(self.size.villages):
            places = self.terrain.hamlet[self.terrain.hamlet_village == v]
            share = self.rng.uniform(0.5, 1.5, len(places))
            share[0] *= 2.0
            people = np.floor(self.people[v] * share / share.sum()).astype(int)
            people[0] += self.people[v] - people.sum()
            for k, (place, n) in enumerate(zip(places, people.tolist(), strict=True)):
                lon, lat = self._lonlat(place)
                rows.append(
                    {"dusun": f"{self.names[v]} Dusun {k + 1}", "kode_desa": self.codes[v],
                     "lintang": lat, "bujur": lon, "penduduk": n}
                )  # fmt: skip
        return rows

    def _beside(self, place: NDArray[np.float64]) -> tuple[float, float]:
        return self._lonlat(place + self.rng.normal(0, 60.0, 2))

    def _puskesmas(self) -> list[dict[str, Any]]:
        chosen = list(self.capitals)
        largest = [v for v in np.argsort(-self.people).tolist() if v not in chosen]
        chosen = (chosen + largest)[: self.size.puskesmas]
        rows = []
        for k, v in enumerate(chosen):
            lon, lat = self._beside(self.terrain.centre[v])
            staff = self.rng.integers(1, 12, 3).tolist()
            rows.append(
                {"kode": f"P{self.code.replace('.', '')}{k + 1:03d}", "nama": f"Puskesmas {self.names[v]}",
                 "jenis": "PUSKESMAS", "kode_desa": self.codes[v], "dokter": 1 + staff[0] // 4,
                 "bidan": 4 + staff[1], "perawat": 5 + staff[2], "geometry": shapely.Point(lon, lat)}
            )  # fmt: skip
        lon, lat = self._beside(self.terrain.centre[self.capital] + 400.0)
        rows.append(
            {**rows[0], "kode": f"R{self.code.replace('.', '')}001", "nama": "RSUD Nusa Rekaan",
             "jenis": "RUMAH SAKIT", "kode_desa": self.codes[self.capital], "dokter": 24, "bidan": 40,
             "perawat": 95, "geometry": shapely.Point(lon, lat)}
        )  # fmt: skip
        return rows

    def _spread(self, units: int, share_without: float) -> list[int]:
        """Return the village of each unit: some villages have none, the largest have several."""
        n = self.size.villages
        lot = self.rng.permutation(n)
        # The last island goes first among those without: there, no neighbour's unit is near.
        lot = np.concatenate([np.flatnonzero(self.terrain.village_island == 2), lot])
        without = set(lot[: int(n * share_without)].tolist()) - set(self.capitals)
        have = [v for v in range(n) if v not in without][:units]
        largest = sorted(have, key=lambda v: -self.people[v])
        rest = units - len(have)
        return sorted(have + (largest * (rest // max(len(have), 1) + 1))[:rest])

    def _parent(self, puskesmas: list[dict[str, Any]], v: int) -> str:
        lon, lat = self._lonlat(self.terrain.centre[v])
        own = [p for p in puskesmas if p["jenis"] == "PUSKESMAS"]
        near = min(own, key=lambda p: (p["geometry"].x - lon) ** 2 + (p["geometry"].y - lat) ** 2)
        return str(near["kode"])

    def _pustu(self, puskesmas: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows = []
        seen: dict[int, int] = {}
        for k, v in enumerate(self._spread(self.size.pustu, 0.2)):
            turn = seen[v] = seen.get(v, -1) + 1
            places = self.terrain.hamlet[self.terrain.hamlet_village == v]
            lon, lat = self._beside(places[turn % len(places)])
            functioning = "tidak" if k % 23 == 7 else "ya" if k % 9 else ""
            rows.append(
                {"kode_pustu": f"T{self.code.replace('.', '')}{k + 1:04d}",
                 "nama_pustu": f"Pustu {self.names[v]}" + (f" {turn + 1}" if turn else ""),
                 "kode_desa": self.codes[v], "lintang": lat, "bujur": lon,
                 "puskesmas_induk": self._parent(puskesmas, v), "berfungsi": functioning,
                 "bidan": int(self.rng.integers(0, 3)), "perawat": int(self.rng.integers(0, 3)),
                 "kader": k % 4 + 1}
            )  # fmt: skip
        return rows

    def _posyandu(self, puskesmas: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows = []
        seen: dict[int, int] = {}
        for k, v in enumerate(self._spread(self.size.posyandu, 0.1)):
            turn = seen[v] = seen.get(v, -1) + 1
            places = self.terrain.hamlet[self.terrain.hamlet_village == v]
            lon, lat = self._beside(places[turn % len(places)])
            rows.append(
                {"kode": f"Y{self.code.replace('.', '')}{k + 1:04d}",
                 "nama": f"Posyandu {self.names[v]} {turn + 1}", "kode_desa": self.codes[v],
                 "lintang": lat, "bujur": lon, "puskesmas_induk": self._parent(puskesmas, v),
                 "kader": int(self.rng.integers(2, 8)),
                 "hari_buka": None if k % 17 == 5 else 0 if k % 29 == 11 else 1}
            )  # fmt: skip
        return rows


def _with_defects(area: DemoArea, lon: float, lat: float) -> DemoArea:
    """Return the area with a few mistakes of the kinds that real lists have."""
    pustu = [dict(r) for r in area.pustu]
    # Typed for another place: 0.9 degrees (100 km) east of the middle.
    pustu[3] |= {"lintang": round(lat, 6), "bujur": round(lon + 0.9, 6)}
    # Never measured: it is located by its village.
    pustu[10] |= {"lintang": None, "bujur": None}
    posyandu = [dict(r) for r in area.posyandu]
    # Two facilities on one point.
    posyandu[21] |= {k: posyandu[20][k] for k in ("lintang", "bujur")}
    people = [dict(r) for r in area.people]
    # One village not counted, and a row of a village that is not there.
    people[5] |= {k: None for k in people[5] if k not in ("kode", "nama")}
    people.append({"kode": f"{area.code}.99.2001", "nama": "Desa Hilang", "jumlah": 1234})
    hamlets = [dict(r) for r in area.hamlets]
    hamlets[0] |= {"penduduk": int(hamlets[0]["penduduk"]) + 500}
    for row in hamlets:
        if row["kode_desa"] == people[5]["kode"]:
            row["penduduk"] = None
    return DemoArea(
        area.code, area.name, area.villages, area.roads, hamlets, people, area.puskesmas, pustu, posyandu
    )
