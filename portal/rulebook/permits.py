"""Permits in the words of a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from accounts import scopes
from accounts.actors import Actor
from portal import words
from portal.rulebook import verdicts
from portal.vehicles import names_of
from zones import language, selectors, sentences
from zones.language import Who
from zones.models import AccessZone, Permit, RegulationVersion


@dataclass(frozen=True)
class Shown:
    """A permit as a list shows it; `holder` is a plate or a class of vehicles in words."""

    id: UUID
    kind: str
    holder: str
    plate: bool
    zones: str
    organisation: str
    valid: str
    reference: str
    state: str
    tone: str
    revocable: bool


def visible(actor: Actor) -> Any:
    """Return the permits that the reader may see."""
    return Permit.objects.visible_to(actor, scopes.RULES_READ)


def kinds(actor: Actor) -> list[str]:
    """Return the kinds of permits that the city's rules, its drafts and its permits name."""
    found = set(visible(actor).order_by().values_list("kind", flat=True).distinct())
    book = selectors.book(actor.city_id)
    for zone_id in book.cards:
        for row in (row for rule in book.regulations(zone_id) for row in rule.rows):
            found |= {row.permit, *row.exempt_permits}
    state = RegulationVersion.State
    drafts = RegulationVersion.objects.visible_to(actor, scopes.RULES_READ)
    open_ones = drafts.filter(state__in=(state.DRAFT, state.REVIEWED)).values_list(
        "rows", flat=True
    )
    for draft in open_ones:
        for written in language.read(draft)[0]:
            found.add(written.what.permit or "")
            found.update(kind for entry in written.exemptions for kind in entry.kinds)
    return sorted(found - {""})


def in_force(actor: Actor, now: datetime, zone: AccessZone) -> list[Shown]:
    """Return the first hundred permits valid now in a zone: its own, and those of every zone."""
    rows = visible(actor).valid_between(now, now).filter(starts_at__lte=now)
    own = rows.filter(zones=zone).values("id").union(rows.filter(zones=None).values("id"))
    return shown(visible(actor).filter(id__in=own).order_by("kind", "id")[:100], actor, now)


def shown(rows: Any, actor: Actor, now: datetime) -> list[Shown]:
    """Return permits in words; two more queries for the names of zones and organisations."""
    found = list(rows.prefetch_related("zones"))
    companies = names_of({row.organisation_id for row in found if row.organisation_id})
    return [_shown(row, companies, actor.city.tz, now) for row in found]


def _shown(row: Permit, companies: dict[UUID, str], tz: Any, now: datetime) -> Shown:
    state, tone = _state(row, now)
    return Shown(
        id=row.pk,
        kind=row.kind,
        holder=row.plate or _class(row.vehicle_class),
        plate=bool(row.plate),
        zones=", ".join(zone.name for zone in row.zones.all()) or _("every zone"),
        organisation=companies.get(row.organisation_id, "") if row.organisation_id else "",
        valid=words.period(row.starts_at, row.ends_at, tz),
        reference=row.reference,
        state=state,
        tone=tone,
        revocable=row.revoked_at is None and (row.ends_at is None or row.ends_at > now),
    )


def _class(who: Any) -> str:
    return sentences.of_who(msgspec.convert(who, Who), verdicts.language())


def _state(row: Permit, now: datetime) -> tuple[str, str]:
    if row.revoked_at is not None:
        return _("revoked"), "bad"
    if row.ends_at is not None and row.ends_at <= now:
        return _("expired"), ""
    return (_("to come"), "info") if row.starts_at > now else (_("valid"), "ok")
