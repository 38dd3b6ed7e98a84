"""Sets of logistic units, small enough to be kept in the state of a fold.

A set is the sorted 8-byte digests of its units, one after the other: 200 units take 1.6 kB, and
equal sets are equal bytes. Two of a thousand units share a digest once in 4 * 10^13 days
(birthday bound 1000^2 / 2 / 2^64).
"""

from collections.abc import Iterable
from hashlib import blake2b

SIZE = 8


def added(packed: bytes, units: Iterable[str]) -> bytes:
    """Return the set with these units in it."""
    return b"".join(sorted(_digests(packed) | {_digest(unit) for unit in units}))


def known(packed: bytes, units: Iterable[str]) -> list[str]:
    """Return those of the units that are in the set, in the order given."""
    digests = _digests(packed)
    return [unit for unit in units if _digest(unit) in digests]


def _digest(unit: str) -> bytes:
    return blake2b(unit.encode(), digest_size=SIZE).digest()


def _digests(packed: bytes) -> set[bytes]:
    return {packed[place : place + SIZE] for place in range(0, len(packed), SIZE)}
