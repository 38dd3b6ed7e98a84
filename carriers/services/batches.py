"""One batch on its way through the intake: who sends it, what stands against its items, and what
became of them. `carriers.services.intake` leads it through.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import DataError, transaction

from accounts import scopes
from accounts.actors import Actor, Grant
from carriers import codes, decoding, rules
from carriers.messages import CarrierEvent
from carriers.rules import Ages, Names, Statement
from carriers.selectors import belongings, windows
from carriers.selectors.belongings import Lack
from carriers.services import log, owners, partitions, quarantine
from carriers.services.outcomes import STATUSES, BatchResult, Error, ItemResult
from foundation import audit
from kernel.refusals import Reason


class Batch:
    """One batch on its way; what became of each item is noted by its index."""

    def __init__(self, actor: Actor, items: list[decoding.Item], now: datetime) -> None:
        self.now = now
        self.receipt = log.Receipt(actor.city_id, actor.client_id, now)
        self.doubtful: list[tuple[Statement, list[Reason]]] = []
        self._actor = actor
        self._items = items
        self.admits = windows.Admission(actor.organisation_ids(scopes.EVENTS_WRITE), now)
        self._ages = Ages(now, admits=self.admits)
        self._senders: dict[str, tuple[Names, bool] | None] = {}
        self._allowed: dict[tuple[str, UUID | None], Grant | None] = {}
        self._used: Counter[Grant] = Counter()
        self._refused: dict[int, list[Reason]] = {}
        self._outcomes: list[ItemResult | None] = [None] * len(items)
        self._clear: list[Statement] = []
        self._refs: dict[tuple[str, str], dict[str, str]] = {}

    def prepare(self) -> list[Statement]:
        """Judge every item by what it says itself and by who sends it; return those that stand."""
        statements, senders = [], self._senders
        for index, item in enumerate(self._items):
            if not isinstance(item, CarrierEvent):
                self._refused[index] = item
                continue
            said = item.carrier_id
            sender = senders[said] if said in senders else self._sender(said)
            if sender is None:
                self._refused[index] = [_not_yours()]
                continue
            names, is_own = sender
            prepared = self.statement(index, item, names)
            if not isinstance(prepared, Statement):
                self._refused[index] = prepared
            elif is_own or self._may(prepared):
                statements.append(prepared)
            else:
                self._refused[index] = [_not_yours()]
        self.seal(statements)
        return statements

    def statement(self, index: int, item: CarrierEvent, names: Names) -> Statement | list[Reason]:
        """Return what an item says, made ready for the log, or the reasons against it."""
        return rules.prepare(index, item, names, self._ages)

    def seal(self, statements: list[Statement]) -> None:
        """Note the content hashes of statements."""
        rules.seal(statements)

    def keep(self, items: list[tuple[Statement, list[Reason]]]) -> None:
        """Keep doubtful items and conflicts."""
        quarantine.keep(items, self.receipt)

    def _sender(self, said: str) -> tuple[Names, bool] | None:
        """Return the sender that a carrier id names and whether it is the actor's own
        organisation."""
        found = owners.named(self._actor, said, scopes.EVENTS_WRITE)
        own = self._actor.organisation_id
        sender = None if found is None else (Names(found.id), found.id == own)
        self._senders[said] = sender
        return sender

    def sort(
        self, statements: list[Statement], unknown: Mapping[int, list[Lack]], before: int
    ) -> None:
        """Tell the statements that are clear from the doubtful ones; what the first names in vain
        is at `before` in `unknown`."""
        ahead_after = self._ages.ahead_after
        for place, statement in enumerate(statements, start=before):
            lacks = unknown.get(place) if unknown else None
            reasons = [self._unknown(statement, *lack) for lack in lacks] if lacks else []
            if statement.effective_at > ahead_after:
                detail = "The event lies more than 5 minutes after the time of receipt."
                ahead = Reason(codes.CLOCK_AHEAD, detail, pointer="/occurred_at")
                reasons = [ahead, *reasons]
            if reasons:
                self.doubtful.append((statement, reasons))
            else:
                self._clear.append(statement)

    def _unknown(self, statement: Statement, kind: str, named: rules.Named) -> Reason:
        """Return the reason against what is unknown, by the name that its sender gave it: the
        event says our id by now, which nobody could register anything under."""
        asked = (statement.sender.text, kind)
        if asked not in self._refs:
            self._refs[asked] = refs = {}
            for sender in self._senders.values():
                if sender is not None and sender[0].key == statement.key[:16]:
                    refs |= sender[0].refs(kind)
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

    def fresh(self, taken: dict[log.Key, Statement]) -> list[Statement]:
        """Return the statements whose ids nobody has `taken` yet, and take them."""
        return [one for one in self._clear if taken.setdefault(one.key, one) is one]

    def settle(
        self,
        written: list[Statement],
        fresh: dict[log.Key, Statement],
        before: dict[log.Key, log.Known],
        known: dict[log.Key, log.Known],
    ) -> None:
        """Note what became of each item; keep doubtful ones and conflicts in quarantine."""
        outcomes = self._outcomes
        for index, reasons in self._refused.items():
            self._note(index, "refused", reasons)
        kept: list[tuple[Statement, list[Reason]]] = []
        if len(written) == len(self._clear) and not before:
            for statement in written:
                index = statement.index
                outcomes[index] = ItemResult(index, statement.event.event_id, "accepted")
        else:
            for statement in self._clear:
                self._settle_one(statement, fresh[statement.key], before.get(statement.key), kept)
        for statement, doubts in self.doubtful:
            there = known.get(statement.key)
            if there is not None and there.content_hash is not None:
                self._compare(statement, there.content_hash, kept)
            else:
                self._note(statement.index, "quarantined", doubts)
                kept.append((statement, doubts))
        self.keep(kept)
        self._audit()

    def _settle_one(
        self,
        statement: Statement,
        first: Statement,
        there: log.Known | None,
        kept: list[tuple[Statement, list[Reason]]],
    ) -> None:
        if statement is first and there is None:
            self._note(statement.index, "accepted")
        else:
            digest = first.content_hash if there is None else there.content_hash
            self._compare(statement, digest, kept)

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
        bad = []
        for statement in [*self._clear, *(one for one, _ in self.doubtful)]:
            if not _is_storable(statement, self.receipt, now):
                bad.append(statement)
                detail = "The event holds a text or a number that cannot be stored."
                self._refused[statement.index] = [Reason(codes.UNSTORABLE, detail)]
        self._clear = [one for one in self._clear if one not in bad]
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
        item = self._items[index]
        event_id = item.event_id if isinstance(item, CarrierEvent | decoding.Faults) else None
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
        results = [outcome for outcome in self._outcomes if outcome is not None]
        counts = dict.fromkeys(STATUSES, 0)
        counts.update(Counter([outcome.status for outcome in results]))
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
