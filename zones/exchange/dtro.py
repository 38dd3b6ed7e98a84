"""UK D-TRO v4: provisions that keep vehicles out, read as drafts.

Taken: `motorVehiclesProhibited`, `miscPedestrianZone`, `miscRoadClosure`,
`movementOrderProhibitedAccess`, `miscCongestionLowEmissionZone` and the limits of mass and size.
Places are in the British National Grid (EPSG 27700). Each provision is a zone.
"""

from datetime import date, datetime
from typing import Any

import shapely
from shapely.errors import GEOSException

from kernel.geometry import projection
from kernel.periods import YEARS, Period
from kernel.schedules import local_midnight
from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import conditions, geojson, ground, timeline
from zones.exchange.conditions import Node, Valid, Vehicle
from zones.exchange.drafts import (
    Context,
    Note,
    Reading,
    RegulationDraft,
    Unreadable,
    ZoneDraft,
    once,
)
from zones.exchange.dtro_conditions import MOTOR_VEHICLES, Reader
from zones.exchange.ground import Ring

GRID = 27700
KINDS = {
    "motorVehiclesProhibited": "pedestrian",
    "miscPedestrianZone": "pedestrian",
    "miscRoadClosure": "other",
    "movementOrderProhibitedAccess": "other",
    "miscCongestionLowEmissionZone": "low_emission",
    "dimensionMaximumHeightStructural": "weight",
    "dimensionMaximumHeightWithTRO": "weight",
    "dimensionMaximumLength": "weight",
    "dimensionMaximumWeightEnvironmental": "weight",
    "dimensionMaximumWeightStructural": "weight",
    "dimensionMaximumWidth": "weight",
}
_MOTORS_ONLY = frozenset({"motorVehiclesProhibited", "miscPedestrianZone"})
_NEEDS_WHO = "dimension"
MOST_WKT = 4_000_000


def read(content: bytes, context: Context) -> Reading:
    """Return the drafts of a record, or of a list of records. Raises Unreadable."""
    document = geojson.decoded(content)
    records = document if isinstance(document, list) else [document]
    sources = [
        record.get("data", record).get("source")
        for record in records
        if isinstance(record, dict) and isinstance(record.get("data", record), dict)
    ]
    if not sources or not all(isinstance(source, dict) for source in sources):
        raise Unreadable("not_dtro", _("There is no source with provisions."))
    reading = Reading()
    for source in sources:
        provisions = source.get("provision")
        if not isinstance(provisions, list) or not provisions:
            reading.notes.append(Note("refused", "nothing_understood", _("It has no provision.")))
            continue
        for index, provision in enumerate(provisions):
            _take(source, provision, f"/source/provision/{index}", context, reading)
    return reading


def _take(source: Any, provision: Any, where: str, context: Context, reading: Reading) -> None:
    notes: list[Note] = []
    try:
        if not isinstance(provision, dict):
            raise Unreadable("provision_malformed", _("A provision is an object."))
        draft = _draft(source, provision, context, notes)
    except Unreadable as error:
        reading.notes += [note._replace(at=where) for note in once(notes)]
        reading.notes.append(Note("refused", error.code, error.detail, where))
        return
    draft.notes = [note._replace(at=where) for note in once([*notes, *draft.notes])]
    reading.zones.append(draft)


