"""Tables whose headings are links: sorting works without JavaScript and stands in the address."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True)
class Column:
    """A heading; `order` names the model fields behind it, empty when it cannot be sorted."""

    key: str
    label: Any
    order: tuple[str, ...] = ()
    numeric: bool = False


@dataclass(frozen=True)
class Heading:
    label: Any
    url: str
    aria_sort: str
    numeric: bool


@dataclass(frozen=True)
class Table:
    """What a template needs: headings, the rows of this page, how many there are in all."""

    headings: list[Heading]
    rows: list[Any]
    total: int
    next_url: str = ""
    previous_url: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def link(request: HttpRequest, **changes: str) -> str:
    """Return this page's address with some query parameters changed; None-like '' drops one."""
    query = request.GET.copy()
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return f"?{query.urlencode()}" if query else request.path


def table(
    request: HttpRequest,
    rows: Any,
    columns: Sequence[Column],
    *,
    default: str,
    per_page: int = 50,
    prepare: Callable[[Iterable[Any]], list[Any]] = list,
) -> Table:
    """Return a sorted page of `rows` (a queryset). `?sort=-key&page=2`; what is unknown is default.

    `prepare` turns the rows of one page into what the template shows, in one go.
    """
    sortable = {column.key: column for column in columns if column.order}
    wanted = request.GET.get("sort", default)
    if wanted.lstrip("-") not in sortable:
        wanted = default
    down = wanted.startswith("-")
    chosen = sortable[wanted.lstrip("-")]
    order = [f"-{name}" if down else name for name in (*chosen.order, "pk")]
    number = request.GET.get("page", "1")
    page = max(int(number), 1) if number.isdecimal() and len(number) < 6 else 1
    total = rows.count()
    start = (page - 1) * per_page
    shown = prepare(rows.order_by(*order)[start : start + per_page])
    return Table(
        headings=[_heading(request, column, chosen.key, down) for column in columns],
        rows=shown,
        total=total,
        next_url=link(request, page=str(page + 1)) if start + per_page < total else "",
        previous_url=link(request, page=str(page - 1)) if page > 1 else "",
    )


def listed(
    request: HttpRequest, rows: Sequence[Any], columns: Sequence[Column], *, default: str
) -> Table:
    """Return all of a short list that is in memory, sorted by the attributes in `order`."""
    sortable = {column.key: column for column in columns if column.order}
    wanted = request.GET.get("sort", default)
    if wanted.lstrip("-") not in sortable:
        wanted = default
    chosen, down = sortable[wanted.lstrip("-")], wanted.startswith("-")
    shown = sorted(
        rows, key=lambda row: tuple(getattr(row, name) for name in chosen.order), reverse=down
    )
    headings = [_heading(request, column, chosen.key, down) for column in columns]
    return Table(headings, shown, len(shown))


def _heading(request: HttpRequest, column: Column, chosen: str, down: bool) -> Heading:
    if not column.order:
        return Heading(column.label, "", "", column.numeric)
    current = column.key == chosen
    to = f"-{column.key}" if current and not down else column.key
    sort = ("descending" if down else "ascending") if current else ""
    return Heading(column.label, link(request, sort=to, page=""), sort, column.numeric)
