"""Writing many rows at once: one statement, one parameter.

The rows travel as one JSON text that PostgreSQL takes apart. Bound one by one, their values cost
several times as much CPU on this side as the statement does on the other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.db import connection, models


def upsert(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    expressions: Mapping[str, str] | None = None,
) -> None:
    """Insert rows (by column, all with the same ones), or update those whose key is there.

    `expressions` are further columns with an SQL expression for all rows. Values are what JSON
    can say, UUIDs, instants, and bytes for binary columns; floats keep every bit.
    """
    if not rows:
        return
    told = {name: _field(model, name) for name in rows[0]}
    given = ", ".join(f"{name} {_carried(kind)}" for name, kind in told.items())
    selected = {name: _read(name, kind) for name, kind in told.items()} | dict(expressions or {})
    changed = ", ".join(f"{name} = excluded.{name}" for name in selected if name != key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(selected)})"
            f" SELECT {', '.join(selected.values())} FROM json_to_recordset(%s) AS given({given})"
            f" ON CONFLICT ({key}) DO UPDATE SET {changed}",
            [msgspec.json.encode(rows).decode()],
        )


def uuids(found: Sequence[Any]) -> str:
    """Return ids as the text of an array of uuid, cheaper to bind than a list of them."""
    return "{" + ",".join([one.hex for one in found]) + "}"


def _field(model: type[models.Model], name: str) -> str:
    field = next(field for field in model._meta.concrete_fields if field.column == name)
    return str(field.db_type(connection))


def _carried(kind: str) -> str:
    return "text" if kind == "bytea" else kind


def _read(name: str, kind: str) -> str:
    return f"decode({name}, 'base64')" if kind == "bytea" else name
