"""DATEX II 3: controlled zones (UVAR) and traffic regulation orders, read as drafts.

Taken: access restrictions of the kind `noEntry`, with vehicles, times and places joined by
condition sets. Regulations of one order that say the same become one zone. Sources: DATEX II 3
ControlledZone, TrafficRegulation, LocationReferencing; the feeds of NDW (NL) and DiaLog (FR).

Two habits of DiaLog are read as it means them, not as the letters say, since its template writes
both for every order: a negated condition in an “or” is an exemption, and “less than or equal” to
a measure names the most that may pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import (
    conditions,
    datex_places,
    datex_times,
    datex_vehicles,
    ground,
    markup,
    timeline,
)
from zones.exchange.conditions import Every, Negated, Node, Place, Some, Unknown
from zones.exchange.datex_places import Places
from zones.exchange.drafts import (
    Context,
    Note,
    Reading,
    RegulationDraft,
    Unreadable,
    VersionDraft,
    ZoneDraft,
    once,
)

KINDS = {
    "lowEmissionZone": "low_emission",
    "zeroEmissionZone": "zero_emission",
    "congestionChargingZone": "charging",
    "tollZone": "charging",
    "pedestrianZone": "pedestrian",
    "trafficLimitedZone": "other",
}
DIALOG = "DiaLog"


@dataclass(slots=True)
class _Item:
    """An order or controlled zone: what is said of it as a whole."""

    source_id: str
    name: str
    kind: str
    reference: str
    notes: list[Note]
    dialog: bool
    order_validity: Node | None = None


@dataclass(slots=True)
class _Said:
    """One regulation, understood: where it rules and which versions say it."""

    source_id: str
    places: Places
    versions: list[VersionDraft]


def read(content: bytes, context: Context) -> Reading:
    """Return the drafts of a publication. Raises Unreadable."""
    root = markup.parse(content)
    publisher = next(markup.every(root, "publicationCreator"), None)
    dialog = publisher is not None and markup.text(publisher, "nationalIdentifier") == DIALOG
    reading = Reading()
    zones = list(markup.every(root, "urbanVehicleAccessRegulation"))
    inside = {id(order) for zone in zones for order in markup.every(zone, "trafficRegulationOrder")}
    orders = [
        order
        for order in markup.every(root, "trafficRegulationOrder")
        if id(order) not in inside and len(order)
    ]
    if not zones and not orders:
        raise Unreadable("not_datex", _("There is no controlled zone and no regulation order."))
    for zone in zones:
        _take(zone, list(markup.every(zone, "trafficRegulationOrder")), dialog, context, reading)
    for order in orders:
        _take(order, [order], dialog, context, reading)
    return reading


def _take(
    element: Element, orders: Sequence[Element], dialog: bool, context: Context, reading: Reading
) -> None:
    """Add the zones of one item to the reading, or the note why it gave none."""
    item = _item(element, orders, dialog)
    where = f"id={item.source_id}"
    try:
        found = _zones(item, orders, context)
    except Unreadable as error:
        reading.notes += [note._replace(at=where) for note in once(item.notes)]
        reading.notes.append(Note("refused", error.code, error.detail, where))
        return
    for zone in found:
        zone.notes = [note._replace(at=note.at or where) for note in once(zone.notes)]
    reading.zones += found


def _item(element: Element, orders: Sequence[Element], dialog: bool) -> _Item:
    source_id = element.get("id") or ""
    zone_kind = markup.text(element, "controlledZoneType")
    name = markup.words(element, "name") or markup.words(element, "description")
    references = [markup.text(order, "regulationId") for order in orders]
    references.append(markup.text(element, "urlForFurtherInformation"))
    item = _Item(
        source_id=source_id,
        name=(name or source_id)[:160],
        kind=KINDS.get(zone_kind, "other"),
        reference="; ".join(dict.fromkeys(filter(None, references)))[:500],
        notes=[],
        dialog=dialog,
    )
    if zone_kind and zone_kind not in KINDS:
        item.notes.append(Note("not_understood", "zone_kind_unknown", f"“{zone_kind}”."))
    stated = [markup.text(element, "status"), *(markup.text(o, "status") for o in orders)]
    for status in dict.fromkeys(filter(None, stated)):
        if status not in ("active", "madeAndImplemented"):
            item.notes.append(
                Note(
                    "not_understood",
                    "status",
                    Filled(_("Its source says “%(status)s”; check it."), status=status),
                )
            )
    return item


def _zones(item: _Item, orders: Sequence[Element], context: Context) -> list[ZoneDraft]:
    if not item.source_id:
        raise Unreadable("id_missing", _("The item has no id."))
    said: dict[str, _Said] = {}
    for order in orders:
        validity = markup.child(order, "validityByOrder")
        item.order_validity = (
            None if validity is None else datex_times.read(validity, context, item.notes)
        )
        for number, regulation in enumerate(markup.children(order, "trafficRegulation"), start=1):
            one = _regulation(item, regulation, number, context)
            if one is not None:
                _join(said, one)
    if not said:
        raise Unreadable("nothing_understood", _("No regulation of it could be said."))
    return _drafts(item, list(said.values()), context)


def _join(said: dict[str, _Said], one: _Said) -> None:
    """Add a regulation; what says the same as another is one with it, at more places."""
    other = said.setdefault(repr(one.versions), one)
    if other is not one:
        other.places.add(one.places)


def _drafts(item: _Item, said: Sequence[_Said], context: Context) -> list[ZoneDraft]:
    """Return a zone for each ground, with all that is said of it."""
    zones: dict[tuple[object, ...], ZoneDraft] = {}
    for one in said:
        key = one.places.key()
        number = len(zones) + 1
        if key not in zones:
            geometry, notes = ground.assemble(one.places.polygons, one.places.lines, context)
            zones[key] = ZoneDraft(
                source_id=item.source_id if number == 1 else f"{item.source_id}#{number}",
                name=item.name,
                kind=item.kind,
                geometry=geometry,
                legal_from=one.versions[0].legal_from,
                notes=[*(item.notes if number == 1 else ()), *notes],
            )
            if one.places.names:
                streets = ", ".join(one.places.names)
                zones[key].notes.append(Note("taken", "streets", streets))
        zone = zones[key]
        zone.legal_from = min(zone.legal_from, one.versions[0].legal_from)
        zone.regulations.append(RegulationDraft(one.source_id, item.name, one.versions))
    return list(zones.values())


def _regulation(item: _Item, element: Element, number: int, context: Context) -> _Said | None:
    restriction = markup.child(element, "typeOfRegulation")
    kind = "" if restriction is None else markup.text(restriction, "accessRestrictionType")
    source_id = element.get("id") or f"{item.source_id}#{number}"
    if kind != "noEntry":
        named = kind or ("" if restriction is None else markup.kind(restriction))
        item.notes.append(
            Note(
                "not_understood",
                "regulation_unknown",
                Filled(_("A regulation of the kind “%(kind)s”."), kind=named),
            )
        )
        return None
    condition = markup.child(element, "condition")
    places = Places()
    notes: list[Note] = []
    node = Every(()) if condition is None else _node(condition, places, notes, item, context)
    item.notes += notes
    parts = list(conditions.conjuncts(node))
    if item.order_validity is not None:
        parts.append(item.order_validity)
    versions = timeline.versions(parts, item.reference, item.notes)
    if not versions:
        item.notes.append(
            Note(
                "not_understood",
                "regulation_left_out",
                Filled(_("Nothing of %(source_id)s can be said."), source_id=source_id),
            )
        )
        return None
    return _Said(source_id, places, versions)


def _node(
    element: Element, places: Places, notes: list[Note], item: _Item, context: Context
) -> Node:
    """Return a condition as a tree; places go beside it."""
    node: Node
    match markup.kind(element):
        case "ConditionSet":
            parts = tuple(
                _node(child, places, notes, item, context)
                for child in markup.children(element, "conditions")
            )
            operator = markup.text(element, "operator")
            if operator == "and":
                node = Every(parts)
            elif operator == "or":
                node = _either(parts) if item.dialog else Some(parts)
            else:
                notes.append(Note("not_understood", "operator_unknown", f"“{operator}”."))
                node = Unknown()
        case "VehicleCondition":
            characteristics = markup.child(element, "vehicleCharacteristics")
            node = (
                Unknown()
                if characteristics is None
                else datex_vehicles.read(characteristics, notes, limits=item.dialog)
            )
        case "ValidityCondition":
            validity = markup.child(element, "validityByOrder")
            node = Unknown() if validity is None else datex_times.read(validity, context, notes)
        case "LocationCondition":
            for location in markup.children(element, "locationByOrder"):
                datex_places.read(location, places, notes)
            node = Place()
        case other:
            notes.append(
                Note(
                    "not_understood",
                    "condition_unknown",
                    Filled(_("A condition of the kind “%(other)s”."), other=other),
                )
            )
            node = Unknown()
    return Negated(node) if markup.text(element, "negate") == "true" else node


def _either(parts: tuple[Node, ...]) -> Node:
    """Return an “or” of DiaLog: one of the plain ones, and none of the negated ones."""
    meant = tuple(part for part in parts if not isinstance(part, Negated))
    exempt = tuple(part.part for part in parts if isinstance(part, Negated))
    if not exempt:
        return Some(meant)
    return Every((*((Some(meant),) if meant else ()), Negated(Some(exempt))))
