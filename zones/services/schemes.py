"""Loading templates: the rules of a scheme as drafts of a zone."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from kernel.refusals import Refusal
from zones import codes, schemes
from zones.models import AccessZone, Calendar, RegulationVersion
from zones.services import regulations
from zones.services.recording import require_city


@transaction.atomic
def load(
    *, actor: Actor, zone_id: UUID, name: str, now: datetime, starts_on: date | None = None
) -> list[RegulationVersion]:
    """Return the regulations of a template as drafts of a zone; its calendars are made where the
    city has none of their code.

    `name` is a scheme's code, or that and `/bay`; `starts_on` the first local day of the rules,
    which a plain scheme begins today without. Raises `zones.city_only`, `zones.scheme_not_found`,
    `zones.scheme_undated`, `zones.period_empty`, `zones.zone_not_found`, `zones.code_taken`.
    """
    require_city(actor)
    found = schemes.find(name)
    if found is None:
        raise Refusal(codes.SCHEME_NOT_FOUND, _("There is no such template."), pointer="/template")
    scheme, orders, named = found
    zone = AccessZone.objects.of_city(actor.city_id).filter(pk=zone_id).first()
    if zone is None:
        raise Refusal(codes.ZONE_NOT_FOUND, _("This city has no such zone."))
    first = starts_on or named
    if scheme.is_plain and first is None:
        first = now.astimezone(actor.city.tz).date()
    if scheme.starts and first is None:
        detail = _("Name the first day: it differs by city.")
        raise Refusal(codes.SCHEME_UNDATED, detail, pointer="/starts_on")
    for calendar in scheme.calendars:
        Calendar.objects.get_or_create(
            city=actor.city, code=calendar.code, defaults={"name": calendar.title}
        )
    reference = "; ".join(scheme.sources)[:500]
    dated = _dated(actor, orders, first)
    if scheme.is_plain:
        dated = [one._replace(rows=[_unfounded(row) for row in one.rows]) for one in dated]
    return [_drafted(actor, zone, one, reference, now) for one in dated]


def _unfounded(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the words that stand where its order is to be named: a pattern rests
    on no law until an official says on which."""
    return {name: value for name, value in row.items() if name != "legal_reference"}


def _dated(
    actor: Actor, orders: Sequence[schemes.Order], first: date | None
) -> list[schemes.Regulation]:
    try:
        return schemes.regulations(orders, actor.city.tz, first)
    except ValueError:  # it ends before that day
        detail = _("The template ends before this day.")
        raise Refusal(codes.PERIOD_EMPTY, detail, pointer="/starts_on") from None


def _drafted(
    actor: Actor, zone: AccessZone, order: schemes.Regulation, reference: str, now: datetime
) -> RegulationVersion:
    regulation = regulations.create(
        actor=actor,
        zone_id=zone.id,
        code=f"{zone.code}-{order.code}"[:60],
        title=order.title,
        now=now,
    )
    return regulations.add_version(
        actor=actor,
        regulation_id=regulation.id,
        rows=order.rows,
        legal_from=order.legal.start,
        legal_until=order.legal.end,
        title=order.title,
        legal_reference=reference,
        now=now,
    )
