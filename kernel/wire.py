"""PostgreSQL's binary formats, by hand: a batch becomes bytes without a cast per value.

A field is its length and its value, in COPY as in the elements of an array.
Source: PostgreSQL 15 documentation, COPY, "Binary Format". Pure.
"""

from datetime import UTC, datetime, timedelta
from struct import Struct
from uuid import UUID

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
_INT8 = Struct(">iq").pack
_INT4 = Struct(">ii").pack
_INT2 = Struct(">ih").pack
_FLOAT8 = Struct(">id").pack
_LENGTH = Struct(">i").pack
_UUID_LENGTH = _LENGTH(16)
_TRUE, _FALSE = _LENGTH(1) + b"\x01", _LENGTH(1) + b"\x00"


def row_header(columns: int) -> bytes:
    """Return what every row of so many columns begins with."""
    return Struct(">h").pack(columns)


def uuid(value: UUID | None) -> bytes:
    """Return a uuid field."""
    return NULL if value is None else _UUID_LENGTH + value.bytes


def instant(value: datetime | None) -> bytes:
    """Return a timestamptz field: microseconds since 2000."""
    return NULL if value is None else _INT8(8, (value - EPOCH) // MICRO)


def bigint(value: int | None) -> bytes:
    """Return an int8 field."""
    return NULL if value is None else _INT8(8, value)


def integer(value: int | None) -> bytes:
    """Return an int4 field."""
    return NULL if value is None else _INT4(4, value)


def smallint(value: int | None) -> bytes:
    """Return an int2 field."""
    return NULL if value is None else _INT2(2, value)


def double(value: float | None) -> bytes:
    """Return a float8 field."""
    return NULL if value is None else _FLOAT8(8, value)


def boolean(value: bool | None) -> bytes:
    """Return a bool field."""
    return NULL if value is None else _TRUE if value else _FALSE


def binary(value: bytes | None) -> bytes:
    """Return a bytea field."""
    return NULL if value is None else _LENGTH(len(value)) + value


def text(value: str | None) -> bytes:
    """Return a text field."""
    return NULL if value is None else binary(value.encode())


def json(value: bytes | None) -> bytes:
    """Return a jsonb field (version 1) from JSON text."""
    return NULL if value is None else _LENGTH(len(value) + 1) + b"\x01" + value
