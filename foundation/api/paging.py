"""Cursor paging: `{"items": […], "next": url|null}` and a `Link: <…>; rel="next"` header."""

import base64
import binascii
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.response import Response

from foundation import codes
from kernel.refusals import Refusal

DEFAULT_LIMIT = 100
MOST = 1000


class CursorPage:
    """One page of a queryset, in the order of fields that together are unique; of several
    querysets, one page of them merged.

    `order` names the fields, all ascending or (each with `-`) all descending, the last one being
    unique. Rows that appear meanwhile never shift a page.
    """

    def __init__(self, request: Any, *querysets: QuerySet, order: tuple[str, ...] = ("id",)):
        self.request = request
        self.descending = order[0].startswith("-")
        self.fields = tuple(name.lstrip("-") for name in order)
        self.limit = limit_of(request)
        cursor = request.GET.get("cursor")
        try:
            behind = self._behind(_unpack(cursor, len(self.fields))) if cursor else Q()
            found = self._read(querysets, behind, order)
        except (ValueError, TypeError, ValidationError) as error:
            raise _bad_cursor() from error
        self.rows = found[: self.limit]
        self.next = self._next_url() if len(found) > self.limit else None

    def _read(self, querysets: Sequence[QuerySet], behind: Q, order: tuple[str, ...]) -> list[Any]:
        found: list[Any] = []
        for rows in querysets:
            found += rows.filter(behind).order_by(*order)[: self.limit + 1]
        if len(querysets) > 1:
            found.sort(key=attrgetter(*self.fields), reverse=self.descending)
        return found[: self.limit + 1]

    def _behind(self, values: list[Any]) -> Q:
        """Return the condition of what lies behind a row; its first part is one that an index can
        start from."""
        verb = "lt" if self.descending else "gt"
        condition = Q()
        for index, name in enumerate(self.fields):
            step = Q(**{f"{name}__{verb}": values[index]})
            for before in range(index):
                step &= Q(**{self.fields[before]: values[before]})
            condition |= step
        return Q(**{f"{self.fields[0]}__{verb}e": values[0]}) & condition

    def _next_url(self) -> str:
        last = self.rows[-1]
        values = []
        for name in self.fields:
            value = last
            for part in name.split("__"):
                value = getattr(value, part)
            values.append(value)
        query = self.request.GET.copy()
        query["cursor"] = _pack(values)
        raw = getattr(self.request, "_request", self.request)
        return raw.build_absolute_uri(f"{raw.path}?{query.urlencode()}")

    def response(self, to_dict: Callable[[Any], dict[str, Any]], **extra: Any) -> Response:
        """Return the answer: every row through `to_dict`, the next page in body and header."""
        answer = Response(
            {"items": [to_dict(row) for row in self.rows], "next": self.next, **extra}
        )
        if self.next:
            answer["Link"] = f'<{self.next}>; rel="next"'
        return answer


def limit_of(request: Any) -> int:
    """Return the page size asked for by `?limit=`, 1 to 1000. Raises a Refusal for another."""
    text = request.GET.get("limit", str(DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise Refusal(
            codes.REQUEST_INVALID, _("limit must be a number from 1 to 1000."), parameter="limit"
        )
    return int(text)


def _pack(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _unpack(cursor: str, count: int) -> list[Any]:
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, msgspec.DecodeError, ValueError) as error:
        raise _bad_cursor() from error
    if not isinstance(values, list) or len(values) != count:
        raise _bad_cursor()
    return values


def _bad_cursor() -> Refusal:
    return Refusal(codes.REQUEST_CURSOR, _("Take cursors from `next`, unchanged."))
