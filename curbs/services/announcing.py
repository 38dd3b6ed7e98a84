"""What leaves with a booking: the outbox message and the audit row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from curbs.models import Booking
from foundation import audit, outbox

TOPIC = "booking.changed"


@dataclass(frozen=True)
class Machine:
    """The city's own clockwork: releases holds, notes no-shows, checks in from events."""

    city_id: UUID
    organisation_id: UUID | None = None
    client_id: UUID | None = None
    user_id: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        return {"machine": "curbs"}


def made(booking: Booking, *, actor: Any, inputs: dict[str, Any], now: datetime) -> None:
    """Announce a new booking, with what was asked."""
    _announce(booking, booking.state, actor=actor, inputs=inputs, now=now)


def changed(booking: Booking, change: str, *, actor: Any | None, now: datetime) -> None:
    """Announce a change; without an actor the city's clockwork made it."""
    acting = actor or Machine(booking.city_id)
    _announce(booking, change, actor=acting, inputs={"version": booking.version - 1}, now=now)


def as_payload(booking: Booking, change: str) -> dict[str, Any]:
    """Return what a receiver needs to know; `version` says which of two messages is newer."""
    return {
        "booking_id": str(booking.id),
        "version": booking.version,
        "change": str(change),
        "state": str(booking.state),
        "reference": booking.reference,
        "organisation_id": str(booking.organisation_id),
        "vehicle_id": str(booking.vehicle_id),
        "curb_zone_id": str(booking.curb_zone_id),
        "from": booking.during.lower.isoformat(),
        "until": booking.during.upper.isoformat(),
        **({"cancelled_for": booking.cancelled_for} if booking.cancelled_for else {}),
    }


def _announce(
    booking: Booking, change: str, *, actor: Any, inputs: dict[str, Any], now: datetime
) -> None:
    payload = as_payload(booking, change)
    outbox.add(
        city_id=booking.city_id, topic=TOPIC, key=booking.vehicle_id, payload=payload, at=now
    )
    agent = actor.organisation_id not in (None, booking.organisation_id)
    audit.record(
        city_id=booking.city_id,
        actor=actor,
        action=f"booking.{change}",
        subject=booking.id,
        at=now,
        inputs=inputs,
        outcome=payload,
        on_behalf_of=booking.organisation_id if agent else None,
    )
