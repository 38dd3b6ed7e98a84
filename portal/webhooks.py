"""Webhook endpoints and deliveries in the words of a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import news, scopes
from accounts.actors import Actor
from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.rules import LONGEST_WAIT
from kernel.clock import wall
from portal import fields, words
from portal.fields import Field
from portal.tables import Column

State = WebhookDelivery.State
LONGEST_URL = 500
ATTEMPTS = 100
TOPICS: dict[str, Any] = {
    "regulation.published": gettext_lazy(
        "A version of a rule is published, suspended, resumed or annulled"
    ),
    "booking.changed": gettext_lazy(
        "A booking is made, confirmed, extended, used, cancelled or runs out"
    ),
    "finding.created": gettext_lazy("A finding is made"),
    "finding.changed": gettext_lazy(
        "A finding is adjusted, confirmed, withdrawn or disputed, or its dispute dismissed"
    ),
}
TONES: dict[str, str] = {
    State.PENDING: "info",
    State.DELIVERED: "ok",
    State.DEAD: "bad",
    State.WITHHELD: "warn",
}
ERRORS: dict[str, Any] = {
    "timeout": gettext_lazy("no answer in time"),
    "connection": gettext_lazy("no connection"),
    "tls": gettext_lazy("no valid certificate"),
    "too_large": gettext_lazy("the message is too large"),
    "target_refused": gettext_lazy("the platform does not post to this address"),
}
OVERLAPS: tuple[tuple[str, Any], ...] = (
    ("86400", gettext_lazy("a day longer")),
    ("604800", gettext_lazy("a week longer")),
    ("3600", gettext_lazy("an hour longer")),
    ("0", gettext_lazy("no longer: the old secret is known to somebody")),
)
COLUMNS = (
    Column("at", gettext_lazy("Happened"), ("at",)),
    Column("topic", gettext_lazy("Topic"), ("topic",)),
    Column("state", gettext_lazy("State"), ("state",)),
    Column("attempts", gettext_lazy("Attempts"), ("attempts",), numeric=True),
    Column("answer", gettext_lazy("Last answer")),
    Column("do", gettext_lazy("What to do")),
)


def endpoints_of(actor: Actor) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints the reader may see: those of their organisation."""
    return WebhookEndpoint.objects.visible_to(actor, scopes.WEBHOOKS_WRITE)


def deliveries_of(actor: Actor) -> QuerySet[WebhookDelivery]:
    """Return the deliveries the reader may see, each with its last answer."""
    last = WebhookAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-id")
    return WebhookDelivery.objects.visible_to(actor, scopes.WEBHOOKS_WRITE).annotate(
        last_status=Subquery(last.values("status")[:1]),
        last_error=Subquery(last.values("error")[:1]),
    )


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as a page shows it."""

    id: UUID
    link: str
    url: str
    topics: list[str]
    active: bool
    state: str
    tone: str
    further: str
    old_secret: str
    waiting: int = 0
    dead: int = 0


def listed(actor: Actor) -> list[Endpoint]:
    """Return the organisation's endpoints with what waits and what was given up; one query."""
    counted = endpoints_of(actor).annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=State.PENDING)),
        dead=Count("deliveries", filter=Q(deliveries__state=State.DEAD)),
    )
    return [
        endpoint(row, actor.city.tz, waiting=row.waiting, dead=row.dead)
        for row in counted.order_by("created_at", "id")
    ]


def endpoint(row: WebhookEndpoint, tz: Any, **counts: int) -> Endpoint:
    """Return an endpoint in words."""
    state, tone, further = _("in order"), "ok", ""
    if not row.active:
        state, tone = _("switched off"), ""
    elif row.failures:
        text = ngettext("failed %(n)s time", "failed %(n)s times in a row", row.failures)
        state, tone, further = text % {"n": row.failures}, "warn", _asked_again(row, tz)
    until = row.previous_secret_until
    return Endpoint(
        id=row.pk,
        link=reverse("portal:webhook", args=[row.pk]),
        url=row.url,
        topics=[topic(name) for name in row.topics],
        active=row.active,
        state=state,
        tone=tone,
        further=further,
        old_secret=words.moment(until, tz) if until and len(row.secrets_at(wall())) > 1 else "",
        **counts,
    )


def _asked_again(row: WebhookEndpoint, tz: Any) -> str:
    left = left_alone_until(row)
    if left is None:
        return _("asked again with the next delivery")
    return _("left alone until %(at)s") % {"at": words.moment(left, tz)}


def left_alone_until(row: WebhookEndpoint) -> datetime | None:
    """Return until when (wall time) nothing is delivered to an endpoint, None: it may be now."""
    return row.resume_at if row.resume_at is not None and row.resume_at > wall() else None


