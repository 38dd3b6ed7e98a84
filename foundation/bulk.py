"""Writing many rows at once: one statement, one parameter per column.

A column travels as a PostgreSQL array in its binary form. Bound one by one, values cost several
times as much CPU on this side as the statement does on the other; as JSON, taking them apart costs
the other side as much as writing them.
"""

from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from typing import Any

import msgspec
import psycopg
from django.db import connection, models
from psycopg.adapt import Dumper
from psycopg.pq import Format

from kernel import wire

_HEADER = Struct(">iiIii").pack  # dimensions, has NULLs, type of elements, length, first index


class _Packed(bytes):
    """An array as PostgreSQL reads it."""


class _PackedDumper(Dumper):
    """Hands an array over as it is; its type is that of the cast in the statement."""

    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


def _array_text(values: Sequence[Any] | None) -> bytes:
    if values is None:
        return wire.NULL
    words = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return wire.text("{" + ",".join(f'"{word}"' for word in words) + "}")


def _json(value: Any) -> bytes:
    return wire.NULL if value is None else wire.json(msgspec.json.encode(value))


_Field = Callable[[Any], bytes]
_KINDS: dict[str, tuple[str, int, _Field]] = {
    "uuid": ("uuid", 2950, wire.uuid),
    "timestamp with time zone": ("timestamptz", 1184, wire.instant),
    "double precision": ("float8", 701, wire.double),
    "smallint": ("int2", 21, wire.smallint),
    "integer": ("int4", 23, wire.integer),
    "bigint": ("int8", 20, wire.bigint),
    "boolean": ("bool", 16, wire.boolean),
    "bytea": ("bytea", 17, wire.binary),
    "text": ("text", 25, wire.text),
    "jsonb": ("jsonb", 3802, _json),
}
"""By the type of a column: the type to send, its number (pg_type), and what makes a field of it."""


def upsert(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    expressions: Mapping[str, str] | None = None,
) -> None:
    """Insert rows (by column, all with the same ones), or update those whose key is there.

    `expressions` are further columns with an SQL expression for all rows. Values are numbers,
    texts, UUIDs, instants, bytes, lists of texts or UUIDs, and what JSON can say for columns of
    JSON; floats keep every bit.
    """
    if not rows:
        return
    kinds = {name: _kind(model, name) for name in rows[0]}
    sent, packed = [], []
    for name, kind in kinds.items():
        as_type, number, field = _KINDS.get(kind, ("text", 25, wire.text))
        if kind.endswith("[]"):
            field = _array_text
        sent.append(f"%s::{as_type}[]")
        fields = b"".join([field(row[name]) for row in rows])
        packed.append(_Packed(_HEADER(1, 1, number, len(rows), 1) + fields))
    chosen = {name: f"{name}::{kind}" for name, kind in kinds.items()} | dict(expressions or {})
    changed = ", ".join(f"{name} = excluded.{name}" for name in chosen if name != key)
    with binary_cursor() as cursor:
        cursor.adapters.register_dumper(_Packed, _PackedDumper)
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(chosen)})"
            f" SELECT {', '.join(chosen.values())}"
            f" FROM unnest({', '.join(sent)}) AS given({', '.join(kinds)})"
            f" ON CONFLICT ({key}) DO UPDATE SET {changed}",
            packed,
        )


def binary_cursor() -> psycopg.Cursor[Any]:
    """Return a cursor that binds on the server's side, and can read rows in binary: no text of
    times or ids is made or parsed."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)


def uuids(found: Sequence[Any]) -> str:
    """Return ids as the text of an array of uuid, cheaper to bind than a list of them."""
    return "{" + ",".join([one.hex for one in found]) + "}"


def _kind(model: type[models.Model], name: str) -> str:
    field = next(field for field in model._meta.concrete_fields if field.column == name)
    return str(field.db_type(connection))
