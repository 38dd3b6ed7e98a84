"""Zones as a ControlledZoneTablePublication of DATEX II 3 (with the extensions that NDW uses).

Written: bans, with who, when and whom they spare. What has no word is left out whole and stands in
a comment beside its zone, so that nobody reads half a rule as a rule.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.etree.ElementTree import Comment, Element, SubElement, register_namespace, tostring
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from kernel.schedules import local_midnight
from zones.exchange import datex_who, saying, times
from zones.exchange.datex import KINDS
from zones.exchange.datex_who import Condition, Set
from zones.exchange.published import PublishedZone, Publisher, Unsaid
from zones.exchange.saying import CannotSay, Saying
from zones.language import DAYS, When, Who

_BASE = "http://datex2.eu/schema/3/"
_SPACES = {
    "mc": "messageContainer", "cz": "controlledZone", "tro": "trafficRegulation",
    "loc": "locationReferencing", "com": "common", "comx": "commonExtension",
}  # fmt: skip
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_KINDS = {kind: name for name, kind in KINDS.items()} | {"other": "trafficLimitedZone"}
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EXTENSION = ("_vehicleCharacteristicsExtension", "vehicleCharacteristicsExtended")


@dataclass(frozen=True, slots=True)
class _Said:
    """A row that can be said, ready to be written."""

    of: Saying
    who: Condition | None
    unless: Condition | None


def write(
    zones: Iterable[PublishedZone], publisher: Publisher, at: datetime
) -> tuple[bytes, list[Unsaid]]:
    """Return the publication as of an instant, and what it could not say."""
    for prefix, name in _SPACES.items():
        register_namespace(prefix, _BASE + name)
    register_namespace("xsi", XSI)
    unsaid: list[Unsaid] = []
    root = Element(_name("mc", "messageContainer"), modelBaseVersion="3")
    payload = _add(root, "mc", "payload", kind="cz:ControlledZoneTablePublication")
    payload.set("lang", publisher.language)
    payload.set("modelBaseVersion", "3")
    _add(payload, "com", "publicationTime", _instant(at))
    creator = _add(payload, "com", "publicationCreator")
    _add(creator, "com", "country", publisher.country.lower())
    _add(creator, "com", "nationalIdentifier", publisher.name)
    header = _add(payload, "cz", "headerInformation")
    _add(header, "com", "informationStatus", "real")
    table = _add(payload, "cz", "controlledZoneTable")
    _add(table, "cz", "tableVersionTime", _instant(at))
    for zone in zones:
        _zone(table, zone, publisher, unsaid)
    # Names of the types stand in `xsi:type` values, where no serializer sees that they are used.
    text = tostring(root, encoding="utf-8", xml_declaration=True).decode()
    for prefix in ("cz", "tro", "loc"):
        declared = f'xmlns:{prefix}="{_BASE}{_SPACES[prefix]}"'
        if declared not in text:
            text = text.replace("<mc:messageContainer ", f"<mc:messageContainer {declared} ", 1)
    return text.encode(), unsaid


def _zone(table: Element, zone: PublishedZone, publisher: Publisher, unsaid: list[Unsaid]) -> None:
    said: list[_Said] = []
    missing: list[Unsaid] = []
    for one in saying.rows(zone):
        try:
            said.append(_said(one))
        except CannotSay as error:
            missing.append(one.unsaid(str(error)))
    missing += saying.about_zone(zone)
    unsaid += missing
    for note in missing:
        where = " ".join(filter(None, [note.regulation, note.row]))
        table.append(Comment(_comment(zone, f"{where}: {note.what}")))
    if not said:
        return
    made = _add(table, "cz", "urbanVehicleAccessRegulation")
    made.set("id", zone.code)
    made.set("version", "1")
    _words(made, "cz", "name", zone.name, publisher)
    _add(made, "cz", "controlledZoneType", _KINDS.get(zone.kind, _KINDS["other"]))
    _add(made, "cz", "controlledZoneRecordVersionTime", _instant(zone.recorded_from))
    _add(made, "cz", "status", "active")
    order = _add(made, "cz", "trafficRegulationOrder")
    order.set("id", f"{zone.code}_TRO")
    order.set("version", "1")
    _words(order, "tro", "issuingAuthority", publisher.name, publisher)
    references = dict.fromkeys(filter(None, (row.of.version.legal_reference for row in said)))
    _add(order, "tro", "regulationId", "; ".join(references) or zone.code)
    _add(order, "tro", "status", "madeAndImplemented")
    for row in said:
        _regulation(order, row, ZoneInfo(publisher.time_zone))


def _comment(zone: PublishedZone, text: str) -> str:
    """Return text about a zone as a comment may hold it: without two hyphens in a row."""
    said = f"{zone.code}: {text}".replace("-", "‐")
    return f" {zone.id} {_NOT_XML.sub(' ', said)} "


def _said(one: Saying) -> _Said:
    saying.plain_ban(one)
    for window in one.row.when:
        _window_can_be_said(window)
    who = None if one.row.who == Who() else datex_who.write(one.row.who)
    exempt = saying.exempt(one.row)
    return _Said(one, who, None if exempt is None else datex_who.write(exempt))


def _window_can_be_said(window: When) -> None:
    if window.calendar is not None:
        raise CannotSay(f"calendar {window.calendar}")
    if window.on is not None or window.not_on:
        raise CannotSay("days of every year")
    if window.from_ == window.to:
        raise CannotSay("an empty window")
    wraps = window.to < window.from_ and window.to != "00:00"
    if wraps and (window.from_on or window.until_on):
        raise CannotSay("a dated window past midnight")
    if window.to == "00:00":
        raise CannotSay("a window until 00:00")


def _regulation(order: Element, one: _Said, tz: ZoneInfo) -> None:
    made = _add(order, "tro", "trafficRegulation")
    version = one.of.version
    made.set("id", f"{one.of.code}.{version.number}.{_instant(version.legal.start)}.{one.of.name}")
    made.set("version", str(version.number))
    kind = _add(made, "tro", "typeOfRegulation", kind="tro:AccessRestriction")
    _add(kind, "tro", "accessRestrictionType", "noEntry")
    condition = _add(made, "tro", "condition", kind="tro:ConditionSet")
    _add(condition, "tro", "operator", "and")
    _validity(condition, one, tz)
    _location(condition, one.of.zone.geometry)
    if one.who is not None:
        # A `not` beside the other conditions would be an exemption: one in a choice is none.
        _condition(condition, Set("or", (one.who,)) if isinstance(one.who, Set) else one.who)
    if one.unless is not None:
        _condition(condition, datex_who.negated(one.unless))


def _validity(parent: Element, one: _Said, tz: ZoneInfo) -> None:
    windows: Sequence[When | None] = one.of.row.when or (None,)
    if len(windows) > 1:
        parent = _add(parent, "tro", "conditions", kind="tro:ConditionSet")
        _add(parent, "tro", "operator", "or")
    for window in windows:
        condition = _add(parent, "tro", "conditions", kind="tro:ValidityCondition")
        validity = _add(condition, "tro", "validityByOrder")
        _add(validity, "com", "validityStatus", "definedByValidityTimeSpec")
        specification = _add(validity, "com", "validityTimeSpecification")
        legal = one.of.version.legal
        _add(specification, "com", "overallStartTime", _instant(legal.start))
        if legal.end is not None:
            _add(specification, "com", "overallEndTime", _instant(legal.end))
        if window is not None:
            _window(specification, window, tz)


def _window(specification: Element, window: When, tz: ZoneInfo) -> None:
    period = _add(specification, "com", "validPeriod")
    if window.from_on is not None:
        _add(period, "com", "startOfPeriod", _midnight(window.from_on, tz))
    if window.until_on is not None:
        _add(period, "com", "endOfPeriod", _midnight(window.until_on, tz))
    if (window.from_, window.to) != ("00:00", "24:00"):
        span = _add(period, "com", "recurringTimePeriodOfDay")
        _add(span, "com", "startTimeOfPeriod", f"{window.from_}:00")
        _add(span, "com", "endTimeOfPeriod", f"{window.to}:00")
    if set(window.days) != set(DAYS):
        days = _add(period, "com", "recurringDayWeekMonthPeriod")
        for day in window.days:
            _add(days, "com", "applicableDay", times.FULL_NAMES[day])
    if window.holidays == "only":
        _holiday(period)
    elif window.holidays == "except":
        _holiday(_add(specification, "com", "exceptionPeriod"))


def _holiday(parent: Element) -> None:
    day = _add(parent, "com", "recurringSpecialDay")
    _add(day, "com", "intersectWithApplicableDays", "true")
    _add(day, "com", "specialDayType", "publicHoliday")


def _location(parent: Element, geometry: BaseGeometry) -> None:
    condition = _add(parent, "tro", "conditions", kind="tro:LocationCondition")
    area = _add(condition, "tro", "locationByOrder", kind="loc:AreaLocation")
    many = _add(area, "loc", "gmlMultiPolygon")
    for part in shapely.get_parts(geometry):
        if isinstance(part, Polygon):
            polygon = _add(many, "loc", "gmlPolygon")
            for name, ring in (
                ("exterior", part.exterior),
                *(("interior", hole) for hole in part.interiors),
            ):
                made = _add(polygon, "loc", name)
                made.set("srsName", "WGS 84")
                _add(made, "loc", "posList", " ".join(f"{y!r} {x!r}" for x, y in _floats(ring)))


def _floats(ring: BaseGeometry) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in ring.coords]


def _condition(parent: Element, condition: Condition) -> None:
    if isinstance(condition, Set):
        made = _add(parent, "tro", "conditions", kind="tro:ConditionSet")
        if condition.negate:
            _add(made, "tro", "negate", "true")
        _add(made, "tro", "operator", condition.operator)
        for part in condition.parts:
            _condition(made, part)
        return
    made = _add(parent, "tro", "conditions", kind="tro:VehicleCondition")
    inside = _add(made, "tro", "vehicleCharacteristics")
    space = "com"
    if condition.extension:
        for name in _EXTENSION:
            inside = _add(inside, "com", name)
        if condition.name != "ageCharacteristic":  # NDW writes it beside them
            inside = _add(inside, "comx", "regulatedCharacteristics")
        space = "comx"
    characteristic = _add(inside, space, condition.name, condition.text)
    for name, text in condition.members:
        _add(characteristic, space, name, text)


def _words(parent: Element, space: str, name: str, text: str, publisher: Publisher) -> None:
    values = _add(_add(parent, space, name), "com", "values")
    _add(values, "com", "value", text).set("lang", publisher.language)


def _add(parent: Element, space: str, name: str, text: str = "", kind: str = "") -> Element:
    made = SubElement(parent, _name(space, name))
    if kind:
        made.set(f"{{{XSI}}}type", kind)
    if text:
        made.text = _NOT_XML.sub(" ", text)
    return made


def _name(space: str, name: str) -> str:
    return f"{{{_BASE}{_SPACES[space]}}}{name}"


def _midnight(day: date, tz: ZoneInfo) -> str:
    return _instant(local_midnight(day, tz))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
