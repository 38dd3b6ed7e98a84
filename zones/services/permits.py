"""Permits, issued and revoked by the city."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.codes import ORGANISATION_NOT_FOUND
from accounts.models import Organisation
from foundation import audit, outbox
from foundation.texts import said
from kernel.identifiers import normalise_plate
from kernel.refusals import Reason, Refusal
from zones import codes, language
from zones.models import AccessZone, Permit
from zones.services.recording import book_changed, require_city, require_period


@transaction.atomic
def issue(
    *,
    actor: Actor,
    kind: str,
    starts_at: datetime,
    now: datetime,
    plate: str = "",
    vehicle_class: dict[str, Any] | None = None,
    zone_ids: Sequence[UUID] = (),
    organisation_id: UUID | None = None,
    ends_at: datetime | None = None,
    reference: str = "",
) -> Permit:
    """Return a new permit for a plate or for a class of vehicles (`who` of the rule language).

    Raises `zones.city_only`, `zones.permit_holder`, `zones.zone_not_found`, `zones.period_empty`,
    `zones.rule_invalid`, `accounts.organisation_not_found`.
    """
    require_city(actor)
    require_period(starts_at, ends_at)
    normal = normalise_plate(plate)
    if bool(normal) == (vehicle_class is not None):
        raise Refusal(
            codes.PERMIT_HOLDER, _("Name a plate, or a class of vehicles."), pointer="/plate"
        )
    if vehicle_class is not None:
        _require_who(vehicle_class)
    zones = list(AccessZone.objects.of_city(actor.city_id).filter(pk__in=zone_ids))
    if len(zones) != len(set(zone_ids)):
        raise Refusal(codes.ZONE_NOT_FOUND, _("This city has no such zone."), pointer="/zone_ids")
    _require_organisation(actor, organisation_id)
    permit = Permit.objects.create(
        city=actor.city,
        kind=kind,
        plate=normal,
        vehicle_class=vehicle_class,
        organisation_id=organisation_id,
        starts_at=starts_at,
        ends_at=ends_at,
        issued_at=now,
        issued_by=actor.user_id or actor.client_id,
        reference=reference,
    )
    permit.zones.set(zones)
    if vehicle_class is not None:
        book_changed(actor.city_id)  # permits for classes are in the book
    outbox.add(
        city_id=actor.city_id,
        topic="permit.issued",
        key=permit.id,
        payload={
            "permit_id": permit.id,
            "kind": kind,
            "zone_ids": [zone.id for zone in zones],
            "starts_at": starts_at,
            "ends_at": ends_at,
        },
        at=now,
    )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="zones.permit_issued",
        subject=permit.id,
        at=now,
        inputs={"kind": kind, "zones": [zone.code for zone in zones]},
        outcome={"starts_at": starts_at, "ends_at": ends_at},
    )
    return permit


@transaction.atomic
def revoke(*, actor: Actor, permit_id: UUID, now: datetime) -> Permit:
    """Return the permit without force from now on. Raises `zones.permit_not_found`."""
    require_city(actor)
    own = Permit.objects.of_city(actor.city_id).select_for_update(no_key=True)
    permit = own.filter(pk=permit_id).first()
    if permit is None:
        raise Refusal(codes.PERMIT_NOT_FOUND, _("This city has no such permit."))
    if permit.revoked_at is None:
        permit.revoked_at = now
        permit.save(update_fields=["revoked_at"])
        if permit.vehicle_class is not None:
            book_changed(actor.city_id)
        audit.record(
            city_id=actor.city_id,
            actor=actor,
            action="zones.permit_revoked",
            subject=permit.id,
            at=now,
            inputs={"kind": permit.kind},
            outcome={},
        )
    return permit


def _require_who(vehicle_class: dict[str, Any]) -> None:
    """Raises `zones.rule_invalid`: every decision reads the permits for classes."""
    faults = language.read_who(vehicle_class, "/vehicle_class")
    if faults:
        raise Refusal.of(
            [Reason(codes.RULE_INVALID, said(fault.detail), fault.pointer) for fault in faults]
        )


def _require_organisation(actor: Actor, organisation_id: UUID | None) -> None:
    if organisation_id is None:
        return
    if not Organisation.objects.of_city(actor.city_id).filter(pk=organisation_id).exists():
        raise Refusal(
            ORGANISATION_NOT_FOUND,
            _("This city has no such organisation."),
            pointer="/organisation_id",
        )
