"""Intake: a batch of events in, an answer per item out, after the commit.

One bad item never sinks its batch. What was acknowledged is in the log; what was refused left no
trace but its refusal; what is doubtful is kept in quarantine.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, OperationalError, transaction
from msgspec import Struct

from accounts import scopes
from accounts.actors import Actor, Grant
from accounts.models import Organisation
from carriers import codes, decoding, rules
from carriers.messages import CarrierEvent
from carriers.rules import Ids, Statement
from carriers.selectors import belongings
from carriers.services import log, partitions, quarantine
from foundation import audit
from kernel.refusals import Reason

TRIES = 4
_AGAIN = frozenset({"40P01", "40001", "23514"})
"""Deadlock, serialization, and no partition for the row (PostgreSQL's SQLSTATE)."""
STATUSES = ("accepted", "duplicate", "conflict", "quarantined", "refused")


class Error(Struct, frozen=True, gc=False):
    """One reason against an item."""

    code: str
    detail: str
    pointer: str = ""


class ItemResult(Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one item; `errors` holds every reason when there is more than one."""

    index: int
    event_id: str | None
    status: str
    code: str = ""
    pointer: str = ""
    detail: str = ""
    errors: tuple[Error, ...] = ()


class BatchResult(Struct, frozen=True):
    """What became of a batch: counts by status, and a result per item in the order sent."""

    received: int
    accepted: int
    duplicate: int
    conflict: int
    quarantined: int
    refused: int
    results: list[ItemResult]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many items have which status."""
        return {status: getattr(self, status) for status in STATUSES}


Beside = Callable[[BatchResult], None]
"""Something to write in the transaction of a batch."""


def take(*, actor: Actor, body: bytes, now: datetime, lines: bool = False) -> BatchResult:
    """Take a batch (JSON, or NDJSON with `lines`) into the log and return what became of it.

    `now` is domain time. Raises `msgspec.DecodeError` or UnicodeDecodeError when the body is no
    JSON, Refusal `events.not_a_batch` and `events.too_many` when it is no batch.
    """
    return take_items(actor=actor, items=decoding.items(body, lines=lines), now=now)


def take_items(
    *,
    actor: Actor,
    items: list[decoding.Item],
    now: datetime,
    beside: Beside | None = None,
) -> BatchResult:
    """Take decoded events, or the reasons against an item, into the log.

    `beside` is called with the result inside the transaction that writes the log, so that what
    it writes commits with the events or not at all; when the write is tried again so is it.
    """
    batch = _Batch(actor, now)
    batch.read(items)

    def write() -> None:
        batch.write()
        if beside is not None:
            beside(batch.result())

    _with_retries(write, now)
    return batch.result()


def _with_retries(write: Callable[[], None], now: datetime) -> None:
    """Write; when another process took the row, dropped a partition or won a deadlock, again."""
    for attempt in range(TRIES):
        partitions.ensure(now)
        try:
            with transaction.atomic():
                return write()
        except (OperationalError, IntegrityError) as error:
            state = getattr(error.__cause__, "sqlstate", "")
            if attempt == TRIES - 1 or state not in _AGAIN:
                raise
            partitions.forget()


class _Batch:
    """One batch on its way; the outcome of each item is noted by its index."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self._actor = actor
        self._now = now
        self._ids = Ids()
        self._senders: dict[str, UUID | None] = {}
        self._allowed: dict[tuple[UUID, UUID | None], bool] = {}
        self._mandates: dict[UUID, tuple[Grant, int]] = {}
        self._event_ids: list[str | None] = []
        self._outcomes: dict[int, ItemResult] = {}
        self._fresh: dict[log.Key, Statement] = {}
        self._repeats: list[Statement] = []
        self._doubtful: list[tuple[Statement, list[Reason]]] = []

    def read(self, items: list[decoding.Item]) -> None:
        """Judge every item by what it says itself and by who sends it."""
        self._event_ids = [None] * len(items)
        statements = []
        for index, item in enumerate(items):
            prepared = self._prepared(index, item)
            if isinstance(prepared, Statement):
                statements.append(prepared)
            else:
                self._note(index, "refused", prepared)
        unknown = belongings.unknown(statements, self._actor.city_id)
        for statement in statements:
            self._sort(statement, unknown.get(statement.index, []))

    def _prepared(self, index: int, item: decoding.Item) -> Statement | list[Reason]:
        if not isinstance(item, CarrierEvent):
            return item
        self._event_ids[index] = item.event_id
        sender = self._sender(item.carrier_id)
        if sender is None:
            return [_not_yours()]
        prepared = rules.prepare(index, item, sender, self._ids, self._now)
        if isinstance(prepared, Statement):
            self._event_ids[index] = item.event_id
            if not self._may(sender, prepared.vehicle_id):
                return [_not_yours()]
        return prepared

    def _sender(self, text: str) -> UUID | None:
        if text not in self._senders:
            self._senders[text] = _sender(self._actor, text)
        return self._senders[text]

    def _may(self, sender: UUID, vehicle_id: UUID | None) -> bool:
        if sender == self._actor.organisation_id:
            return True
        grant = self._actor.grant_for(sender, scopes.EVENTS_WRITE, vehicle_id)
        if grant is None or (vehicle_id is None and grant.vehicle_ids):
            return False
        used = self._mandates.get(grant.mandate_id, (grant, 0))[1]
        self._mandates[grant.mandate_id] = (grant, used + 1)
        return True

    def _sort(self, statement: Statement, reasons: list[Reason]) -> None:
        if rules.is_ahead(statement, self._now):
            detail = "The event lies more than 5 minutes after the time of receipt."
            reasons = [Reason(codes.CLOCK_AHEAD, detail, pointer="/occurred_at"), *reasons]
        if reasons:
            self._doubtful.append((statement, reasons))
        elif statement.key in self._fresh:
            self._repeats.append(statement)
        else:
            self._fresh[statement.key] = statement

    def write(self) -> None:
        """Write everything in the caller's transaction and note what became of it."""
        receipt = log.Receipt(self._actor.city_id, self._actor.client_id, self._now)
        statements = list(self._fresh.values())
        before = log.store(statements, receipt, self._ids) if statements else {}
        kept: list[tuple[Statement, list[Reason]]] = []
        for statement in statements:
            if statement.key in before:
                self._compare(statement, before[statement.key].content_hash, kept)
            else:
                self._note(statement.index, "accepted")
        for statement in self._repeats:
            first = self._fresh[statement.key]
            there = before.get(statement.key)
            digest = first.content_hash if there is None else there.content_hash
            self._compare(statement, digest, kept)
        self._write_doubtful(kept)
        quarantine.keep(kept, receipt)
        quarantine.resolve(statements, before.keys(), self._now)
        self._audit()

    def _write_doubtful(self, kept: list[tuple[Statement, list[Reason]]]) -> None:
        before = log.known([statement.key for statement, _ in self._doubtful])
        for statement, reasons in self._doubtful:
            there = before.get(statement.key)
            if there is not None and there.content_hash is not None:
                self._compare(statement, there.content_hash, kept)
            else:
                self._note(statement.index, "quarantined", reasons)
                kept.append((statement, reasons))

    def _compare(
        self, statement: Statement, digest: bytes | None, kept: list[tuple[Statement, list[Reason]]]
    ) -> None:
        if digest == statement.content_hash:
            self._note(statement.index, "duplicate")
        else:
            detail = "This event id came before with other content; the first one stands."
            reasons = [Reason(codes.CONFLICT, detail, pointer="/event_id")]
            self._note(statement.index, "conflict", reasons)
            kept.append((statement, reasons))

    def _audit(self) -> None:
        for grant, used in self._mandates.values():
            audit.record(
                city_id=self._actor.city_id,
                actor=self._actor,
                action="events.sent_by_mandate",
                subject=grant.mandate_id,
                at=self._now,
                inputs={"scope": scopes.EVENTS_WRITE, "items": used},
                outcome=_counts(self._outcomes.values()),
                on_behalf_of=grant.principal_id,
            )

    def _note(self, index: int, status: str, reasons: Iterable[Reason] = ()) -> None:
        listed = [Error(str(reason.code), reason.detail, reason.pointer) for reason in reasons]
        if not listed:
            self._outcomes[index] = ItemResult(index, self._event_ids[index], status)
            return
        first = listed[0]
        self._outcomes[index] = ItemResult(
            index,
            self._event_ids[index],
            status,
            str(first.code),
            first.pointer,
            first.detail,
            tuple(listed) if len(listed) > 1 else (),
        )

    def result(self) -> BatchResult:
        """Return the outcomes in the order of the items."""
        results = [self._outcomes[index] for index in range(len(self._event_ids))]
        return BatchResult(received=len(results), **_counts(results), results=results)


def _counts(results: Iterable[ItemResult]) -> dict[str, int]:
    counts = dict.fromkeys(STATUSES, 0)
    for result in results:
        counts[result.status] += 1
    return counts


def _sender(actor: Actor, text: str) -> UUID | None:
    """Return the organisation that a carrier id names, if the actor may send for it at all.

    `ref:<code>` names an organisation of the actor's city by its code.
    """
    reachable = actor.organisation_ids(scopes.EVENTS_WRITE)
    if not text.startswith("ref:"):
        sender = UUID(text)
        return sender if sender in reachable else None
    rows = Organisation.objects.of_city(actor.city_id).filter(id__in=reachable)
    found: Any = rows.filter(code=text.removeprefix("ref:")).values_list("id", flat=True).first()
    return found


def _not_yours() -> Reason:
    detail = "You do not belong to this carrier and hold no mandate of it for this."
    return Reason(codes.NOT_YOURS, detail, pointer="/carrier_id")


def encode(result: BatchResult) -> bytes:
    """Return the answer as JSON."""
    return msgspec.json.encode(result)
