"""Zones as features of schema-zfe: bans by Crit'Air and class, for each period a feature."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from zones.exchange import ground, opening_hours, saying
from zones.exchange.published import PublishedZone, Unsaid
from zones.exchange.saying import CannotSay, Saying
from zones.exchange.zfe import CLASSES, SCHEME, STICKERS, VIGNETTES
from zones.language import Who


def write(
    zones: Iterable[PublishedZone], tz: ZoneInfo
) -> tuple[list[dict[str, Any]], list[Unsaid]]:
    """Return the features, and what the schema could not say."""
    made: list[dict[str, Any]] = []
    unsaid: list[Unsaid] = []
    for zone in zones:
        features: dict[tuple[str, str | None], dict[str, Any]] = {}
        for one in saying.rows(zone):
            try:
                _say(one, tz, features)
            except CannotSay as error:
                unsaid.append(one.unsaid(str(error)))
        made += [features[key] for key in sorted(features, key=lambda key: key[0])]
        if features:
            unsaid += _about(zone)
    return made, unsaid


def _about(zone: PublishedZone) -> Iterable[Unsaid]:
    if zone.name != f"ZFE {zone.code}":
        yield Unsaid(zone.id, zone.code, "", "", f"name {zone.name}")
    if zone.kind != "low_emission":
        yield Unsaid(zone.id, zone.code, "", "", f"kind {zone.kind}")
    yield from saying.about_zone(zone)


def _say(one: Saying, tz: ZoneInfo, features: dict[tuple[str, str | None], dict[str, Any]]) -> None:
    saying.plain_ban(one)
    classes, level = _banned(one.row.who)
    if saying.exempt(one.row) is not None:
        raise CannotSay("exemption by class")
    hours = opening_hours.write(one.row.when)
    if hours is None:
        raise CannotSay("hours")
    legal = one.version.legal
    start, end = _date(legal.start, tz), None if legal.end is None else _date(legal.end, tz)
    known = features.get((start, end))
    facts = known["properties"] if known else {"id": one.zone.code, "date_debut": start}
    if any(f"{name}_critair" in facts for name in classes):
        raise CannotSay("a second row for a class")
    for name in classes:
        facts |= {f"{name}_critair": level, f"{name}_horaires": hours}
    if end is not None:
        facts["date_fin"] = end
    if one.version.legal_reference.startswith(("http://", "https://")):
        facts["url_arrete"] = one.version.legal_reference
    features[start, end] = {
        "type": "Feature",
        "geometry": ground.to_geojson(one.zone.geometry),
        "properties": facts,
    }


def _banned(who: Who) -> tuple[list[str], str]:
    """Return the classes and the first vignette that is not admitted."""
    if who.category is None or who.stickers is None or set(who.stickers) != {SCHEME}:
        raise CannotSay("who is not a class with a Crit'Air vignette")
    if who != Who(category=who.category, stickers=who.stickers):
        raise CannotSay("who names more than class and vignette")
    classes = [name for name, categories in CLASSES.items() if set(categories) <= set(who.category)]
    if {c for name in classes for c in CLASSES[name]} != set(who.category):
        raise CannotSay("categories that are no class of the schema")
    banned = set(who.stickers[SCHEME])
    for vignette, index in zip(VIGNETTES, range(len(STICKERS)), strict=True):
        if banned == set(STICKERS[index:]):
            return classes, vignette
    raise CannotSay("vignettes that are not all from one on")


def _date(at: datetime, tz: ZoneInfo) -> str:
    local = at.astimezone(tz)
    if local.time() != time():
        raise CannotSay("a period that does not begin and end at midnight")
    return local.date().isoformat()
