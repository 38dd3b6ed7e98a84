"""All derived tables in one canonical form: what the law of the log compares.

    derived state = f(set of live accepted events, rules and places, as_of)

Tables are found from the models: what a model of ours keeps is inside the law unless it stands in
`BY_ARRIVAL`, with the reason. So a new table of a projection is compared from its first day on.
"""

import uuid
from collections.abc import Collection
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Q

from foundation.fields import TransactionIdField
from kernel.identifiers import uuid7
from tests.architecture.test_arrows import FLOOR_OF

BY_ARRIVAL = {
    "foundation.auditentry": "who sent what, and when",
    "foundation.checkpoint": "how far a reader has come",
    "foundation.idempotencykey": "answers to requests",
    "foundation.stoppedsubject": "what stands still just now",
    "foundation.droppedrow": "what an official skipped",
    "foundation.rebuild": "work of the machinery",
    "accounts.standingstill": "what stands still, as the city sees it",
    "foundation.outboxmessage": "the differences, which are those of this arrival",
    "carriers.eventidentity": "the log itself: it says when and by whom an event was sent",
    "carriers.loggedevent": "the log itself",
    "carriers.loggedposition": "the log itself",
    "carriers.quarantined": "what was kept beside the log, as it was received",
    "compliance.findingjournal": "the way to a verdict, which has a law of its own",
    "compliance.evidencebundle": "what was known when it was frozen",
}
"""Tables that depend by nature on how the news arrived, and why."""

RECEIPT_COLUMNS = {
    "compliance.finding": {"opened_at", "changed_at", "confirmed_at"},
    "reports.countedfinding": {"finding_id"},
}
"""Columns that say when the platform came to know, not what happened. The id of a finding is one:
it is minted when its incident is first known and stays while more is learned, so that it cannot be
a function of what is known in the end (docs/decisions/findings.md). What holds of ids instead is
asked in `laws.judging.identities`."""

STANDING = {
    "compliance.finding": ~Q(state="withdrawn"),
    "reports.countedfinding": ~Q(cell__contains=["withdrawn"]),
    "reports.findingcount": ~Q(findings=0) & ~Q(state="withdrawn"),
}
"""Rows that say what is so now: what was taken back stays in the books for the journal's sake."""

Row = tuple[str, ...]
"""A row as texts `column=value`."""
Dump = dict[str, list[Row]]


class Tables:
    """The tables inside the law that were still empty when the ground had been laid; or those
    that are named."""

    def __init__(self, names: Collection[str] | None = None) -> None:
        ours = [model for model in apps.get_models() if model._meta.app_label in FLOOR_OF]
        self._by_arrival = [model for model in ours if model._meta.label_lower in BY_ARRIVAL]
        inside = [model for model in ours if model._meta.label_lower not in BY_ARRIVAL]
        if names is None:
            self._derived = [model for model in inside if not model._base_manager.exists()]
        else:
            self._derived = [model for model in inside if model._meta.label_lower in names]
        self.names = [model._meta.label_lower for model in self._derived]

    def dump(self) -> Dump:
        """Return every row as text, in an order of its own, by table; empty tables left out."""
        found = {model._meta.label_lower: _rows(model) for model in self._derived}
        return {name: rows for name, rows in found.items() if rows}

    def forget(self) -> None:
        """Empty the log and all that was derived from it; the ground stays."""
        ours = [*self._by_arrival, *self._derived]
        # Who refers to others was registered after them. A few rows are deleted sooner than
        # a table is truncated.
        tables = [model._meta.db_table for model in apps.get_models() if model in ours]
        with connection.cursor() as cursor:
            cursor.execute(";".join(f"DELETE FROM {table}" for table in reversed(tables)))

    def vacuum(self) -> None:
        """Give back the room of what was forgotten."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def digest(dump: Dump) -> str:
    """Return the SHA-256 of a dump."""
    return sha256(repr(sorted(dump.items())).encode()).hexdigest()


def difference(expected: Dump, found: Dump) -> str:
    """Return in words the first rows in which two dumps differ; '' when they are equal."""
    if digest(expected) == digest(found):
        return ""
    lines = [f"rows by table: {_counts(expected)} expected, {_counts(found)} found"]
    for name in sorted({*expected, *found}):
        wanted, there = set(expected.get(name, ())), set(found.get(name, ()))
        missing, surplus = sorted(wanted - there), sorted(there - wanted)
        for row in missing[:3]:
            twin = next((other for other in surplus if other[0] == row[0]), ())
            lines.append(f"{name}: missing {_shown(row, twin)}")
            lines += [f"{name}: instead {_shown(twin, row)}"] if twin else []
        lines += [f"{name}: surplus {_shown(row, ())}" for row in surplus[:3]]
    return "\n".join(lines)


def _counts(dump: Dump) -> dict[str, int]:
    return {name: len(rows) for name, rows in sorted(dump.items())}


def _shown(row: Row, twin: Row) -> str:
    """Return a row in short: its first column, and those in which it differs from a twin."""
    kept = [text[:300] for text in row[1:] if text not in twin]
    return ", ".join([row[0], *kept])


def _rows(model: type[models.Model]) -> list[Row]:
    hidden = RECEIPT_COLUMNS.get(model._meta.label_lower, set())
    names = [
        field.attname
        for field in model._meta.concrete_fields
        if field.attname not in hidden and not _is_of_arrival(field)
    ]
    rows = model._base_manager.filter(STANDING.get(model._meta.label_lower, Q()))
    return sorted(
        tuple(f"{name}={_plain(value)!r}" for name, value in zip(names, row, strict=True))
        for row in rows.values_list(*names)
    )


def _is_of_arrival(field: Any) -> bool:
    """Return whether a column is numbered or minted as rows come."""
    minted = field.primary_key and (isinstance(field, models.AutoField) or field.default is uuid7)
    return minted or isinstance(field, TransactionIdField)


def _plain(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    return str(value) if isinstance(value, uuid.UUID) else value
