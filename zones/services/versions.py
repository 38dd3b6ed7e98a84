"""What the services of versions share: reading one under a lock, its hash, the news of it."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.actors import Actor
from foundation import audit, outbox
from kernel.refusals import Reason, Refusal
from zones import codes
from zones.models import Regulation, RegulationVersion, Suspension
from zones.selectors import analyses
from zones.services.recording import book_changed
from zones.solving import Clash

State = RegulationVersion.State


def content_hash(version: RegulationVersion) -> str:
    """Return the SHA-256 of what the version says: rows, legal period, time to leave."""
    said = [
        version.regulation_id,
        version.number,
        version.rows,
        version.legal_from,
        version.legal_until,
        version.vacate_by_s,
    ]
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()


def locked(actor: Actor, version_id: UUID) -> RegulationVersion:
    """Return a version of the city for a change. Raises `zones.version_not_found`.

    The lock is on its regulation: who changes one version may change its neighbours.
    """
    asked = RegulationVersion.objects.of_city(actor.city_id).filter(pk=version_id)
    lock = Regulation.objects.select_for_update().filter(pk__in=asked.values("regulation"))
    version = asked.select_related("regulation").first() if lock.first() else None
    if version is None:
        raise Refusal(codes.VERSION_NOT_FOUND, _("This city has no such version."))
    return version


def require_state(version: RegulationVersion, *states: State) -> None:
    """Raises `zones.state_differs` when the version is in none of the states."""
    if version.state not in states:
        raise Refusal(
            codes.STATE_DIFFERS,
            _("The version is in the state “%(state)s”.") % {"state": version.get_state_display()},
            state=version.state,
        )


def require_seen(version: RegulationVersion, seen: str) -> None:
    """Raises `zones.draft_changed` when the version does not say any more what somebody saw.

    `seen` is its hash then; empty asks for nothing.
    """
    if seen and seen != content_hash(version):
        raise Refusal(
            codes.DRAFT_CHANGED,
            _("Somebody has changed this draft in the meantime. Look at it anew."),
        )


def require_no_contradiction(actor: Actor, version: RegulationVersion, now: datetime) -> None:
    """Raises `zones.contradiction` for each row that says the opposite of one of equal priority."""
    found = analyses.contradictions(version, city=actor.city, now=now)
    if found:
        raise Refusal.of([_contradiction(version, clash) for clash in found])


def _contradiction(version: RegulationVersion, clash: Clash) -> Reason:
    own = clash.admits if clash.admits.version == version.id else clash.forbids
    detail = _(
        "Row %(admits)d of %(admitting)s admits whom row %(forbids)d of %(forbidding)s does not, "
        "with equal priority: %(example)s."
    )
    said = {
        "admits": clash.admits.row + 1,
        "admitting": clash.admits.code,
        "forbids": clash.forbids.row + 1,
        "forbidding": clash.forbids.code,
        "example": clash.witness.text,
    }
    return Reason(codes.CONTRADICTION, detail % said, f"/rows/{own.row}")


def name_states(regulation: Regulation, now: datetime) -> None:
    """Name of a regulation's recorded versions those that rule no time to come, and the others.

    Superseded is what a later version without an end stands after, from its beginning on; once
    that is annulled, the earlier one rules again.
    """
    known = regulation.versions.recorded().filter(recorded_until__isnull=True)
    suspended = set(
        Suspension.objects.running().filter(version__in=known).values_list("version_id", flat=True)
    )
    changed, covered = [], False
    for row in known.order_by("-number"):
        running = State.SUSPENDED if row.id in suspended else State.PUBLISHED
        state = State.SUPERSEDED if covered else running
        covered = covered or (row.legal_until is None and row.legal_from <= now)
        if row.state != state:
            row.state = state
            changed.append(row)
    RegulationVersion.objects.bulk_update(changed, ["state"])


def supersede(as_of: datetime) -> int:
    """Name the versions superseded whose successors have begun; return of how many regulations."""
    successors = RegulationVersion.objects.filter(
        regulation=OuterRef("regulation"),
        number__gt=OuterRef("number"),
        recorded_from__isnull=False,
        recorded_until__isnull=True,
        legal_until__isnull=True,
        legal_from__lte=as_of,
    )
    ruling = RegulationVersion.objects.filter(state__in=[State.PUBLISHED, State.SUSPENDED])
    ids = set(ruling.filter(Exists(successors)).values_list("regulation_id", flat=True))
    for regulation_id in sorted(ids):
        with transaction.atomic():
            regulation = Regulation.objects.select_for_update().get(pk=regulation_id)
            name_states(regulation, as_of)
            book_changed(regulation.city_id)
    return len(ids)


def tell(
    actor: Actor,
    version: RegulationVersion,
    change: str,
    now: datetime,
    reason: str = "",
    since: datetime | None = None,
) -> None:
    """Count the change, put it into the outbox and into the audit."""
    book_changed(actor.city_id)
    outbox.add(
        city_id=actor.city_id,
        topic="regulation.published",
        key=version.regulation.zone_id,
        payload={
            "change": change,
            "regulation_id": version.regulation_id,
            "version_id": version.id,
            "number": version.number,
            "zone_ids": [version.regulation.zone_id],
            "legal_from": version.legal_from,
            "legal_until": version.legal_until,
            "recorded_from": version.recorded_from,
            "vacate_by_s": version.vacate_by_s,
            "bookings": version.bookings,
            "since": since or version.legal_from,
        },
        at=now,
    )
    record(
        actor,
        f"zones.version_{change}",
        version.id,
        now,
        {"regulation": version.regulation.code, "number": version.number, "reason": reason},
        {"state": version.state, "hash": version.content_hash},
    )


def record(
    actor: Actor,
    action: str,
    subject: UUID,
    now: datetime,
    inputs: dict[str, Any],
    outcome: dict[str, Any],
) -> None:
    """Put what was done to a regulation or version into the audit."""
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=subject,
        at=now,
        inputs=inputs,
        outcome=outcome,
    )
