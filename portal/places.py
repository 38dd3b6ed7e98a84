"""Zones and curbs as they are at an instant, in the words of a page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import City
from curbs.book import Policy, Zone
from curbs.rules import free_stretches
from curbs.selectors import availability, snapshots
from kernel.periods import Period
from portal.words import money
from zones.models import AccessZone, Regulation
from zones.selectors import books

INSTANT = timedelta(seconds=1)


@dataclass(frozen=True)
class RuleNow:
    """A rule in force: the title of its regulation, its version, what it says."""

    title: str
    number: int
    sentence: str


@dataclass(frozen=True)
class ZoneNow:
    """An access zone, its ground and its rules at an instant."""

    id: UUID
    code: str
    name: str
    kind: str
    geometry: Any
    rules: tuple[RuleNow, ...]


@dataclass
class CurbNow:
    """A curb zone and what is free in it at an instant; `state`: free, some, full or closed."""

    id: UUID
    code: str
    name: str
    street: str
    geometry: Any
    total_m: Decimal
    free_m: Decimal
    bookable: bool
    policy: str
    url: str = ""

    @property
    def state(self) -> str:
        if not self.bookable:
            return "closed"
        if self.free_m <= 0:
            return "full"
        return "free" if self.free_m >= self.total_m else "some"

    @property
    def state_label(self) -> str:
        return {
            "free": _("free"),
            "some": _("partly taken"),
            "full": _("full"),
            "closed": _("not to be booked"),
        }[self.state]

    @property
    def tone(self) -> str:
        return {"free": "ok", "some": "warn", "full": "bad", "closed": ""}[self.state]


def zones_now(city: City, at: datetime) -> list[ZoneNow]:
    """Return the access zones in force at `at`, by name."""
    book = books.book(city.id)
    kinds = dict(AccessZone.Kind.choices)
    titles = dict(Regulation.objects.of_city(city.id).values_list("id", "title"))
    found = []
    for card in sorted(book.cards.values(), key=lambda card: card.name):
        geometry = book.geometry(card.id, at)
        if geometry is None:
            continue
        rules = tuple(
            RuleNow(titles.get(rule.id, rule.code), rule.number, _sentences(rule))
            for rule in book.regulations(card.id, at)
        )
        kind = str(kinds.get(card.kind, card.kind))
        found.append(ZoneNow(card.id, card.code, card.name, kind, geometry, rules))
    return found


def _sentences(rule: Any) -> str:
    return " ".join(row.sentence for row in rule.rows)


def curbs_now(city: City, at: datetime) -> list[CurbNow]:
    """Return the curb zones in force at `at` with what is free in them, by code. Few queries."""
    zones = snapshots.book(city.id).in_force(at, at)
    instant = Period(at, at + INSTANT)
    held = availability.held_on({zone.line_id for zone in zones}, instant, at)
    return [_curb(zone, held.get(zone.line_id, ()), at) for zone in zones]


def _curb(zone: Zone, held: Any, at: datetime) -> CurbNow:
    policy = zone.policy_at(at)
    free = free_stretches(zone.metres, [one.metres for one in held])
    return CurbNow(
        id=zone.id,
        code=zone.code,
        name=zone.name,
        street=zone.street_name,
        geometry=zone.geometry,
        total_m=zone.metres.length,
        free_m=sum((stretch.length for stretch in free), Decimal(0)),
        bookable=policy is not None and policy.stay.bookable,
        policy=policy_text(policy),
    )


def policy_text(policy: Policy | None) -> str:
    """Return a policy in a line: what it is called, how long one may stay, what it costs."""
    if policy is None:
        return _("No policy is in force now.")
    parts = [policy.title]
    if policy.stay.max_stay is not None:
        minutes = int(policy.stay.max_stay.total_seconds() // 60)
        parts.append(
            ngettext("up to %(n)d minute", "up to %(n)d minutes", minutes) % {"n": minutes}
        )
    if policy.stay.per_quarter is not None:
        price = money(policy.stay.per_quarter.amount, policy.stay.per_quarter.currency)
        parts.append(_("%(price)s a quarter of an hour") % {"price": price})
    else:
        parts.append(_("free of charge"))
    return ", ".join(parts)
