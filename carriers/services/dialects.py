"""Messages in other dialects: into the one intake, each with an answer, its original kept.

A message becomes canonical events that go the way of all events; what it says beside them (a
vehicle, a place, a planned route) goes through the services for these. One bad message never
sinks its batch. A message of which nothing is refused is kept, in the transaction of its events.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import ModuleType
from typing import Any
from uuid import UUID

import msgspec

from accounts import scopes
from accounts.actors import Actor
from accounts.models import Organisation
from carriers import codes, decoding
from carriers.adapters.epcis import translate as epcis
from carriers.adapters.mds import translate as mds
from carriers.adapters.otm import translate as otm
from carriers.adapters.translated import Asked, Known, Made, Translated
from carriers.messages import CarrierEvent
from carriers.selectors import dialects as lookups
from carriers.services import intake, originals, outcomes, owners, registering
from carriers.services.answers import MessageResult, Report, moved, reasons_of, result_of
from carriers.services.outcomes import BatchResult, ItemResult
from kernel import identifiers
from kernel.refusals import Reason, Refusal

DIALECTS: dict[str, ModuleType] = {"mds": mds, "otm": otm, "epcis": epcis}
LONGEST_ID = 500
# What speaks for the whole message when its events fared differently.
_WORST = ("refused", "conflict", "quarantined", "accepted", "duplicate")


@dataclass(frozen=True)
class Message:
    """One message as it was sent: what it is (`events`, `trips`, …) and its text."""

    kind: str
    raw: bytes


class RolledBack(Exception):
    """Nothing of a batch was taken, because something of it was refused."""

    def __init__(self, report: Report) -> None:
        super().__init__("rolled back")
        self.report = report


Beside = Callable[[Report], None]


@dataclass
class _Item:
    """One message on its way."""

    message: Message
    sender: Organisation | None = None
    parsed: Any = None
    translated: Translated | None = None
    reasons: list[Reason] = field(default_factory=list)
    events: list[tuple[Made, CarrierEvent]] = field(default_factory=list)
    results: list[tuple[Made, ItemResult]] = field(default_factory=list)


def take(
    *,
    actor: Actor,
    dialect: str,
    messages: Sequence[Message],
    now: datetime,
    sender: Organisation | None = None,
    scope: str = scopes.EVENTS_WRITE,
    all_or_nothing: bool = False,
    vehicles: registering.Vehicles = "either",
    beside: Beside | None = None,
) -> Report:
    """Take messages of a dialect and return what became of each, after the commit.

    `sender` is the organisation that they speak for; None where each names its own (MDS); a
    mandate has to hold `scope`, and events in them ask for `events:write` themselves. With
    `all_or_nothing` a refused message undoes the events of all (raises RolledBack). `vehicles`
    says whether a vehicle that is described has to be new or to be known. `beside` is called
    with the report in the transaction of the events.
    """
    if len(messages) > decoding.MAX_ITEMS:
        detail = f"{len(messages)} messages; send at most {decoding.MAX_ITEMS}."
        raise Refusal(codes.BATCH_TOO_LARGE, detail, limit=decoding.MAX_ITEMS)
    batch = _Batch(actor, dialect, now, sender, scope)
    batch.read(messages)
    batch.register(vehicles)
    batch.translate()
    batch.refuse_withdrawn()
    batch.judge()
    batch.publish()
    made, items = batch.canonical()

    def keep(result: BatchResult) -> None:
        batch.note(made, result)
        report = batch.keep()
        if all_or_nothing and report.refused:
            raise RolledBack(report)
        if beside is not None:
            beside(report)

    intake.take_items(actor=actor, items=items, now=now, beside=keep)
    return batch.report()


class _Batch:
    """A batch of messages on its way through reading, translating and keeping."""

    def __init__(
        self, actor: Actor, dialect: str, now: datetime, sender: Organisation | None, scope: str
    ) -> None:
        self._actor = actor
        self._name = dialect
        self._dialect: Any = DIALECTS[dialect]
        self._now = now
        self._sender = sender
        self._scope = scope
        self._senders = owners.Senders(actor, scope)
        self._items: list[_Item] = []
        self._statuses: dict[int, tuple[str, list[Reason]]] = {}

    def read(self, messages: Sequence[Message]) -> None:
        """Read every message, and find whom it speaks for."""
        for message in messages:
            item = _Item(message)
            self._items.append(item)
            if not message.kind:
                detail = f"This is no message of {self._name.upper()} that is read here."
                item.reasons.append(Reason(codes.MALFORMED, detail))
                continue
            parsed = self._dialect.read(message.kind, message.raw)
            if isinstance(parsed, list):
                item.reasons += parsed
                continue
            item.parsed = parsed
            item.sender = self._sender or self._senders.named(parsed.provider_id)
            if item.sender is None:
                detail = "You do not belong to this provider and hold no mandate of it for this."
                item.reasons.append(Reason(codes.NOT_YOURS, detail, pointer="/provider_id"))

    def register(self, vehicles: registering.Vehicles) -> None:
        """Register the vehicles and places that messages describe, in their order."""
        for item in self._good():
            assert item.sender is not None
            item.reasons += registering.entity(
                actor=self._actor,
                sender=item.sender,
                parsed=item.parsed,
                raw=item.message.raw,
                vehicles=vehicles,
                now=self._now,
            )

    def translate(self) -> None:
        """Make canonical events of every message, knowing whom and what it names."""
        asked: dict[UUID, Asked] = {}
        for item in self._good():
            assert item.sender is not None
            self._dialect.asks(item.parsed, asked.setdefault(item.sender.id, Asked()))
        known: dict[UUID, Known] = {
            sender_id: lookups.known(one, sender_id=sender_id, city_id=self._actor.city_id)
            for sender_id, one in asked.items()
        }
        for item in self._good():
            assert item.sender is not None
            sender_id = item.sender.id
            made: Translated = self._dialect.translate(
                item.message.kind, item.parsed, sender_id, known[sender_id], item.message.raw
            )
            item.translated = made
            item.reasons += made.reasons
            if len(made.native_id) > LONGEST_ID:
                detail = f"An id has at most {LONGEST_ID} characters."
                item.reasons.append(Reason(codes.INVALID, detail, pointer="/eventID"))

    def refuse_withdrawn(self) -> None:
        """Refuse events that were deleted: they did not happen, in whatever words."""
        by_sender: dict[UUID, dict[str, list[_Item]]] = {}
        for item in self._good():
            assert item.sender is not None
            assert item.translated is not None
            if self._name == "otm" and item.translated.kind == "events":
                native_id = item.translated.native_id.partition("|")[0]
                by_sender.setdefault(item.sender.id, {}).setdefault(native_id, []).append(item)
        for sender_id, by_id in by_sender.items():
            for native_id in lookups.withdrawn(sender_id, set(by_id)):
                for item in by_id[native_id]:
                    detail = (
                        "This event was deleted and stays so. Send what happened under a new id."
                    )
                    item.reasons.append(Reason(codes.WITHDRAWN, detail, pointer="/id"))

    def publish(self) -> None:
        """Publish the routes that messages plan."""
        for item in self._good():
            assert item.sender is not None
            assert item.translated is not None
            if item.translated.route is not None:
                item.reasons += registering.route(
                    actor=self._actor,
                    sender=item.sender,
                    planned=item.translated.route,
                    now=self._now,
                )

    def judge(self) -> None:
        """Judge the canonical events of all messages, each like one that was sent."""
        made = [
            (item, one)
            for item in self._good()
            if item.translated is not None
            for one in item.translated.made
        ]
        judged: list[decoding.Item] = []
        for start in range(0, len(made), decoding.MAX_ITEMS):
            part = [one.event for _, one in made[start : start + decoding.MAX_ITEMS]]
            judged += decoding.items(msgspec.json.encode(part))
        for (item, one), event in zip(made, judged, strict=True):
            if isinstance(event, CarrierEvent):
                item.events.append((one, event))
            else:
                item.reasons += [moved(reason, one) for reason in event]

    def canonical(self) -> tuple[list[tuple[_Item, Made]], list[decoding.Item]]:
        """Return the canonical events of the messages that nothing stands against."""
        good = [(item, *pair) for item in self._good() for pair in item.events]
        return [(item, one) for item, one, _ in good], [event for _, _, event in good]

    def _good(self) -> list[_Item]:
        return [item for item in self._items if not item.reasons]

    def note(self, made: Sequence[tuple[_Item, Made]], result: BatchResult) -> None:
        """Note what the intake said of each event; when it tries again, only the last counts."""
        for item in self._items:
            item.results = []
        for (item, one), said in zip(made, result.results, strict=True):
            item.results.append((one, said))

    def keep(self) -> Report:
        """Keep the originals of all that was not refused and return the report."""
        kept = {
            index: self._kept(item)
            for index, item in enumerate(self._items)
            if not item.reasons and self._may_keep(item)
        }
        before = originals.before(self._name, list(kept.values()))
        self._statuses = {}
        for index, item in enumerate(self._items):
            self._statuses[index] = self._status(item, kept.get(index), before)
        taken = [
            self._judged(self._items[index], one, self._statuses[index][0])
            for index, one in kept.items()
            if self._statuses[index][0] != "refused"
        ]
        originals.keep(self._name, taken, actor=self._actor, now=self._now)
        return self.report()

    def _judged(self, item: _Item, kept: originals.Kept, status: str) -> originals.Kept:
        """Return what is kept with whether it stands: a conflict does only where a part of the
        message was taken all the same."""
        is_part_taken = kept.translated.route is not None or any(
            said.status == "accepted" for _, said in item.results
        )
        stands = status != "conflict" or is_part_taken
        return replace(kept, stands=stands, is_taken=status == "accepted")

    def _may_keep(self, item: _Item) -> bool:
        """Return whether anything was taken, or whether a message without events may be sent."""
        if item.results:
            return any(said.status != "refused" for _, said in item.results)
        assert item.sender is not None
        assert item.translated is not None
        named, sender_id = item.translated.vehicle, item.sender.id
        vehicle_id = identifiers.resolve(sender_id, "vehicle", named) if named else None
        if sender_id == self._actor.organisation_id:
            return True
        grant = self._actor.grant_for(sender_id, self._scope, vehicle_id)
        return grant is not None and (vehicle_id is not None or not grant.vehicle_ids)

    def _kept(self, item: _Item) -> originals.Kept:
        assert item.sender is not None
        assert item.translated is not None
        return originals.Kept(
            sender_id=item.sender.id,
            translated=item.translated,
            raw=item.message.raw,
            content_hash=originals.digest(item.message.raw),
            event_ids=[UUID(one.event.event_id) for one in item.translated.made],
            notes=[
                {"code": str(note.code), "detail": note.detail, "pointer": note.pointer}
                for note in item.translated.notes
            ],
        )

    def _status(
        self,
        item: _Item,
        kept: originals.Kept | None,
        before: dict[tuple[UUID, str, str], originals.Before],
    ) -> tuple[str, list[Reason]]:
        if item.reasons:
            return "refused", item.reasons
        if item.results:
            if kept is not None:
                before.setdefault(kept.key, originals.Before(kept.content_hash, kept.content_hash))
            worst = min(item.results, key=lambda pair: _WORST.index(pair[1].status))[1].status
            return worst, [
                reason for one, said in item.results for reason in reasons_of(one, said, worst)
            ]
        if kept is None:
            detail = "Your mandate is for some vehicles; this message is not about one of them."
            return "refused", [Reason(codes.NOT_YOURS, detail)]
        known = before.get(kept.key)
        if known is None:
            before[kept.key] = originals.Before(kept.content_hash, kept.content_hash)
            return "accepted", []
        if kept.translated.is_state:
            is_new, known.latest = known.latest != kept.content_hash, kept.content_hash
            return ("accepted" if is_new else "duplicate"), []
        if known.first == kept.content_hash:
            return "duplicate", []
        detail = "A message with this id came before with other content; both are kept."
        return "conflict", [Reason(codes.CONFLICT, detail)]

    def report(self) -> Report:
        """Return what became of every message."""
        results = [self._result(index, item) for index, item in enumerate(self._items)]
        counts = dict.fromkeys(outcomes.STATUSES, 0)
        for result in results:
            counts[result.status] += 1
        return Report(received=len(results), **counts, results=results)

    def _result(self, index: int, item: _Item) -> MessageResult:
        status, reasons = self._statuses[index]
        unheard = status == "refused" and not item.results
        kind, made = item.message.kind, item.translated
        return result_of(index, kind, made, status, reasons, unheard=unheard)
