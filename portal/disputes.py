"""Disputes of findings in the words of a page."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.actors import Actor
from compliance.models import Dispute, Finding
from portal import findings, words
from portal.tables import Column

STATES: dict[str, tuple[Any, str]] = {
    Dispute.State.OPEN: (gettext_lazy("open"), "warn"),
    Dispute.State.UPHELD: (gettext_lazy("upheld"), "ok"),
    Dispute.State.DISMISSED: (gettext_lazy("dismissed"), "bad"),
    Dispute.State.MOOT: (gettext_lazy("settled otherwise"), ""),
}
COLUMNS = (
    Column("by", gettext_lazy("To be decided by"), ("decide_by_at",)),
    Column("finding", gettext_lazy("Finding")),
    Column("who", gettext_lazy("Vehicle and carrier")),
    Column("reason", gettext_lazy("Reason")),
    Column("state", gettext_lazy("State"), ("state",)),
)


def visible(actor: Actor) -> Any:
    """Return the disputes the reader may see."""
    return Dispute.objects.visible_to(actor, scopes.FINDINGS_READ)


def of_finding(row: Finding, actor: Actor, now: Any) -> list[dict[str, Any]]:
    """Return the disputes of a finding, the latest first."""
    return [_shown(dispute, actor, now) for dispute in row.disputes.order_by("-opened_at", "-id")]


def listed(rows: Iterable[Dispute], actor: Actor, now: Any) -> list[dict[str, Any]]:
    """Return disputes with their findings; eight queries for all of them."""
    found = list(rows)
    about = {one.id: one for one in findings.shown([row.finding for row in found], actor)}
    return [_shown(row, actor, now) | {"finding": about[row.finding_id]} for row in found]


def _shown(row: Dispute, actor: Actor, now: Any) -> dict[str, Any]:
    label, tone = STATES[row.state]
    tz = actor.city.tz
    is_open = row.state == Dispute.State.OPEN
    return {
        "id": row.pk,
        "state_label": label,
        "tone": tone,
        "open": is_open,
        "reason": row.reason,
        "statement": row.statement,
        "opened": words.moment(row.opened_at, tz),
        "decide_by": words.moment(row.decide_by_at, tz),
        "overdue": is_open and row.decide_by_at <= now,
        "decided": "" if row.decided_at is None else words.moment(row.decided_at, tz),
        "decision": row.decision,
    }
