"""Intake: batches of events in, an answer per item out, after the commit.

One bad item never sinks its batch. What was acknowledged is in the log; what was refused left no
trace but its refusal; what is doubtful is kept in quarantine.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import DataError, IntegrityError, OperationalError, transaction

from accounts.actors import Actor
from carriers import decoding
from carriers.selectors import belongings
from carriers.services import log, partitions, quarantine
from carriers.services.batches import Batch, Taken
from carriers.services.outcomes import BatchResult

TRIES = 4
_AGAIN = frozenset({"40P01", "40001", "23514"})
"""Deadlock, serialization, and no partition for the row (PostgreSQL's SQLSTATE)."""
Beside = Callable[[BatchResult], None]
"""Something to write in the transaction of a batch."""


def take(*, actor: Actor, body: bytes, now: datetime, lines: bool = False) -> BatchResult:
    """Take a batch (JSON, or NDJSON with `lines`) into the log and return what became of it.

    `now` is domain time. Raises `msgspec.DecodeError` or UnicodeDecodeError when the body is no
    JSON, Refusal `events.not_a_batch` and `events.too_many` when it is no batch.
    """
    return take_items(actor=actor, items=decoding.items(body, lines=lines), now=now)


def take_items(
    *, actor: Actor, items: Sequence[decoding.Item], now: datetime, beside: Beside | None = None
) -> BatchResult:
    """Take decoded events, or the reasons against an item, into the log.

    `beside` is called with the result inside the transaction that writes the log, so that what
    it writes commits with the events or not at all; when the write is tried again so is it.
    """
    marked = items if isinstance(items, decoding.Items) else decoding.Items.of(items)
    return take_batch(Batch(actor, marked, now), beside)


def take_batch(batch: Batch, beside: Beside | None = None) -> BatchResult:
    """Take a batch into the log and return what became of it; `beside` as with `take_items`."""
    read([batch])
    write([batch], batch.now, beside)
    return batch.result()


def read(batches: Sequence[Batch]) -> None:
    """Judge every item of batches by what it says itself, by who sends it and by what it names;
    what is named is looked up together, city by city."""
    by_city: dict[UUID, list[Batch]] = {}
    for batch in batches:
        by_city.setdefault(batch.receipt.city_id, []).append(batch)
    for city_id, own in by_city.items():
        for batch in own:
            batch.prepare()
        statements = [one for batch in own for one in batch.statements]
        positions = [one for batch in own for one in batch.positions]
        missing = belongings.missing(statements, positions, city_id)
        for batch in own:
            batch.sort(missing)


def write(batches: Sequence[Batch], now: datetime, beside: Beside | None = None) -> None:
    """Write what was read of batches in one transaction.

    A batch alone parts with the items that the database refuses to store; of several, none is
    written then, and the caller writes each alone.
    """
    try:
        _with_retries(lambda: _write(batches, beside), now)
    except DataError:
        if len(batches) > 1 or not batches[0].part_with_unstorable(now):
            raise
        write(batches, now, beside)


def _write(batches: Sequence[Batch], beside: Beside | None) -> None:
    """Write in the caller's transaction. Whoever comes first with an event id has it."""
    taken = Taken()
    lots = [batch.lot(taken) for batch in batches]
    before, is_awaited = log.store(lots) if taken else ({}, False)
    doubtful = [statement.key for batch in batches for statement, _ in batch.doubtful]
    known = log.known(doubtful)
    for batch, lot in zip(batches, lots, strict=True):
        batch.settle(lot, taken, before, known)
        if beside is not None:
            beside(batch.result())
    if is_awaited:
        quarantine.resolve(taken.hashes(before), batches[0].now)


def _with_retries(attempt: Callable[[], None], now: datetime) -> None:
    """Write; when another process took the row, dropped a partition or won a deadlock, again."""
    for number in range(TRIES):
        partitions.ensure(now)
        try:
            with transaction.atomic():
                log.limit_waits()
                return attempt()
        except (OperationalError, IntegrityError) as error:
            state = getattr(error.__cause__, "sqlstate", "")
            if number == TRIES - 1 or state not in _AGAIN:
                raise
            partitions.forget()
