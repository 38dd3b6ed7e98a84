"""Statements that are written by hand, and whole rows of models from them.

For what is asked with every request: there, putting a statement together and planning it anew
costs more than all the rest.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.db import connection, models
from django.db.backends.postgresql.base import ServerBindingCursor
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus


class _Planned(ServerBindingCursor):
    """A cursor for statements that the server plans once.

    It remembers its statement, as Django's log of queries asks (a prepared one is sent by name),
    and has it planned anew when a migration changed the type of a column meanwhile.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        try:
            return super().execute(query, params, **options)
        except FeatureNotSupported:
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise
            self.connection._prepared.clear()
            return super().execute(query, params, **options)

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        self._query = super()._convert_query(query, params)
        return self._query


@contextmanager
def planned() -> Iterator[Any]:
    """Open a cursor whose statements the server plans once for each connection, not each time.

    The text of a statement must always be the same: values go into its parameters.
    """
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection._prepare_cursor(_Planned(connection.connection)) as cursor:
        yield cursor


class Columns:
    """A model's columns in a statement written by hand, and its rows from what that returns."""

    def __init__(self, model: type[models.Model], alias: str) -> None:
        self._model, self._alias = model, alias

    @cached_property
    def names(self) -> list[str]:
        """Return the attributes, in the order of the columns."""
        return [field.attname for field in self._model._meta.concrete_fields]

    @cached_property
    def select(self) -> str:
        """Return the list of columns for a SELECT."""
        columns = (field.column for field in self._model._meta.concrete_fields)
        return ", ".join(f'{self._alias}."{column}"' for column in columns)

    def row(self, values: Sequence[Any]) -> Any:
        """Return the row that a query would have given."""
        read = list(values)
        for place, converters in self._converters:
            for convert in converters:
                read[place] = convert(read[place], None, connection)
        return self._model.from_db(connection.alias, self.names, read)

    @cached_property
    def _converters(self) -> list[tuple[int, list[Any]]]:
        fields = enumerate(self._model._meta.concrete_fields)
        every = [(place, field.get_db_converters(connection)) for place, field in fields]
        return [(place, converters) for place, converters in every if converters]
