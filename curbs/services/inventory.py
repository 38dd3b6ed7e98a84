"""What officials do to the curb: draw a line, lay a zone on it, publish a policy. Audited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.scopes import RULES_WRITE
from curbs import codes
from curbs.models import CurbLine, CurbPolicyVersion, CurbZone
from curbs.services import setup
from foundation import audit
from kernel.refusals import Refusal
from zones.codes import CITY_ONLY


@transaction.atomic
def draw_line(
    *,
    actor: Actor,
    code: str,
    street_name: str,
    side: str,
    coordinates: Sequence[tuple[float, float]],
    now: datetime,
    surveyed_m: Decimal | None = None,
) -> CurbLine:
    """Lay down one side of a street for ever. Raises Refusal: 403, and as `setup.create_line`."""
    _city_only(actor)
    line = setup.create_line(
        city=actor.city,
        code=code,
        street_name=street_name,
        side=side,
        coordinates=coordinates,
        surveyed_m=surveyed_m,
        now=now,
    )
    _record(actor, "curb_line.drawn", line.id, now, {"code": code}, {"length_m": line.length_m})
    return line


@transaction.atomic
def lay_zone(
    *,
    actor: Actor,
    line_id: UUID,
    code: str,
    name: str,
    from_m: Decimal,
    to_m: Decimal,
    policy: Mapping[str, Any],
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
) -> CurbZone:
    """Make metres of a line a curb zone with its first policy.

    Raises Refusal: 403, `curb.metres_off_the_line`, `curb.zones_overlap`, `zones.rule_invalid`.
    """
    _city_only(actor)
    line = CurbLine.objects.visible_to(actor).get(pk=line_id)
    zone = setup.create_zone(
        line=line,
        code=code,
        name=name,
        from_m=from_m,
        to_m=to_m,
        policy=policy,
        legal_from=legal_from,
        legal_until=legal_until,
        now=now,
    )
    asked = {"line": str(line_id), "code": code, "metres": [str(from_m), str(to_m)]}
    _record(actor, "curb_zone.laid", zone.id, now, asked, {"policy": dict(policy)})
    return zone


@transaction.atomic
def end_zone(*, actor: Actor, curb_zone_id: UUID, legal_until: datetime, now: datetime) -> CurbZone:
    """End a zone, so that other metres of its line can be laid from then on.

    Raises Refusal: 403, `curb.zone_not_found`, and what `setup.end_zone` raises.
    """
    _city_only(actor)
    zone = setup.end_zone(zone=_zone(actor, curb_zone_id), legal_until=legal_until, now=now)
    asked = {"legal_until": legal_until.isoformat()}
    _record(actor, "curb_zone.ended", zone.id, now, asked, {})
    return zone


@transaction.atomic
def publish_policy(
    *,
    actor: Actor,
    curb_zone_id: UUID,
    policy: Mapping[str, Any],
    legal_from: datetime,
    now: datetime,
    legal_until: datetime | None = None,
) -> CurbPolicyVersion:
    """Publish what is allowed in a zone from `legal_from` on.

    Raises Refusal: 403, `curb.zone_not_found`, `zones.rule_invalid`.
    """
    _city_only(actor)
    zone = _zone(actor, curb_zone_id)
    version = setup.add_policy(
        zone=zone, policy=policy, legal_from=legal_from, legal_until=legal_until, now=now
    )
    outcome = {"version_id": str(version.id), "number": version.number}
    _record(actor, "curb_policy.published", zone.id, now, {"policy": dict(policy)}, outcome)
    return version


def _zone(actor: Actor, curb_zone_id: UUID) -> CurbZone:
    zone = CurbZone.objects.visible_to(actor).filter(pk=curb_zone_id).first()
    if zone is None:
        raise Refusal(codes.ZONE_NOT_FOUND, _("No such curb zone."))
    return zone


def _city_only(actor: Actor) -> None:
    if not (actor.is_city and actor.may(RULES_WRITE)):
        raise Refusal(CITY_ONLY, _("Only the city writes rules."))


def _record(
    actor: Actor,
    action: str,
    subject: UUID,
    now: datetime,
    inputs: dict[str, Any],
    outcome: dict[str, Any],
) -> None:
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=subject,
        at=now,
        inputs=inputs,
        outcome=outcome,
    )
