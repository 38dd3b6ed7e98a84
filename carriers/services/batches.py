"""One batch on its way through the intake: who sends it, what stands against its items, and what
became of them. `carriers.services.intake` leads it through.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db import DataError, transaction

from accounts import scopes
from accounts.actors import Actor, Grant
from carriers import codes, decoding, plain, positions, rules
from carriers.messages import CarrierEvent
from carriers.positions import Positions
from carriers.rules import Ages, Names, Statement
from carriers.selectors import belongings, windows
from carriers.selectors.belongings import Missing
from carriers.services import log, owners, partitions, quarantine
from carriers.services.outcomes import STATUSES, BatchResult, Error, ItemResult
from foundation import audit
from kernel.refusals import Reason


class Taken(dict[UUID, dict[str, Statement | Positions]]):
    """Who has which event id of a write: the statement or the positions, by sender and id."""

    def take(self, batch: "Taken") -> bool:
        """Take the ids of a batch, or none of them when one is taken."""
        if not all(self.get(sender, {}).keys().isdisjoint(ids) for sender, ids in batch.items()):
            return False
        for sender, ids in batch.items():
            if sender in self:
                self[sender].update(ids)
            else:
                self[sender] = ids
        return True

    def content_hash(self, sender_id: UUID, event_id: str) -> bytes:
        """Return the content hash of an event that has its id."""
        found = self[sender_id][event_id]
        if isinstance(found, Statement):
            return found.content_hash
        return found.content_hash(found.rows[event_id])

    def hashes(self, before: Container[log.Key]) -> dict[log.Key, bytes]:
        """Return the content hashes of all that was not there `before`, by key."""
        keys = {
            sender_id.bytes + UUID(event_id).bytes: (sender_id, event_id)
            for sender_id, ids in self.items()
            for event_id in ids
        }
        return {key: self.content_hash(*one) for key, one in keys.items() if key not in before}


class Batch:
    """One batch on its way; what became of each item is noted by its index."""

    def __init__(self, actor: Actor, items: decoding.Items, now: datetime) -> None:
        self.now = now
        self.receipt = log.Receipt(actor.city_id, actor.client_id, now)
        self.statements: list[Statement] = []
        self.positions: list[Positions] = []
        self.doubtful: list[tuple[Statement, list[Reason]]] = []
        self._actor = actor
        self._items = items
        self.admits = windows.Admission(actor.organisation_ids(scopes.EVENTS_WRITE), now)
        self._ages = Ages(now, admits=self.admits)
        self._senders = owners.Senders(actor, scopes.EVENTS_WRITE)
        self._names: dict[UUID, Names] = {}
        self._allowed: dict[tuple[str, UUID | None], Grant | None] = {}
        self._used: Counter[Grant] = Counter()
        self._refused: dict[int, list[Reason]] = {}
        self._outcomes: list[ItemResult | None] = [None] * len(items)
        self._refs: dict[tuple[str, str], dict[str, str]] = {}

    def prepare(self) -> None:
        """Judge every item by what it says itself and by who sends it; those that stand are in
        `positions` by columns, or among `statements`."""
        statements = self.statements
        for index in self._by_columns():
            item = self._items[index]
            if not isinstance(item, CarrierEvent):
                self._refused[index] = item
                continue
            sender = self._senders.named(item.carrier_id)
            if sender is None:
                self._refused[index] = [_not_yours()]
                continue
            prepared = self.statement(index, item, self._names_of(sender.id))
            if not isinstance(prepared, Statement):
                self._refused[index] = prepared
            elif sender.id == self._actor.organisation_id or self._may(prepared):
                statements.append(prepared)
            else:
                self._refused[index] = [_not_yours()]
        self.seal(statements)

    def _by_columns(self) -> Sequence[int]:
        """Take what can be taken by columns: plain positions of the actor's own organisation.
        Return the indexes of all other items."""
        items, said = self._items, self._items.positions
        if len(said) < plain.FEW:
            return range(len(items))
        others = set(items.others)
        own = {name for name in set(said.carriers) if self._is_own(name)}
        is_own = [name in own for name in said.carriers]
        if not all(is_own):
            others.update(
                place for place, mine in zip(said.places, is_own, strict=True) if not mine
            )
            said = said.only([row for row, mine in enumerate(is_own) if mine])
        if self._actor.organisation_id is not None and said:
            names = self._names_of(self._actor.organisation_id)
            self.positions, left = positions.columns(said, names, self._ages)
            others.update(left)
        return sorted(others)

    def _is_own(self, said: str) -> bool:
        sender = self._senders.named(said)
        return sender is not None and sender.id == self._actor.organisation_id

    def statement(self, index: int, item: CarrierEvent, names: Names) -> Statement | list[Reason]:
        """Return what an item says, made ready for the log, or the reasons against it."""
        return rules.prepare(index, item, names, self._ages)

    def seal(self, statements: list[Statement]) -> None:
        """Note the content hashes of statements."""
        rules.seal(statements)

    def keep(self, items: list[tuple[Statement, list[Reason]]]) -> None:
        """Keep doubtful items and conflicts."""
        quarantine.keep(items, self.receipt)

    def _names_of(self, sender_id: UUID) -> Names:
        if sender_id not in self._names:
            self._names[sender_id] = Names(sender_id)
        return self._names[sender_id]

    def sort(self, missing: Collection[Missing]) -> None:
        """Leave what is clear in `statements` and `positions`, and put aside what is doubtful:
        what is ahead of the time, or names something `missing`."""
        if missing:
            self._to_statements(
                [run for run in self.positions if not belongings.are_known(run, missing)]
            )
        clear, ahead_after = [], self._ages.ahead_after
        for statement in self.statements:
            reasons = []
            if statement.effective_at > ahead_after:
                detail = "The event lies more than 5 minutes after the time of receipt."
                reasons.append(Reason(codes.CLOCK_AHEAD, detail, pointer="/occurred_at"))
            if missing:
                lacks = belongings.lacks(statement, missing, self.receipt.city_id)
                reasons += [self._unknown(statement, *lack) for lack in lacks]
            if reasons:
                self.doubtful.append((statement, reasons))
            else:
                clear.append(statement)
        self.statements = clear

    def _to_statements(self, runs: Sequence[Positions]) -> None:
        """Have positions stand one by one among the statements, each where it was sent."""
        if runs:
            self.positions = [run for run in self.positions if run not in runs]
            self.statements += [one for run in runs for one in run.statements()]
            self.statements.sort(key=attrgetter("index"))

    def _unknown(self, statement: Statement, kind: str, named: rules.Named) -> Reason:
        """Return the reason against what is unknown, by the name that its sender gave it: the
        event says our id by now, which nobody could register anything under."""
        asked = (statement.sender.text, kind)
        if asked not in self._refs:
            self._refs[asked] = self._names_of(statement.sender_id).refs(kind)
        return belongings.reason(kind, self._refs[asked].get(named.text, named.text))

    def _may(self, statement: Statement) -> bool:
        """Return whether a mandate of the sender covers the event, and count its use."""
        vehicle_id = statement.vehicle_id
        asked = (statement.sender.text, vehicle_id)
        if asked not in self._allowed:
            grant = self._actor.grant_for(statement.sender_id, scopes.EVENTS_WRITE, vehicle_id)
            within = grant is not None and (vehicle_id is not None or not grant.vehicle_ids)
            self._allowed[asked] = grant if within else None
        found = self._allowed[asked]
        if found is not None:
            self._used[found] += 1
        return found is not None

    def lot(self, taken: Taken) -> log.Lot:
        """Return what is clear and whose ids nobody has `taken` yet, and take them. Positions stay
        columns unless an id comes twice."""
        own = Taken()
        for statement in self.statements:
            own.setdefault(statement.sender_id, {})[statement.event.event_id] = statement
        for run in self.positions:
            ids = dict.fromkeys(run.ids, run)
            own[run.sender.id] = own[run.sender.id] | ids if run.sender.id in own else ids
        clear = len(self.statements) + sum(map(len, self.positions))
        if sum(map(len, own.values())) == clear and taken.take(own):
            return log.Lot(self.receipt, self.statements, self.positions)
        self._to_statements(self.positions)  # one by one it is told who is first
        first = []
        for statement in self.statements:
            ids = taken.setdefault(statement.sender_id, {})
            if ids.setdefault(statement.event.event_id, statement) is statement:
                first.append(statement)
        return log.Lot(self.receipt, first)

    def settle(
        self,
        lot: log.Lot,
        taken: Taken,
        before: Mapping[log.Key, log.Known],
        known: Mapping[log.Key, log.Known],
    ) -> None:
        """Note what became of each item; keep doubtful ones and conflicts in quarantine. `lot` is
        what of this batch was written, `taken` says what of all, `before` what was there already,
        `known` what the log knows of doubtful ones."""
        for index, reasons in self._refused.items():
            self._note(index, "refused", reasons)
        kept: list[tuple[Statement, list[Reason]]] = []
        first = {statement.index for statement in lot.statements}
        for statement in self.statements:
            there = before.get(statement.key)
            if there is not None:
                self._compare(statement, there.content_hash, kept)
            elif statement.index in first:
                self._note(statement.index, "accepted")
            else:
                digest = taken.content_hash(statement.sender_id, statement.event.event_id)
                self._compare(statement, digest, kept)
        for run in self.positions:
            self._settle_positions(run, before, kept)
        for statement, doubts in self.doubtful:
            there = known.get(statement.key)
            if there is not None and there.content_hash is not None:
                self._compare(statement, there.content_hash, kept)
            else:
                self._note(statement.index, "quarantined", doubts)
                kept.append((statement, doubts))
        self.keep(kept)
        self._audit()

    def _settle_positions(
        self,
        run: Positions,
        before: Mapping[log.Key, log.Known],
        kept: list[tuple[Statement, list[Reason]]],
    ) -> None:
        outcomes = self._outcomes
        for index, event_id in zip(run.indexes, run.ids, strict=True):
            outcomes[index] = ItemResult(index, event_id, "accepted")
        for row in range(len(run)) if before else ():
            there = before.get(run.key(row))
            if there is not None:
                index, event_id = run.indexes[row], run.ids[row]
                if there.content_hash == run.content_hash(row):
                    outcomes[index] = ItemResult(index, event_id, "duplicate")
                else:
                    self._compare(run.statement(row), there.content_hash, kept)

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

    def part_with_unstorable(self, now: datetime) -> bool:
        """Refuse the items that the database cannot store; return whether there were any.

        Each is tried in a transaction of its own that is rolled back.
        """
        self._to_statements(self.positions)
        bad = []
        for statement in [*self.statements, *(one for one, _ in self.doubtful)]:
            if not _is_storable(statement, self.receipt, now):
                bad.append(statement)
                detail = "The event holds a text or a number that cannot be stored."
                self._refused[statement.index] = [Reason(codes.UNSTORABLE, detail)]
        self.statements = [one for one in self.statements if one not in bad]
        self.doubtful = [pair for pair in self.doubtful if pair[0] not in bad]
        return bool(bad)

    def _audit(self) -> None:
        for grant, used in self._used.items():
            audit.record(
                city_id=self._actor.city_id,
                actor=self._actor,
                action="events.sent_by_mandate",
                subject=grant.mandate_id,
                at=self.now,
                inputs={"scope": scopes.EVENTS_WRITE, "items": used},
                outcome=self.result().counts,
                on_behalf_of=grant.principal_id,
            )

    def _note(self, index: int, status: str, reasons: Iterable[Reason] = ()) -> None:
        event_id = self._items.event_id(index)
        listed = [Error(str(reason.code), reason.detail, reason.pointer) for reason in reasons]
        if not listed:
            self._outcomes[index] = ItemResult(index, event_id, status)
            return
        first = listed[0]
        self._outcomes[index] = ItemResult(
            index,
            event_id,
            status,
            str(first.code),
            first.pointer,
            first.detail,
            tuple(listed) if len(listed) > 1 else (),
        )

    def result(self) -> BatchResult:
        """Return the outcomes in the order of the items."""
        results = list(filter(None, self._outcomes))
        counts = dict.fromkeys(STATUSES, 0) | Counter([one.status for one in results])
        return BatchResult(received=len(results), **counts, results=results)


def _is_storable(statement: Statement, receipt: log.Receipt, now: datetime) -> bool:
    partitions.ensure(now)
    try:
        with transaction.atomic():
            log.store([log.Lot(receipt, [statement])])
            quarantine.keep([(statement, [_not_yours()])], receipt)
            transaction.set_rollback(True)
    except DataError:
        return False
    return True


def _not_yours() -> Reason:
    detail = "You do not belong to this carrier and hold no mandate of it for this."
    return Reason(codes.NOT_YOURS, detail, pointer="/carrier_id")
