"""Reports as CSV (RFC 4180), UTF-8, with a header."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse

from reports.rules import safe_cell


def csv_response(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], name: str) -> Any:
    """Return the rows as a file to download; cells that look like formulas are quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([safe_cell("" if row[c] is None else row[c]) for c in columns])
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
