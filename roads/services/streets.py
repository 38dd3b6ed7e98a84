"""Load a city's streets: files for the router, rows for people and maps."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction

from accounts.models import City
from kernel.geometry import projection
from roads.free_flow import free_flow_mps
from roads.models import MapFeature, Street, StreetNetwork
from roads.osm.cleaning import clean, content_hash
from roads.osm.features import bounds, read_features
from roads.osm.streets import read_streets
from roads.services import views
from roads.sources import free_view
from roads.storage import EXTRACT, folder_of

BATCH = 2000


def load(*, city: City, pbf: Path, now: datetime) -> StreetNetwork:
    """Load the extract `pbf` as the streets of `city`; does nothing when it is loaded already.

    Builds the router's networks of every profile, replaces streets and base map in one
    transaction, and switches the city to them. Speeds that were recorded stay.
    """
    folder, kept = _keep(city, pbf)
    views.ensure_free(city_id=city.id, city_code=city.code, content=folder.name, now=now)
    current = StreetNetwork.objects.filter(city=city).first()
    if current is not None and current.content == folder.name:
        return current
    streets, features = list(_streets(city, kept, folder)), list(_features(city, kept))
    west, south, east, north = bounds(kept).bounds
    with transaction.atomic():
        Street.objects.filter(city=city).delete()
        MapFeature.objects.filter(city=city).delete()
        Street.objects.bulk_create(streets, batch_size=BATCH)
        MapFeature.objects.bulk_create(features, batch_size=BATCH)
        network, _ = StreetNetwork.objects.update_or_create(
            city=city,
            defaults={
                "content": folder.name, "loaded_at": now,
                "west": west, "south": south, "east": east, "north": north,
            },
        )  # fmt: skip
    return network


def _keep(city: City, pbf: Path) -> tuple[Path, Path]:
    """Keep a cleaned copy under the data directory, in a folder named by the extract's content."""
    folder = folder_of(city.code, content_hash(pbf))
    kept = folder / EXTRACT
    return folder, kept if kept.exists() else clean(pbf, kept)


def _streets(city: City, pbf: Path, folder: Path) -> Iterator[Street]:
    network = free_view(pbf, "van", folder)
    metric = projection(city.srid)
    for street in read_streets(pbf):
        line = shapely.LineString(street.coords)
        yield Street(
            city=city,
            way_id=street.way_id,
            name=street.name[:200],
            street_class=street.street_class[:32],
            drivable=street.drivable,
            length_m=metric.to_metric(line).length,
            free_flow_mps=free_flow_mps(network, street) if street.drivable else None,
            geometry=_geos(line, 4326),
            drawn=_geos(to_mercator(line), 3857),
        )


def _features(city: City, pbf: Path) -> Iterator[MapFeature]:
    for feature in read_features(pbf):
        yield MapFeature(
            city=city,
            kind=feature.kind,
            detail=feature.detail[:64],
            name=feature.name[:200],
            drawn=_geos(to_mercator(feature.geometry), 3857),
        )


def _geos(geometry: shapely.Geometry, srid: int) -> GEOSGeometry:
    return GEOSGeometry(memoryview(shapely.to_wkb(geometry)), srid=srid)


def to_mercator(geometry: shapely.Geometry) -> shapely.Geometry:
    """Return a WGS84 geometry in the web map's projection (EPSG 3857, spherical Mercator)."""
    radius = 6378137.0

    def project(coords: np.ndarray) -> np.ndarray:
        lng, lat = np.radians(coords[:, 0]), np.radians(coords[:, 1])
        return np.column_stack([radius * lng, radius * np.arctanh(np.sin(lat))])

    return shapely.transform(geometry, project)
