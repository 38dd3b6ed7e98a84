"""News that may change a finding: of visits, of stays, of bookings, of rules and calendars."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import City
from compliance.rules import Act
from compliance.selectors import acts
from compliance.services import findings
from curbs.selectors import snapshots
from foundation.models import OutboxMessage
from kernel.periods import Period, union
from zones import selectors as zones

VISITS, STAYS, BOOKINGS = "visit.changed", "stay.changed", "booking.changed"
RULES, CALENDARS, POLICIES = "regulation.published", "calendar.changed", "curb_policy.published"
PERMITS = "permit.issued"
ROUND_A_BOOKING = timedelta(hours=1)
"""Who comes early, and who is on the way there or back, is judged by the booking too."""

Window = tuple[str, list[UUID], datetime, datetime | None]
"""Whose acts are touched (zones, curb zones, a vehicle, or who has a finding), from when to when.
An end of None is open."""


@dataclass
class _News:
    """What a batch of messages of one city is about."""

    vehicle_ids: set[UUID] = field(default_factory=set)
    visit_ids: set[UUID] = field(default_factory=set)
    stay_ids: set[UUID] = field(default_factory=set)
    windows: list[Window] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)
    versions: list[dict[str, Any]] = field(default_factory=list)


class FindingsConsumer:
    """Judges acts anew when they or the rules changed."""

    name = "compliance.findings"
    stream = "outbox"
    topics = frozenset({VISITS, STAYS, BOOKINGS, RULES, CALENDARS, POLICIES, PERMITS})

    def consume(self, rows: Sequence[OutboxMessage], *, as_of: datetime) -> None:
        """Bring the findings up to the news; all messages of a batch are judged at once."""
        by_city: dict[UUID, list[OutboxMessage]] = {}
        for row in rows:
            by_city.setdefault(row.city_id, []).append(row)
        for city in City.objects.filter(id__in=by_city).order_by("id"):
            _judge_news(city, by_city[city.id], as_of)


def _judge_news(city: City, messages: Iterable[OutboxMessage], as_of: datetime) -> None:
    news = _read(city, messages)
    # Whose acts may be touched is read before the locks, the acts themselves under them: what
    # another worker has just written counts.
    reached = {act.vehicle_id for act in _reached(city, news)}
    findings.lock(city.id, reached | news.vehicle_ids)
    because: dict[str, Any] = {"topics": sorted(news.topics)}
    if news.versions:
        because["versions"] = news.versions
    current = _touched(city, news)
    gone = (news.visit_ids | news.stay_ids) - {act.id for act in current}
    for start in range(0, max(len(current), 1), findings.CHUNK):
        findings.rejudge(
            city=city,
            acts=current[start : start + findings.CHUNK],
            gone=gone if start == 0 else (),
            because=because,
            as_of=as_of,
        )


def _read(city: City, messages: Iterable[OutboxMessage]) -> _News:
    news = _News()
    for message in messages:
        news.topics.add(message.topic)
        said = message.payload
        if message.topic in (VISITS, STAYS, BOOKINGS):
            news.vehicle_ids.add(message.key)
        match message.topic:
            case "visit.changed":
                news.visit_ids |= {UUID(id_) for id_ in said.get("visit_ids", said.get("ids", ()))}
            case "stay.changed":
                news.stay_ids |= {UUID(id_) for id_ in said.get("stay_ids", said.get("ids", ()))}
            case "booking.changed":
                start = _at(said["from"]) - ROUND_A_BOOKING
                until = _at(said["until"]) + ROUND_A_BOOKING
                news.windows.append(("vehicle", [UUID(said["vehicle_id"])], start, until))
            case "permit.issued":  # may exempt what was found; it makes nothing worse
                until = said["ends_at"] and _at(said["ends_at"])
                news.windows.append(("finding", [], _at(said["starts_at"]), until))
            case "calendar.changed":
                news.windows += _calendar_windows(city, said)
            case _:
                news.windows.append(_rule_window(said))
                news.versions.append(
                    {
                        name: said[name]
                        for name in ("version_id", "number", "change")
                        if name in said
                    }
                )
    return news


def _rule_window(said: dict[str, Any]) -> Window:
    kind = "zone" if "zone_ids" in said else "curb_zone"
    ids = said["zone_ids"] if kind == "zone" else [said["curb_zone_id"]]
    until = said["legal_until"]
    return kind, [UUID(id_) for id_ in ids], _at(said["legal_from"]), until and _at(until)


def _calendar_windows(city: City, said: dict[str, Any]) -> list[Window]:
    """Return the days of the calendar, a day wider as windows may wrap midnight, and the times in
    which it is on now or no longer, for every zone and curb zone with a rule that ever asked for
    it."""
    code, curb_zones = said["code"], snapshots.book(city.id).zones
    in_zones = [
        id_
        for id_, rules in zones.book(city.id).versions.items()
        if any(rule.asks_for(code) for rule in rules)
    ]
    at_curbs = [
        zone.id
        for zone in curb_zones
        if any(policy.regulation.asks_for(code) for policy in zone.policies)
    ]
    days = [date.fromisoformat(day) for day in (*said["added"], *said["removed"])]
    midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    day = timedelta(days=1)
    changed = [Period(at - day, at + 3 * day) for at in midnights]
    for time in said.get("times", ()):
        until = time["until"]
        changed.append(Period(_at(time["from"]), until and _at(until)))
    return [
        (kind, ids, stretch.start, stretch.end)
        for kind, ids in (("zone", in_zones), ("curb_zone", at_curbs))
        for stretch in union(changed)
        if ids
    ]


def _touched(city: City, news: _News) -> list[Act]:
    """Return all acts that the news may change."""
    named = [*acts.visits(news.visit_ids), *acts.stays(news.stay_ids), *_reached(city, news)]
    return list({act.id: act for act in named if act.city_id == city.id}.values())


def _reached(city: City, news: _News) -> list[Act]:
    """Return the acts that changed rules or bookings may touch."""
    found: list[Act] = []
    for kind, ids, start, end in news.windows:
        if kind == "zone":
            found += acts.visits_in(city.id, ids, start, end)
        elif kind == "vehicle":
            assert end is not None, "a booking ends"
            found += acts.visits_of(ids[0], start, end)
            found += acts.stays_of(ids[0], start, end)
        elif kind == "finding":
            found += acts.found_between(city.id, start, end)
        else:
            found += acts.stays_in(city.id, ids, start, end)
    return found


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
