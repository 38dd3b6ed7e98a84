"""Plain positions on their way to the log, by columns. Pure.

What is said here in columns, `carriers.rules` says of one event; both make the same rows.
"""

from functools import cached_property
from hashlib import sha256

import numpy as np

from carriers import rules
from carriers.plain import Plain
from carriers.rules import Ages, Names, Statement
from kernel.instants import Micros
from kernel.wire import EPOCH, MICRO

_RECORD = np.dtype([("vehicle", "V16"), ("at", ">i8"), ("fix", ">f8", 5)])
_CLASSES = ("", "backfill", "late", "on_time")


class Positions:
    """Plain positions of one sender and one class of lateness: a column of each member.

    `indexes` are their places in the batch, `ids` the event ids, `packed_ids` 16 bytes of each,
    `named` and `vehicles` the vehicles, each once and of each row. `instants` are microseconds
    since 2000; `records` have, of each row in 64 bytes, all that its content hash is made of.
    """

    def __init__(
        self,
        said: Plain,
        instants: Micros,
        lateness: str,
        names: Names,
        ages: Ages,
    ) -> None:
        by_name = names.vehicles_of(said.vehicle_names)
        self.indexes = said.places
        self.sender = names.sender
        self.lateness = lateness
        self.ids = said.lower_ids
        self.packed_ids = said.packed_ids
        self.named = [by_name[text] for text in said.vehicle_names]
        self.vehicles = list(map(by_name.__getitem__, said.vehicles))
        self.instants = instants
        self.fixes = np.frombuffer(said.fixes).reshape(-1, 5)
        rows = np.empty(len(instants), _RECORD)
        rows["vehicle"] = np.frombuffer(b"".join([one.id.bytes for one in self.vehicles]), "V16")
        rows["at"], rows["fix"] = instants, self.fixes
        self.records = rows.tobytes()
        self._said, self._names, self._ages = said, names, ages

    def __len__(self) -> int:
        return len(self.indexes)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Return the row of each event id."""
        return {event_id: row for row, event_id in enumerate(self.ids)}

    def content_hash(self, row: int) -> bytes:
        """Return the content hash of a row (`rules.seal`)."""
        size = _RECORD.itemsize
        return sha256(self.records[row * size : (row + 1) * size]).digest()

    def key(self, row: int) -> bytes:
        """Return the identity of a row: 16 bytes of the sender, 16 of the event id."""
        return self._names.key + self.packed_ids[row * 16 : (row + 1) * 16]

    def statement(self, row: int) -> Statement:
        """Return a row as what it would be by itself, sealed."""
        made = rules.prepare(self.indexes[row], self._said.event(row), self._names, self._ages)
        assert isinstance(made, Statement)  # what is too late has no place among columns
        made.content_hash = self.content_hash(row)
        return made

    def statements(self) -> list[Statement]:
        """Return every row as a statement."""
        return [self.statement(row) for row in range(len(self))]


def columns(said: Plain, names: Names, ages: Ages) -> tuple[list[Positions], list[int]]:
    """Return plain positions of one sender on their way, and the indexes of those that have to be
    looked at one by one: too old, or ahead of the time."""
    instants = said.instants
    since = (ages.backfill_since, ages.late_since, ages.on_time_since)
    bounds = np.array([(bound - EPOCH) // MICRO for bound in since], np.int64)
    classes = np.searchsorted(bounds, instants, side="right")
    classes[instants > (ages.ahead_after - EPOCH) // MICRO] = 0
    made: list[Positions] = []
    left: list[int] = []
    found = np.unique(classes).tolist()
    for number in found:
        part, at = said, instants
        if len(found) > 1:
            rows = np.flatnonzero(classes == number)
            part, at = said.only(rows.tolist()), instants[rows]
        if number:
            made.append(Positions(part, at, _CLASSES[number], names, ages))
        else:
            left += part.places
    return made, left
