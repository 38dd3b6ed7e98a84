"""Ranges of PostgreSQL over columns."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import Func


class TsTzRange(Func):
    """`tstzrange(from, until, '[)')` over two columns; an open end is infinite."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()
