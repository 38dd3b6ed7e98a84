"""Why the city cancelled a booking, and where or when else, in the words of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from carriers.models import Vehicle
from curbs.models import Booking
from portal import words
from portal.findings import RulesSaid


@dataclass(frozen=True)
class Shown:
    """The rule with its sentences, and the times and curbs that were free instead.

    Who may not open the version or book has no addresses.
    """

    rule: str
    rule_url: str
    sentences: list[str]
    times: list[dict[str, str]]
    zones: list[dict[str, str]]


def shown(booking: Booking, actor: Actor, now: datetime) -> Shown | None:
    """Return what the holder is told; None for a booking that the city did not cancel."""
    told = booking.cancelled_for
    if not told:
        return None
    version = UUID(told["version_id"])
    rules = RulesSaid({version})
    rows = zip_longest(told["sentences"], told.get("rows", ()), fillvalue=-1)
    return Shown(
        rule=rules.title(version, told["rule_code"]),
        rule_url=reverse("portal:rule-version", args=[version])
        if actor.may(scopes.RULES_READ)
        else "",
        sentences=[rules.sentence(version, row, sentence) for sentence, row in rows],
        **_alternatives(booking, actor, now),
    )


def elsewhere(found: Iterable[dict[str, Any]], query: dict[str, Any]) -> list[dict[str, str]]:
    """Return other curb zones near by with the addresses at which they are booked."""
    return [
        {
            "url": _address(one["curb_zone_id"], query),
            "label": _("%(name)s, %(metres)d m away")
            % {"name": one["name"], "metres": one["distance_m"]},
        }
        for one in found
    ]


def _alternatives(booking: Booking, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what is still to come of the times and curbs that were free instead."""
    found, tz = booking.cancelled_for["alternatives"], actor.city.tz
    query = _query(booking, tz)
    times = []
    for one in found["times"]:
        start, until = (datetime.fromisoformat(one[end]) for end in ("from", "until"))
        if start > now:
            on = {"on": f"{start.astimezone(tz):%Y-%m-%d}"}
            url = _address(booking.curb_zone_id, query | on)
            times.append({"url": url, "label": words.span(start, until, tz)})
    zones = elsewhere(found["zones"], query) if booking.during.lower > now else []
    if not _may_book(booking, actor):
        times, zones = ([one | {"url": ""} for one in listed] for listed in (times, zones))
    return {"times": times, "zones": zones}


def _query(booking: Booking, tz: Any) -> dict[str, Any]:
    start, length = booking.during.lower, booking.during.upper - booking.during.lower
    return {
        "vehicle": booking.vehicle_id,
        "on": f"{start.astimezone(tz):%Y-%m-%d}",
        "minutes": int(length.total_seconds() // 60),
    }


def _may_book(booking: Booking, actor: Actor) -> bool:
    if not actor.may(scopes.CURBS_BOOK):
        return False
    rows = Vehicle.objects.visible_to(actor, scopes.CURBS_BOOK)
    return bool(rows.filter(pk=booking.vehicle_id).exists())


def _address(curb_zone_id: Any, query: dict[str, Any]) -> str:
    return f"{reverse('portal:choose-slot', args=[curb_zone_id])}?{urlencode(query)}"
