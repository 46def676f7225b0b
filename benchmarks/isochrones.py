"""Isochrones of a workspace: seconds a facility and limit, and how many random points they get wrong.

.venv/bin/python benchmarks/isochrones.py WORKSPACE --mode motorcycle --minutes 10 20
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import shapely

from planner.pipeline import open_workspace, travel_by

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("workspace")
parser.add_argument("--mode", default="motorcycle")
parser.add_argument("--minutes", type=float, nargs="+", default=[10.0, 20.0])
parser.add_argument("--units", type=int, default=4)
parser.add_argument("--points", type=int, default=60_000)
parser.add_argument("--step-m", type=float)
options = parser.parse_args()

trips = travel_by(open_workspace(options.workspace), options.mode)
layers = open_workspace(options.workspace)
units = layers.facilities.query("status == 'used'")
units = units.iloc[:: max(1, len(units) // options.units)][: options.units]
print(f"{trips.router.network.edges:,} road sections, {options.mode}")
trips.isochrones(units.iloc[:1], options.minutes[:1])
rng = np.random.default_rng(1)
for i in range(len(units)):
    for minutes in options.minutes:
        start = time.perf_counter()
        area = trips.isochrones(units.iloc[[i]], [minutes], step_m=options.step_m)
        seconds = time.perf_counter() - start
        shape = area.geometry.iloc[0]
        west, south, east, north = shape.buffer(500).bounds
        xy = rng.uniform(west, east, options.points), rng.uniform(south, north, options.points)
        points = np.array(shapely.points(*xy), dtype=object)
        points = points[shapely.contains(trips.area, points)]
        # The same question, asked for each point as for people.
        stops, unit = trips.router.stops(points), trips.router.stops(units.geometry.to_numpy()[[i]])
        times = trips.router.nearest(stops, unit).travel_s
        truth, drawn = times <= minutes * 60, shapely.contains(shape, points)
        wrong = truth != drawn
        off = np.abs(times[wrong] - minutes * 60) / 60
        # Wrong by so many minutes, or so many minutes' walk from where the answer is right.
        walk = shapely.distance(shape.boundary, points[wrong]) * trips.router.rule.seconds_per_m() / 60
        inside = max(int(truth.sum()), 1)
        print(
            f"{units.index[i]}, {minutes:g} min: {seconds:.2f} s, step {area['step_m'].iloc[0]:g} m, "
            f"{shape.area / 1e6:.1f} km²; of {inside:,} points inside "
            f"{(truth & ~drawn).sum() / inside:.3%} left out, {(drawn & ~truth).sum() / inside:.3%} wrongly "
            f"taken, by at most {np.minimum(off, walk).max(initial=0):.2f} min"
        )
