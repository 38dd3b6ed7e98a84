"""Traces and zones from files, read for a replay: every fault is named by file and item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import shapely
from django.utils.translation import gettext as _
from msgspec import Meta, Struct
from shapely.geometry.base import BaseGeometry

from tracking.services.reading import EARLIEST, LATEST

SHOWN_FAULTS = 10
"""So many faults of a file are named; who has more mends these first."""


class BadFile(Exception):
    """A file cannot be read as what it should be; the message says where and what to do."""


class Fix(Struct):
    """One fix of a trace. Times carry an offset (RFC 3339), accuracy is 1 sigma on each axis."""

    at: Annotated[datetime, Meta(tz=True)]
    lng: Annotated[float, Meta(ge=-180, le=180)]
    lat: Annotated[float, Meta(ge=-90, le=90)]
    accuracy_m: Annotated[float, Meta(ge=0)] | None = None
    speed_mps: Annotated[float, Meta(ge=0)] | None = None
    heading_deg: Annotated[float, Meta(ge=0, le=360)] | None = None


@dataclass(frozen=True)
class Zone:
    """A zone of a file: what it is called there, and its shape (WGS84)."""

    id: str
    name: str
    shape: BaseGeometry


def read_trace(path: Path) -> list[Fix]:
    """Return the fixes of a trace, in the file's order. Raises BadFile with every fault."""
    items = _list(_json(path), path, _('a list of fixes: [{"at": …, "lng": …, "lat": …}, …]'))
    fixes, faults = [], []
    for number, item in enumerate(items):
        try:
            fix = msgspec.convert(item, Fix)
            if not EARLIEST < fix.at < LATEST:
                raise ValueError(_("its time lies outside of the years 1970 to 2200"))
            fixes.append(fix)
        except ValueError as fault:  # msgspec's ValidationError is one
            faults.append(_("item %(number)d: %(fault)s") % {"number": number, "fault": fault})
    _complain(path, faults)
    return fixes


def read_zones(path: Path) -> list[Zone]:
    """Return the zones of a GeoJSON file: a collection, one feature or one geometry. Raises
    BadFile with every fault."""
    content = _json(path)
    features = content.get("features") if isinstance(content, dict) else None
    if features is None:
        features = [content]
    wanted = _("GeoJSON with polygons: a FeatureCollection, a Feature or a geometry")
    zones, faults = [], []
    for number, feature in enumerate(_list(features, path, wanted)):
        try:
            zones.append(_zone(feature, number))
        except ValueError as fault:
            faults.append(_("feature %(number)d: %(fault)s") % {"number": number, "fault": fault})
    _complain(path, faults)
    if not zones:
        raise BadFile(_("%(path)s holds no zone") % {"path": path})
    return zones


def _zone(feature: Any, number: int) -> Zone:
    if not isinstance(feature, dict):
        raise ValueError(_("it is no GeoJSON object"))
    known = feature.get("properties") or {}
    shape = _shape(feature.get("geometry") if feature.get("type") == "Feature" else feature)
    named = [feature.get("id"), known.get("id"), known.get("code")]
    called = next((str(name) for name in named if name not in (None, "")), str(number))
    return Zone(called, str(known.get("name") or known.get("code") or called), shape)


def _shape(geometry: Any) -> BaseGeometry:
    """Return a valid polygon. Raises ValueError."""
    try:
        shape: BaseGeometry = shapely.from_geojson(msgspec.json.encode(geometry))
    except shapely.GEOSException as fault:
        raise ValueError(_("its geometry cannot be read: %s") % fault) from None
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise ValueError(_("its geometry is no Polygon or MultiPolygon"))
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise ValueError(_("its polygon is not valid (%s); mend it where it was drawn") % reason)
    west, south, east, north = shape.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise ValueError(_("its coordinates are no degrees; write longitude, latitude (WGS84)"))
    return shape


def _json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as fault:
        reason = fault.strerror or str(fault)
        told = {"path": path, "reason": reason}
        raise BadFile(_("%(path)s cannot be read: %(reason)s") % told) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        told = {"path": path, "reason": fault}
        raise BadFile(_("%(path)s is no JSON: %(reason)s") % told) from None


def _list(content: Any, path: Path, wanted: str) -> list[Any]:
    if not isinstance(content, list):
        raise BadFile(_("%(path)s is not %(wanted)s") % {"path": path, "wanted": wanted})
    return content


def _complain(path: Path, faults: Sequence[str]) -> None:
    if faults:
        raise BadFile("\n".join(_complaints(path, faults)))


def _complaints(path: Path, faults: Sequence[str]) -> Iterator[str]:
    for fault in faults[:SHOWN_FAULTS]:
        yield f"{path}: {fault}"
    if len(faults) > SHOWN_FAULTS:
        yield _("%(path)s: %(count)d more") % {"path": path, "count": len(faults) - SHOWN_FAULTS}
