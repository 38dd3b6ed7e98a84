"""The base map as vector tiles, made by the database."""

from uuid import UUID

from django.db import connection
from django.urls import reverse

from roads.models import StreetNetwork

# From which zoom a layer is drawn; below it tiles would be heavy and the map grey.
BUILDINGS_FROM, POIS_FROM, PATHS_FROM = 14, 16, 15


def bounds(city_id: UUID) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of a city's streets, None when none are loaded."""
    row = StreetNetwork.objects.filter(city_id=city_id).first()
    return None if row is None else (row.west, row.south, row.east, row.north)


def tile_url(city_id: UUID, city_code: str) -> str | None:
    """Return the template of tile addresses (`{z}/{x}/{y}`) for the streets loaded now."""
    content = version(city_id)
    if content is None:
        return None
    path = reverse("tile", args=[city_code, 0, 0, 0]).replace("0/0/0", "{z}/{x}/{y}")
    return f"{path}?v={content}"


def version(city_id: UUID) -> str | None:
    """Return what names the content of a city's base map, None when none is loaded."""
    return StreetNetwork.objects.filter(city_id=city_id).values_list("content", flat=True).first()


def tile(city_id: UUID, z: int, x: int, y: int) -> bytes:
    """Return a Mapbox Vector Tile; empty when nothing lies in it.

    Layers: water, green, squares, buildings (kind, name), streets (class, name, drivable), pois
    (kind, name).
    """
    with connection.cursor() as cursor:
        cursor.execute(_TILE, {
            "city": city_id, "z": z, "x": x, "y": y,
            "paths": z >= PATHS_FROM,
            "kinds": _kinds(z),
        })  # fmt: skip
        return bytes(cursor.fetchone()[0])


def _kinds(z: int) -> list[str]:
    areas = ["water", "green", "squares"]
    areas += ["buildings"] if z >= BUILDINGS_FROM else []
    return areas + (["pois"] if z >= POIS_FROM else [])


_TILE = """
WITH frame AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS box),
features AS (
    SELECT kind, detail, name, ST_AsMVTGeom(drawn, frame.box, 4096, 64, true) AS geom
    FROM roads_mapfeature, frame
    WHERE city_id = %(city)s AND kind = ANY(%(kinds)s) AND drawn && frame.box
),
layers AS (
    SELECT kind AS layer, detail AS kind, name, geom FROM features WHERE geom IS NOT NULL
),
streets AS (
    SELECT street_class AS class, name, drivable,
           ST_AsMVTGeom(drawn, frame.box, 4096, 64, true) AS geom
    FROM roads_street, frame
    WHERE city_id = %(city)s AND drawn && frame.box AND (drivable OR %(paths)s)
)
SELECT
    coalesce((SELECT ST_AsMVT(w, 'water', 4096, 'geom') FROM
        (SELECT kind, name, geom FROM layers WHERE layer = 'water') w), ''::bytea)
 || coalesce((SELECT ST_AsMVT(g, 'green', 4096, 'geom') FROM
        (SELECT kind, name, geom FROM layers WHERE layer = 'green') g), ''::bytea)
 || coalesce((SELECT ST_AsMVT(q, 'squares', 4096, 'geom') FROM
        (SELECT kind, name, geom FROM layers WHERE layer = 'squares') q), ''::bytea)
 || coalesce((SELECT ST_AsMVT(b, 'buildings', 4096, 'geom') FROM
        (SELECT kind, name, geom FROM layers WHERE layer = 'buildings') b), ''::bytea)
 || coalesce((SELECT ST_AsMVT(s, 'streets', 4096, 'geom') FROM
        (SELECT * FROM streets WHERE geom IS NOT NULL) s), ''::bytea)
 || coalesce((SELECT ST_AsMVT(p, 'pois', 4096, 'geom') FROM
        (SELECT kind, name, geom FROM layers WHERE layer = 'pois') p), ''::bytea)
"""
