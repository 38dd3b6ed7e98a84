"""Identifiers: minted (uuid7), derived (uuid5), senders' own references, shards, plates."""

import secrets
import threading
import unicodedata
import zlib
from collections.abc import Sequence
from uuid import UUID, uuid5

from kernel.clock import wall

SHARDS = 16
REF_PREFIX = "ref:"

_lock = threading.Lock()
_last = 0


def uuid7() -> UUID:
    """Return a new time-ordered id (RFC 9562, section 5.7, method 2).

    48 bits of Unix milliseconds, then 18 bits that grow within the millisecond, then 56 random
    bits. Ids minted by one process strictly increase.
    """
    global _last
    moment = wall()
    millis = int(moment.timestamp() * 1000)
    with _lock:
        # 18 bits below the millisecond: start low, so that a burst has room to count up.
        tick = (millis << 18) | secrets.randbits(17)
        _last = tick if tick > _last else _last + 1
        tick = _last
    millis, count = tick >> 18, tick & 0x3FFFF
    rand_a, count_low = count >> 6, count & 0x3F
    value = (millis & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | rand_a << 64
    value |= 0b10 << 62 | count_low << 56 | secrets.randbits(56)
    return UUID(int=value)


def derived(namespace: UUID, kind: str, *parts: str) -> UUID:
    """Return the uuid5 of `kind|part|part` in a namespace: the same input, the same id, for ever.

    A `|` or a backslash inside a part is escaped, so that no two lists of parts share an id.
    """
    escaped = (part.replace("\\", "\\\\").replace("|", "\\|") for part in (kind, *parts))
    return uuid5(namespace, "|".join(escaped))


def ref_id(sender: UUID, kind: str, ref: str) -> UUID:
    """Return our id for a sender's own id of a `vehicle`, `trip`, `stop` or `facility`."""
    return derived(sender, kind, ref)


def resolve(sender: UUID, kind: str, value: str) -> UUID:
    """Return the id that a sender means by a UUID or by `ref:<its own id>`.

    Raises ValueError when the text is neither.
    """
    if value.startswith(REF_PREFIX):
        ref = value[len(REF_PREFIX) :]
        if not ref:
            raise ValueError("a reference must not be empty")
        return ref_id(sender, kind, ref)
    return UUID(value)


def packed(texts: Sequence[str]) -> bytes:
    """Return the 16 bytes of each of many UUIDs, one after the other, in a few calls for all.

    Raises ValueError when one of them is not written in the usual form (RFC 9562, section 4).
    """
    joined, dashes = "".join(texts), "-" * len(texts)
    if not {36}.issuperset(map(len, texts)) or any(
        joined[place::36] != dashes for place in (8, 13, 18, 23)
    ):
        raise ValueError("not a UUID")
    found = bytes.fromhex(joined.replace("-", ""))
    if len(found) != 16 * len(texts):  # blanks between bytes and further dashes are read as well
        raise ValueError("not a UUID")
    return found


def shard_of(subject: UUID) -> int:
    """Return the shard of a subject, 0 to `SHARDS` - 1 (CRC-32 of its 16 bytes). Never changes."""
    return zlib.crc32(subject.bytes) % SHARDS


def normalise_plate(text: str) -> str:
    """Return a number plate as it is compared: compatibility forms folded, upper case, and only
    letters and digits (`ab-12 c` and `AB12C` are one plate)."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in folded if char.isalnum())
