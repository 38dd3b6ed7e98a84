"""Zone membership in memory is what PostGIS says of the same points."""

import numpy as np
import pytest
import shapely
from django.db import connection

from kernel.grid import Grid

pytestmark = pytest.mark.django_db

SHAPES = [
    shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60)),
    shapely.MultiPolygon([shapely.box(200, 0, 230, 30), shapely.box(240, 0, 270, 30)]),
    shapely.box(90, -10, 210, 10),
    shapely.Point(150, 60).buffer(45, quad_segs=40),
    shapely.Polygon([(0, 0), (300, 0.5), (300, 0.6), (0, 0.1)]),
]


def test_every_point_on_borders_in_holes_in_two_parts_and_on_empty_ground_is_as_in_postgis():
    rng = np.random.default_rng(4)
    corners = shapely.get_coordinates(SHAPES)
    whole = rng.integers(-2, 31, (2000, 2)) * 10  # many lie exactly on straight borders
    points = np.concatenate([rng.uniform(-50, 350, (3000, 2)), corners, whole]).astype(float)
    at, shape = Grid(SHAPES, finest=4.0).pairs(*points.T)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.n - 1, z.n - 1 FROM unnest(%s::bytea[]) WITH ORDINALITY p(place, n)"
            " JOIN unnest(%s::bytea[]) WITH ORDINALITY z(shape, n)"
            " ON ST_Intersects(ST_GeomFromWKB(z.shape), ST_GeomFromWKB(p.place)) ORDER BY 1, 2",
            [shapely.to_wkb(shapely.points(points)).tolist(), shapely.to_wkb(SHAPES).tolist()],
        )
        assert list(zip(at.tolist(), shape.tolist(), strict=True)) == cursor.fetchall()
