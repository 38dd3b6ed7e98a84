"""What the intake answers: what became of each item of a batch."""

import msgspec
from msgspec import Struct

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


def encode(result: BatchResult) -> bytes:
    """Return the answer as JSON."""
    return msgspec.json.encode(result)
