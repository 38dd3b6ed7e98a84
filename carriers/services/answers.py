"""Answers to messages of other dialects: what became of each, with faults at their place in it."""

from collections.abc import Sequence

from msgspec import Struct

from carriers.adapters.translated import Made, Translated
from carriers.services import outcomes
from carriers.services.outcomes import Error, ItemResult
from kernel.refusals import REGISTRY, Reason


class MessageResult(Struct, frozen=True, omit_defaults=True):
    """What became of one message; `notes` say what was kept and has no event."""

    index: int
    kind: str
    native_id: str | None
    status: str
    code: str = ""
    pointer: str = ""
    detail: str = ""
    errors: tuple[Error, ...] = ()
    event_ids: tuple[str, ...] = ()
    notes: tuple[Error, ...] = ()


class Report(Struct, frozen=True):
    """What became of a batch of messages: counts by status, and a result for each."""

    received: int
    accepted: int
    duplicate: int
    conflict: int
    quarantined: int
    refused: int
    results: list[MessageResult]

    @property
    def counts(self) -> dict[str, int]:
        """Return how many messages have which status."""
        return {status: getattr(self, status) for status in outcomes.STATUSES}


def moved(reason: Reason, made: Made) -> Reason:
    """Return a reason against an event at its place in the message."""
    return Reason(reason.code, reason.detail, pointer=made.pointer(reason.pointer))


def reasons_of(made: Made, said: ItemResult, worst: str) -> list[Reason]:
    """Return the reasons of an event that fared as badly as its message, at their origin."""
    if said.status != worst or not said.code:
        return []
    told = said.errors or (Error(said.code, said.detail, said.pointer),)
    return [
        Reason(REGISTRY[one.code], one.detail, pointer=made.pointer(one.pointer)) for one in told
    ]


def result_of(
    index: int,
    kind: str,
    made: Translated | None,
    status: str,
    reasons: Sequence[Reason],
    *,
    unheard: bool,
) -> MessageResult:
    """Return the answer to one message; `unheard`: it was refused before the intake."""
    listed = tuple(Error(str(one.code), one.detail, one.pointer) for one in reasons)
    first = listed[0] if listed else Error("", "")
    return MessageResult(
        index=index,
        kind=made.kind if made else kind,
        native_id=made.native_id if made else None,
        status=status,
        code=first.code,
        pointer=first.pointer,
        detail=first.detail,
        errors=listed if len(listed) > 1 else (),
        event_ids=tuple(one.event.event_id for one in made.made) if made and not unheard else (),
        notes=tuple(Error(str(n.code), n.detail, n.pointer) for n in made.notes)
        if made and not unheard
        else (),
    )
