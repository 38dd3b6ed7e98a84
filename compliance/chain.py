"""Evidence as a chain of hashes: what was frozen cannot be changed unnoticed. Pure.

Each entry's hash is the SHA-256 of the hash before it, its kind and its content, written as JSON
with sorted keys, without blanks and in UTF-8. The first hash before all others is the empty text.
Whoever was told a head can verify all that lies before it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

Part = tuple[str, Any]
"""Kind and content of an entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a bundle with its hash (64 hexadecimal digits)."""

    kind: str
    content: Any
    hash: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle as it is kept: its number, the head before it, its own head, its text."""

    number: int
    previous: str
    head: str
    document: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first link that does not hold: the bundle's number, the entry's number from 0, and its
    kind ('' where the entry itself is missing or no entry)."""

    bundle: int
    entry: int
    kind: str


def plain(value: Any) -> str:
    """Return a JSON value as the one text that is hashed. Raises ValueError for NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def link(previous: str, kind: str, content: Any) -> str:
    """Return the hash of an entry that follows the hash `previous`."""
    return sha256(plain([previous, kind, content]).encode()).hexdigest()


def seal(number: int, previous: str, parts: Iterable[Part]) -> Sealed:
    """Return the bundle of these parts, linked to the head of the bundle before it ('' = none)."""
    head, entries = previous, []
    for kind, content in parts:
        head = link(head, kind, content)
        entries.append({"kind": kind, "content": content, "hash": head})
    return Sealed(number, previous, head, plain(entries))


def entries_of(document: str) -> list[Entry]:
    """Return the entries of a bundle's text. Raises ValueError for a text that is none."""
    read = json.loads(document)
    if not isinstance(read, list):
        raise ValueError("a document is a list of entries")
    return [_entry(item) for item in read]


def _entry(item: Any) -> Entry:
    if not isinstance(item, dict) or set(item) != {"kind", "content", "hash"}:
        raise ValueError("an entry has a kind, a content and a hash")
    return Entry(str(item["kind"]), item["content"], str(item["hash"]))


def first_break(bundles: Sequence[Sealed]) -> Break | None:
    """Return the first link of a finding's chain that does not hold, or None.

    `bundles` are all that are kept, in order; a missing one breaks the link of the next.
    """
    head = ""
    for number, bundle in enumerate(bundles, start=1):
        if bundle.number != number or bundle.previous != head:
            return Break(bundle.number, 0, "")
        found = _first_break_in(bundle)
        if found is not None:
            return found
        head = bundle.head
    return None


def _first_break_in(bundle: Sealed) -> Break | None:
    try:
        entries = entries_of(bundle.document)
    except ValueError:
        return Break(bundle.number, 0, "")
    head = bundle.previous
    for number, entry in enumerate(entries):
        head = link(head, entry.kind, entry.content)
        if entry.hash != head:
            return Break(bundle.number, number, entry.kind)
    if not entries or head != bundle.head or bundle.document != plain(_as_json(entries)):
        return Break(bundle.number, len(entries), "")
    return None


def _as_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [{"kind": e.kind, "content": e.content, "hash": e.hash} for e in entries]