def _draft(
    source: dict[str, Any], provision: dict[str, Any], context: Context, notes: list[Note]
) -> ZoneDraft:
    reference = provision.get("reference")
    if not isinstance(reference, str) or not reference:
        raise Unreadable("id_missing", _("The provision has no reference."))
    if "fullRevoke" in (source.get("actionType"), provision.get("actionType")):
        raise Unreadable("revoked", _("It revokes; end the rule that it names by hand."))
    regulation = provision.get("regulation")
    general = regulation.get("generalRegulation") if isinstance(regulation, dict) else None
    kind = general.get("regulationType") if isinstance(general, dict) else None
    if not isinstance(regulation, dict) or not isinstance(kind, str) or kind not in KINDS:
        raise Unreadable(
            "regulation_unknown", Filled(_("A regulation of the kind “%(kind)s”."), kind=kind)
        )
    versions = timeline.versions(
        _parts(regulation, kind, _force(source, provision, context), context, notes),
        f"{source.get('reference', '')} {source.get('section', '')}".strip()[:500],
        notes,
    )
    if not versions:
        raise Unreadable("nothing_understood", _("Nothing of it can be said."))
    geometry, mended = _ground(provision.get("regulatedPlace"), context, notes)
    name = str(source.get("troName") or provision.get("provisionDescription") or reference)[:160]
    source_id = f"{source.get('traCreator', '')}-{reference}"
    return ZoneDraft(
        source_id=source_id,
        name=name,
        kind=KINDS[kind],
        geometry=geometry,
        legal_from=versions[0].legal_from,
        regulations=[RegulationDraft(source_id, name, versions)],
        notes=mended,
    )


def _parts(
    regulation: dict[str, Any], kind: str, force: datetime, context: Context, notes: list[Note]
) -> list[Node]:
    """Return what must hold for the ban to speak."""
    node = Reader(kind, context, notes).regulation(regulation)
    parts = list(conditions.conjuncts(node))
    leaves = list(conditions.leaves(node))
    if kind.startswith(_NEEDS_WHO) and not any(isinstance(leaf, Vehicle) for leaf in leaves):
        raise Unreadable("limit_missing", _("The limit has no measure that is understood."))
    if kind == "miscCongestionLowEmissionZone" and not any(
        isinstance(leaf, Vehicle) and leaf.who.euro_below is not None for leaf in leaves
    ):
        raise Unreadable("limit_missing", _("The zone names no Euro class; a charge is not read."))
    if kind in _MOTORS_ONLY:
        parts.append(Vehicle(MOTOR_VEHICLES))
    return [*parts, Valid(Period(force))]


def _force(source: dict[str, Any], provision: dict[str, Any], context: Context) -> datetime:
    """Return since when it is in force: its date, else that of the order, else the load."""
    for text in (provision.get("comingIntoForceDate"), source.get("comingIntoForceDate")):
        if isinstance(text, str):
            try:
                day = date.fromisoformat(text)
            except ValueError:
                raise Unreadable("date_malformed", _("comingIntoForceDate is no date.")) from None
            if day.year in YEARS:
                return local_midnight(day, context.tz)
    return context.since


def _ground(places: Any, context: Context, notes: list[Note]) -> tuple[Any, list[Note]]:
    polygons: list[list[Ring]] = []
    lines: list[Ring] = []
    for place in places if isinstance(places, list) else []:
        if not isinstance(place, dict) or place.get("type") == "diversionRoute":
            continue
        texts = [
            shape.get(member)
            for name, member in (("polygon", "polygon"), ("linearGeometry", "linestring"))
            if isinstance(shape := place.get(name), dict)
        ]
        if not texts:
            notes.append(
                Note("not_understood", "location_unknown", _("A place without polygon or line."))
            )
        for text in texts:
            ground.collect(_in_degrees(text), polygons, lines)
    return ground.assemble(polygons, lines, context)


def _in_degrees(text: Any) -> dict[str, Any]:
    """Return well-known text of the British National Grid as GeoJSON. Raises Unreadable."""
    if not isinstance(text, str) or len(text) > MOST_WKT or not text.startswith(f"SRID={GRID};"):
        raise Unreadable(
            "geometry_malformed",
            Filled(_("A place is text that begins with SRID=%(grid)s;."), grid=GRID),
        )
    try:
        shape = shapely.from_wkt(text.partition(";")[2])
        degrees = projection(GRID).to_wgs84(shape)
    except (GEOSException, ValueError) as error:
        raise Unreadable(
            "geometry_malformed", Filled(_("This is no well-known text: %(error)s"), error=error)
        ) from None
    if degrees.is_empty or not shapely.get_coordinates(degrees).size:
        raise Unreadable("geometry_empty", _("The place is empty."))
    return ground.to_geojson(degrees)