def held_back(row: WebhookEndpoint, tz: Any, count: int = 1) -> str:
    """Return what keeps so many deliveries to an endpoint from being sent at once; empty: nothing
    does."""
    left = left_alone_until(row)
    if not row.active:
        text = ngettext(
            "It waits until the endpoint is switched on, for %(days)s days at most.",
            "They wait until the endpoint is switched on, for %(days)s days at most.",
            count,
        )
        return text % {"days": LONGEST_WAIT.days}
    if left is not None:
        text = ngettext(
            "It waits: the endpoint is left alone until %(at)s.",
            "They wait: the endpoint is left alone until %(at)s.",
            count,
        )
        return text % {"at": words.moment(left, tz)}
    return ""


def topic(name: str) -> str:
    """Return a topic in a sentence; one without keeps its name."""
    return str(TOPICS.get(name, name))


@dataclass(frozen=True)
class Delivery:
    """A delivery as a page shows it."""

    id: UUID
    link: str
    message_id: UUID
    topic: str
    topic_label: str
    at: str
    state: str
    tone: str
    attempts: int
    answer: str
    further: str
    waits: bool


def shown(rows: Iterable[Any], to: WebhookEndpoint, tz: Any) -> list[Delivery]:
    """Return deliveries (of `deliveries_of`) to an endpoint in words."""
    return [
        Delivery(
            id=row.pk,
            link=reverse("portal:webhook-delivery", args=[row.pk]),
            message_id=row.message_id,
            topic=row.topic,
            topic_label=topic(row.topic),
            at=words.moment(row.at, tz),
            state=str(row.get_state_display()),
            tone=TONES[row.state],
            attempts=row.attempts,
            answer=answer(row.last_status, row.last_error),
            further=_further(row, to, tz),
            waits=row.state == State.PENDING,
        )
        for row in rows
    ]


def answer(status: int | None, error: str | None) -> str:
    """Return what came of an attempt; empty when there was none."""
    if status is not None:
        return f"HTTP {status}"
    return str(ERRORS.get(error, error)) if error else ""


def _further(row: WebhookDelivery, to: WebhookEndpoint, tz: Any) -> str:
    if row.delivered_at is not None:
        return _("delivered %(at)s") % {"at": words.moment(row.delivered_at, tz)}
    if row.next_try_at is not None:
        return _next(row.next_try_at, to, tz)
    if row.state == State.WITHHELD:
        return _("your organisation may not hear it any more")
    return ""


def _next(at: datetime, to: WebhookEndpoint, tz: Any) -> str:
    """Return when a delivery is tried next: at its own time, but when its endpoint may be asked."""
    if not to.active:
        return _("until the endpoint is switched on")
    left = left_alone_until(to)
    if left is not None and left > at:
        text = _("next attempt from %(at)s: the endpoint is left alone until then")
        return text % {"at": words.moment(left, tz)}
    if at <= wall():
        return _("the next attempt is due")
    return _("next attempt %(at)s") % {"at": words.moment(at, tz)}


def log_of(row: WebhookDelivery, tz: Any) -> list[tuple[str, str, int]]:
    """Return the latest attempts: when, what came of it, milliseconds."""
    return [
        (words.moment(one.at, tz), answer(one.status, one.error), one.milliseconds)
        for one in row.log.order_by("-id")[:ATTEMPTS]
    ]


def form(sent: Mapping[str, Any], topics: list[str], wrong: Any, actor: Actor) -> list[Field]:
    """Return the fields of an endpoint; offered are the topics that the reader may hear."""
    offered = [
        (name, topic(name))
        for name, one in sorted(news.TOPICS.items())
        if one.scope is None or actor.may(one.scope) or name in topics
    ]
    hint = _("https:// and a name that leads to public addresses only.")
    return [
        Field("url", _("Address"), "text", fields.text(sent, "url", LONGEST_URL), hint,
              wrong.get("url", ""), most=LONGEST_URL),
        Field("topics", _("What to tell"), "checks", topics, "", wrong.get("topics", ""), offered),
    ]  # fmt: skip


def replay_form(sent: Mapping[str, Any], states: list[str], wrong: Any) -> list[Field]:
    """Return the fields of a replay: which deliveries, of which days."""
    options = [(str(state.value), state.label) for state in State if state != State.PENDING]
    return [
        Field("states", _("Which"), "checks", states, "", wrong.get("states", ""), options),
        Field("since", _("Happened from"), "date", fields.text(sent, "since"),
              _("Left out: from the beginning."), wrong.get("since", "")),
        Field("until", _("up to and including"), "date", fields.text(sent, "until"),
              _("Left out: until now."), wrong.get("until", "")),
    ]  # fmt: skip


def overlap_field(wrong: Any = "") -> Field:
    """Return the field of how long the secret before goes on signing."""
    return Field("overlap", _("The secret of now signs too, for"), "select", "86400", "", wrong,
                 OVERLAPS)  # fmt: skip
