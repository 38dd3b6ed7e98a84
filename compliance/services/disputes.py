"""Disputes: a carrier's word against a finding, and the decision of an official.

What is upheld sets the finding aside: it is withdrawn by an adjustment, and no later judgement of
the same incident brings it back (`compliance.rules`).
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.scopes import FINDINGS_DECIDE, FINDINGS_DISPUTE
from compliance import codes, rules
from compliance.models import Dispute, Finding, FindingJournal
from compliance.services import findings
from foundation import audit, outbox
from foundation.codes import NOT_FOUND
from kernel.refusals import Reason, Refusal

LONGEST_REASON, LONGEST_STATEMENT = 200, 4000


@transaction.atomic
def open_dispute(
    *, actor: Actor, finding_id: UUID, reason: str, statement: str = "", now: datetime
) -> Dispute:
    """Open a dispute of a finding for its carrier and return it. Audited; told as finding.changed.

    Raises a Refusal: 404 for a finding that is not the actor's (or its principal's), 422 without a
    reason, 409 with all that stands against it: the finding does not stand, is disputed already,
    was decided and has not changed since, or its time limit has passed.
    """
    finding = _locked(Finding.objects.visible_to(actor, FINDINGS_DISPUTE), finding_id)
    if not reason.strip():
        raise Refusal(codes.TEXT_MISSING, _("Say why the finding is wrong."), pointer="/reason")
    against = _against(finding, now)
    if against:
        raise Refusal.of(against)
    dispute = Dispute.objects.create(
        finding=finding,
        reason=reason.strip()[:LONGEST_REASON],
        statement=statement.strip()[:LONGEST_STATEMENT],
        opened_at=now,
        opened_by_user=actor.user_id,
        opened_by_client=actor.client_id,
        decide_by_at=now + timedelta(days=settings.HUB_DECISION_DAYS),
    )
    _note(finding, FindingJournal.Entry.DISPUTED, dispute, now)
    _tell(finding, "disputed", dispute, now)
    _audit(actor, "dispute.opened", dispute, {"reason": dispute.reason}, now)
    return dispute


@transaction.atomic
def decide(*, actor: Actor, dispute_id: UUID, upheld: bool, reasons: str, now: datetime) -> Dispute:
    """Decide a dispute for the city, with reasons for the carrier, and return it. Audited.

    Decided is on evidence that can change no more: the finding must be confirmed. Raises a
    Refusal: 404 for a dispute of another city, 422 without reasons, 409 when it is decided or the
    finding is still provisional.
    """
    known = Dispute.objects.visible_to(actor, FINDINGS_DECIDE).filter(pk=dispute_id).first()
    if known is None:
        raise _not_found()
    # The finding first, as everybody who changes one does; then its dispute, as it then is.
    finding = (
        Finding.objects.select_for_update(of=("self",))
        .select_related("city")
        .get(pk=known.finding_id)
    )
    dispute = Dispute.objects.select_for_update().get(pk=dispute_id)
    if dispute.state != Dispute.State.OPEN:
        raise Refusal(codes.DISPUTE_DECIDED, _("This dispute is decided."), state=dispute.state)
    if not reasons.strip():
        raise Refusal(codes.TEXT_MISSING, _("Give the reasons."), pointer="/reasons")
    if finding.state != Finding.State.CONFIRMED:
        detail = _("The finding is provisional; decide when it is confirmed.")
        raise Refusal(codes.NOT_CONFIRMED, detail, state=finding.state)
    dispute.state = Dispute.State.UPHELD if upheld else Dispute.State.DISMISSED
    dispute.decision = reasons.strip()[:LONGEST_STATEMENT]
    dispute.decided_at = now
    dispute.decided_by_user, dispute.decided_by_client = actor.user_id, actor.client_id
    dispute.save(
        update_fields=[
            "state", "decision", "decided_at", "decided_by_user", "decided_by_client",
        ]
    )  # fmt: skip
    if upheld:
        _set_aside(finding, dispute, now)
    else:
        _note(finding, FindingJournal.Entry.DISMISSED, dispute, now)
        _tell(finding, "dismissed", dispute, now)
    _audit(actor, "dispute.decided", dispute, {"reasons": dispute.decision}, now)
    return dispute


def disputable_until(finding: Finding) -> datetime | None:
    """Return until when a finding may be disputed; None while it is provisional: the time begins
    when it is confirmed, and anew with every adjustment."""
    if finding.state != Finding.State.CONFIRMED:
        return None
    return finding.changed_at + timedelta(days=settings.HUB_DISPUTE_DAYS)


def may_dispute(finding: Finding, now: datetime) -> bool:
    """Return whether a dispute of the finding could be opened now."""
    return not _against(finding, now)


def _locked(rows: Any, finding_id: UUID) -> Finding:
    finding: Finding | None = rows.select_for_update().filter(pk=finding_id).first()
    if finding is None:
        raise _not_found()
    return finding


def _not_found() -> Refusal:
    return Refusal(NOT_FOUND, _("There is nothing here, or nothing of yours."))


def _against(finding: Finding, now: datetime) -> list[Reason]:
    if finding.state == Finding.State.WITHDRAWN:
        return [Reason(codes.NOT_STANDING, _("The finding was withdrawn already."))]
    last = finding.disputes.order_by("-opened_at", "-id").first()
    reasons = []
    if last is not None and last.state == Dispute.State.OPEN:
        facts = {"dispute_id": str(last.id)}
        detail = _("A dispute of this finding waits for its decision.")
        reasons.append(Reason(codes.ALREADY_DISPUTED, detail, facts=facts))
    elif last is not None and last.decided_at and finding.changed_at <= last.decided_at:
        detail = _("It was decided, and the finding has not changed since.")
        facts = {"dispute_id": str(last.id)}
        reasons.append(Reason(codes.DISPUTE_DECIDED, detail, facts=facts))
    until = disputable_until(finding)
    if until is not None and now >= until:
        detail = _("Findings may be disputed for %(days)d days.") % {
            "days": settings.HUB_DISPUTE_DAYS
        }
        facts = {"until": until.isoformat()}
        reasons.append(Reason(codes.DISPUTE_TOO_LATE, detail, facts=facts))
    return reasons


def _set_aside(finding: Finding, dispute: Dispute, now: datetime) -> None:
    known = findings.as_values(finding)
    change = rules.withdrawal(finding.id, known | {"set_aside_at": now})
    findings.apply(
        city=finding.city,
        changes=[change],
        standing={finding.id: known},
        because=_because(dispute),
        as_of=now,
    )


def _because(dispute: Dispute) -> dict[str, Any]:
    return {"dispute_id": str(dispute.id), "dispute": dispute.state}


def _note(finding: Finding, entry: str, dispute: Dispute, now: datetime) -> None:
    FindingJournal.objects.create(finding=finding, entry=entry, at=now, because=_because(dispute))


def _tell(finding: Finding, change: str, dispute: Dispute, now: datetime) -> None:
    told = findings.payload(finding.id, findings.as_values(finding), change, dispute_id=dispute.id)
    outbox.add(
        city_id=finding.city_id,
        topic="finding.changed",
        key=finding.vehicle_id,
        payload=told,
        at=now,
    )


def _audit(
    actor: Actor, action: str, dispute: Dispute, inputs: dict[str, Any], now: datetime
) -> None:
    owner = dispute.finding.organisation_id
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action=action,
        subject=dispute.id,
        at=now,
        inputs={"finding_id": str(dispute.finding_id), **inputs},
        outcome={"state": dispute.state},
        on_behalf_of=None if actor.is_city or owner == actor.organisation_id else owner,
    )
