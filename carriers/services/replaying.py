"""Replays: quarantined events through the one intake again, after mending.

A replay counts as received when the event first came: its age and lateness are those of the first
receipt, and who transmitted it then stands in the log. Only the row is new, in today's partition.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _
from msgspec import UNSET

from accounts import scopes
from accounts.actors import Actor
from carriers import codes, decoding, plain, rules
from carriers.messages import CarrierEvent
from carriers.models import Quarantined
from carriers.rules import Ages, Names, Statement
from carriers.selectors import dialects, horizon
from carriers.selectors import quarantine as reading
from carriers.services import intake, quarantine
from carriers.services.batches import Batch
from carriers.services.outcomes import BatchResult, Error, ItemResult
from kernel.refusals import Reason, Refusal

log = structlog.get_logger(__name__)

Note = Callable[[Sequence[ItemResult]], None]
"""Writes down what became of rows, in the transaction that takes them."""


def one(*, actor: Actor, quarantined_id: UUID, now: datetime) -> tuple[Quarantined, ItemResult]:
    """Replay one item; return it as it is then, and what became of it. Audited.

    Raises `quarantine.not_found` (404), and 409 for what cannot be replayed:
    `quarantine.not_replayable` for a conflict, `quarantine.not_open` for what is settled.
    """
    row = _with_owner(reading.visible(actor).filter(pk=quarantined_id)).first()
    if row is None:
        raise quarantine.not_found()
    against = reason_against(row)
    if against is not None:
        raise Refusal.of([against])
    results: list[ItemResult] = []

    def note(found: Sequence[ItemResult]) -> None:
        results[:] = found
        outcome = {"status": found[0].status, "code": found[0].code}
        quarantine.record(actor, "quarantine.replayed", row, {"code": row.code}, outcome, now)

    take([row], now=now, note=note)
    row.refresh_from_db(fields=["code", "reasons", "resolved_at", "resolution", "note"])
    return row, results[0]


def reason_against(row: Quarantined) -> Reason | None:
    """Return why an item cannot be replayed, None if it can."""
    if row.resolved_at is not None:
        detail = _("This event has been taken or dismissed before.")
        return Reason(codes.NOT_OPEN, detail, facts={"state": row.state})
    if row.is_conflict:
        detail = _("An event of this id with other content is in the log; this one is to look at.")
        return Reason(codes.NOT_REPLAYABLE, detail)
    return None


def _with_owner(rows: Any) -> Any:
    return rows.select_related("organisation__city")


def take(rows: Sequence[Quarantined], *, now: datetime, note: Note) -> None:
    """Take rows of one sender and one transmitter through the intake, in one transaction.

    `note` gets the results in the order of the rows, inside of it.
    """
    first = rows[0]
    sender = Actor(
        city=first.organisation.city,
        organisation=first.organisation,
        client_id=first.client_id,
        scopes=frozenset({scopes.EVENTS_WRITE}),
    )

    def beside(result: BatchResult) -> None:
        _settle(rows, result.results, now)
        note(result.results)

    intake.take_batch(_Again(sender, rows, now), beside)


class _Again(Batch):
    """Items that lie in quarantine, on their way through the intake again.

    Their age counts from the first receipt; their content is what it was, whatever storage made
    of its text. Only a GS1 key means the vehicle that has been registered with it since. The
    quarantine is brought up to date with what becomes of them, not written anew.
    """

    def __init__(self, sender: Actor, rows: Sequence[Quarantined], now: datetime) -> None:
        super().__init__(sender, _items(rows, now), now)
        self._rows = rows
        self._assets = _assets(rows)
        self._mended: set[int] = set()

    def statement(self, index: int, item: CarrierEvent, names: Names) -> Statement | list[Reason]:
        row = self._rows[index]
        for kind, said in row.named():
            names.of(kind, said)  # the canonical event has lost it
            if kind == "vehicle" and said in self._assets and item.vehicle is not UNSET:
                item.vehicle.vehicle_id = self._assets[said]
                self._mended.add(index)
        return rules.prepare(index, item, names, Ages(self.now, row.received_at, self.admits))

    def seal(self, statements: list[Statement]) -> None:
        for statement in statements:
            statement.content_hash = bytes(self._rows[statement.index].content_hash)
        rules.seal([statement for statement in statements if statement.index in self._mended])

    def keep(self, items: list[tuple[Statement, list[Reason]]]) -> None:
        pass


def _assets(rows: Sequence[Quarantined]) -> dict[str, str]:
    """Return the vehicles that rows of one sender name by a GS1 key, by that name."""
    said = {said.removeprefix("ref:") for row in rows for kind, said in row.named()}
    keys = {name for name in said if dialects.is_gs1(name)}
    found = dialects.vehicles(keys, rows[0].organisation_id)
    return {f"ref:{name}": vehicle_id for name, vehicle_id in found.items()}


def _items(rows: Sequence[Quarantined], now: datetime) -> decoding.Items:
    """Return what rows say; none by columns, since each has a time of receipt of its own."""
    since = horizon.foldable_since(now, horizon.retired_until())
    found = decoding.items(msgspec.json.encode([row.payload for row in rows]))
    return decoding.Items(plain.NONE, dict(enumerate(_within(item, since) for item in found)))


def _within(item: decoding.Item, since: datetime) -> decoding.Item:
    """Return the item, or why it comes too late for any mending."""
    if not isinstance(item, CarrierEvent) or rules.effective_at(item) >= since:
        return item
    detail = f"The log keeps what is needed to fold events since {since.isoformat()}."
    reason = Reason(codes.BEYOND_RETENTION, detail, pointer="/occurred_at")
    return decoding.Faults([reason], item.event_id)


def _settle(rows: Sequence[Quarantined], results: Sequence[ItemResult], now: datetime) -> None:
    """Bring the quarantine up to date with what became of its rows."""
    pairs = list(zip(rows, results, strict=True))
    quarantine.settle([row.pk for row, one in pairs if one.status in _IN_LOG], now)
    changed = []
    for row, result in pairs:
        told = {(one["code"], one["pointer"]): one for one in row.reasons}
        reasons = [
            told.get((error.code, error.pointer)) or msgspec.to_builtins(error)
            for error in _errors(result)
        ]
        if result.status in _STILL_KEPT and reasons != row.reasons:
            row.code, row.reasons = result.code, reasons
            changed.append(row)
    Quarantined.objects.open().bulk_update(changed, ["code", "reasons"])


_IN_LOG = frozenset({"accepted", "duplicate"})
_STILL_KEPT = frozenset({"quarantined", "conflict"})


def _errors(result: ItemResult) -> Iterable[Error]:
    return result.errors or (Error(result.code, result.detail, result.pointer),)


NotePairs = Callable[[list[tuple[Quarantined, ItemResult]]], None]
"""Writes down what became of which rows, in the transaction that takes them."""


def take_each(rows: Sequence[Quarantined], *, now: datetime, note: NotePairs) -> None:
    """Take rows of any senders: together where they belong together, one by one where one of them
    breaks the others.

    Raises OperationalError or InterfaceError while the database is away: then try again.
    """
    groups: dict[tuple[UUID, UUID | None], list[Quarantined]] = {}
    for row in rows:
        groups.setdefault((row.organisation_id, row.client_id), []).append(row)
    for group in groups.values():
        _take_group(group, now, note)


def _take_group(group: Sequence[Quarantined], now: datetime, note: NotePairs) -> None:
    try:
        take(group, now=now, note=lambda results: note(list(zip(group, results, strict=True))))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(group) == 1:
            log.exception("replay_failed", quarantined_id=str(group[0].pk))
            note([(group[0], _failed(group[0], error))])
            return
        for row in group:
            _take_group([row], now, note)


def _failed(row: Quarantined, error: Exception) -> ItemResult:
    detail = f"{type(error).__name__}; the error is logged under the item's id."
    return ItemResult(0, str(row.event_id), "failed", "server.error", "", detail)
