"""Points against zones: the grid in memory beside PostGIS, same polygons, same points, same run.

    ./hub bench zones [--json] [--points 50000] [--seed 1]

A thousand polygons of 50 to 2,000 vertices, some with a hole or of two parts, lie over a city of
10 km by 10 km, eight deep on average; one point in a hundred lies on a vertex. PostGIS joins the
points to a GiST index of the zones. Rates are points per second of CPU: of the server process for
PostGIS, of this process for the grid. Every point is compared; the last line is the JSON.
"""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import django
import numpy as np
import shapely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
django.setup()

from django.db import connection

from kernel.grid import Grid

ZONES = 1_000
VERTICES = (50, 2_000)
CITY_M = 10_000.0
BATCH = 1_000
ON_A_VERTEX = 100


@dataclass(frozen=True)
class Measured:
    """What one way found, as (point, zone) numbers, and the seconds of CPU it took."""

    pairs: np.ndarray
    cpu_s: float


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(prog="./hub bench zones")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON line")
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    rng = np.random.default_rng(wanted.seed)
    zones = [_zone(rng) for _ in range(ZONES)]
    points = _points(rng, zones, wanted.points)
    figures = _figures(zones, points)
    if not wanted.json:
        for name, value in figures.items():
            print(f"{name:<32}{value:>14,}")
    print(json.dumps(figures))


def _figures(zones: list[Any], points: np.ndarray) -> dict[str, Any]:
    began = process_time()
    grid = Grid(zones)
    build_s = process_time() - began
    batch, bulk = _in_batches(grid, points), _in_bulk(grid, points)
    oracle_batch, oracle_bulk = _postgis(zones, points)
    count = len(points)
    return {
        "zones": len(zones),
        "points": count,
        "zones_per_point": round(len(oracle_bulk.pairs) / count, 2),
        "grid_build_s": round(build_s, 2),
        "batch_points_per_cpu_s": round(count / batch.cpu_s),
        "bulk_points_per_cpu_s": round(count / bulk.cpu_s),
        "postgis_batch_points_per_cpu_s": round(count / oracle_batch.cpu_s),
        "postgis_bulk_points_per_cpu_s": round(count / oracle_bulk.cpu_s),
        "batch_ratio_to_postgis": round(oracle_batch.cpu_s / batch.cpu_s, 1),
        "bulk_ratio_to_postgis": round(oracle_bulk.cpu_s / bulk.cpu_s, 1),
        "mismatches": sum(_differ(one, oracle_bulk) for one in (batch, bulk, oracle_batch)),
    }


def _zone(rng: np.random.Generator) -> Any:
    """Return a star-shaped zone of 200 to 900 m; one in five has a hole, one in five a twin."""
    x, y = rng.uniform(0, CITY_M, 2)
    radius = rng.uniform(200, 900)
    shape = _star(rng, x, y, radius, int(rng.integers(VERTICES[0], VERTICES[1] + 1)))
    kind = rng.integers(5)
    if kind == 0:
        shape = shapely.difference(shape, _star(rng, x, y, radius / 4, 40))
    if kind == 1:
        shape = shapely.union(shape, _star(rng, x + 2.5 * radius, y, radius / 2, 50))
    return shape


def _star(rng: np.random.Generator, x: float, y: float, radius: float, vertices: int) -> Any:
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    waves = (
        rng.uniform(0, 0.12) * np.sin(number * angle + rng.uniform(0, 2 * np.pi))
        for number in range(2, 9)
    )
    reach = radius * (1 + sum(waves)) + rng.normal(0, 1, vertices)
    return shapely.Polygon(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)]))


def _points(rng: np.random.Generator, zones: list[Any], count: int) -> np.ndarray:
    """Return points (n, 2) all over the city, one in ON_A_VERTEX exactly on a zone's border."""
    points = rng.uniform(0, CITY_M, (count, 2))
    for number in range(0, count, ON_A_VERTEX):
        corners = shapely.get_coordinates(zones[rng.integers(len(zones))])
        points[number] = corners[rng.integers(len(corners))]
    return points


def _in_batches(grid: Grid, points: np.ndarray) -> Measured:
    began, found = process_time(), []
    for start in range(0, len(points), BATCH):
        x, y = points[start : start + BATCH].T
        at, zone = grid.pairs(x, y)
        found.append(np.column_stack([at + start, zone]))
    return Measured(np.concatenate(found), process_time() - began)


def _in_bulk(grid: Grid, points: np.ndarray) -> Measured:
    x, y = np.ascontiguousarray(points.T)
    began = process_time()
    at, zone = grid.pairs(x, y)
    spent = process_time() - began
    return Measured(np.column_stack([at, zone]), spent)


def _postgis(zones: list[Any], points: np.ndarray) -> tuple[Measured, Measured]:
    """Return what PostGIS finds in batches and at once; its tables are temporary."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("CREATE TEMP TABLE bench_zone (id int, shape geometry)")
        cursor.execute("CREATE TEMP TABLE bench_point (id int PRIMARY KEY, place geometry)")
        _fill(cursor, "bench_zone", shapely.to_wkb(np.array(zones, dtype=object)))
        _fill(cursor, "bench_point", shapely.to_wkb(shapely.points(points)))
        cursor.execute("CREATE INDEX ON bench_zone USING gist (shape)")
        cursor.execute("ANALYZE bench_zone")
        cursor.execute("ANALYZE bench_point")
        batches = range(0, len(points), BATCH)
        in_batches = _asked(cursor, ((start, start + BATCH) for start in batches))
        return in_batches, _asked(cursor, iter([(0, len(points))]))


def _fill(cursor: Any, table: str, shapes: np.ndarray) -> None:
    cursor.execute(
        f"INSERT INTO {table} SELECT place - 1, ST_GeomFromWKB(wkb)"
        " FROM unnest(%s::bytea[]) WITH ORDINALITY AS given(wkb, place)",
        [shapes.tolist()],
    )


def _asked(cursor: Any, spans: Iterator[tuple[int, int]]) -> Measured:
    """Join the points of each span to the zones; the answer is fetched outside the clock's reach
    (the server's CPU is counted, not ours)."""
    cursor.execute("SELECT pg_backend_pid()")
    server = cursor.fetchone()[0]
    began, found = _cpu_of(server), []
    for span in spans:
        cursor.execute(
            "SELECT p.id, z.id FROM bench_point p JOIN bench_zone z ON ST_Intersects(z.shape,"
            " p.place) WHERE p.id >= %s AND p.id < %s",
            span,
        )
        found.append(np.array(cursor.fetchall(), dtype=np.intp).reshape(-1, 2))
    return Measured(np.concatenate(found), _cpu_of(server) - began)


def _cpu_of(pid: int) -> float:
    """Return the seconds of CPU that a process of this machine has used."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        raise SystemExit("bench zones: the database must run on this machine (unset DATABASE_URL)")
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _differ(one: Measured, other: Measured) -> int:
    """Return how many pairs only one of the two has."""
    mine, theirs = (pairs[:, 0] * ZONES + pairs[:, 1] for pairs in (one.pairs, other.pairs))
    return len(np.setxor1d(mine, theirs))


if __name__ == "__main__":
    main()
