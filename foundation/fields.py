"""PostgreSQL's `xid8`, the 64-bit number of the transaction that wrote a row; and a lookup of many
ids at once."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models
from django.db.models import Func

from foundation.bulk import uuids


@models.UUIDField.register_lookup
class Among(models.Lookup):
    """`id__among=ids`: as `__in`, with one parameter however many ids there are."""

    lookup_name = "among"
    prepare_rhs = False

    def get_prep_lookup(self) -> Any:
        return list(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        if not self.rhs:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::uuid[])", [*params, uuids(self.rhs)]


class CurrentTransaction(Func):
    """`pg_current_xact_id()`: the number of the running transaction."""

    function = "pg_current_xact_id"
    template = "%(function)s()"
    arity = 0

    def __init__(self, **extra):
        super().__init__(output_field=TransactionIdField(), **extra)


class TransactionIdField(models.Field):
    """An `xid8` column; an int in Python. With it rows are read in the order of commit."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def db_type(self, connection):
        return "xid8"

    def from_db_value(self, value, expression, connection):
        return None if value is None else int(value)

    def to_python(self, value):
        return None if value is None else int(value)

    def get_prep_value(self, value):
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return str(int(value))

    def get_placeholder(self, value, compiler, connection):
        if hasattr(value, "resolve_expression"):
            return "%s"
        return "%s::xid8"
