"""Templates: which there are, and one loaded into a zone."""

from datetime import date
from typing import Any
from uuid import UUID

from msgspec import Struct
from rest_framework.response import Response

from accounts.scopes import RULES_WRITE
from foundation.api.bodies import body
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.views import HubView
from zones import schemes, sentences
from zones.api import shapes
from zones.language import read
from zones.models import AccessZone
from zones.services import schemes as loading

TAGS = ["rules"]


class OrderOut(Struct):
    """A regulation of a template in plain sentences."""

    code: str
    title: str
    sentences: list[str]
    never_in_force: str


class SchemeOut(Struct):
    """A template, with the date and the sources of its facts and what it leaves out."""

    code: str
    title: str
    kind: str
    facts_on: date | None
    sources: list[str]
    left_out: list[str]
    label: str
    starts: str
    time_zone: str | None
    currency: str | None
    regulations: list[OrderOut]
    bay: OrderOut | None


class SchemesOut(Struct):
    """All templates."""

    items: list[SchemeOut]


class LoadIn(Struct, forbid_unknown_fields=True):
    """A template by code (`CODE/bay` is its loading bays), and the first local day of its rules."""

    template: str
    starts_on: date | None = None


class DraftsOut(Struct):
    """The drafts that a template became."""

    items: list[shapes.VersionOut]


class SchemesView(HubView):
    """The templates that ship with the platform."""

    scope = None
    rows = AccessZone.objects

    @schema(response=SchemesOut, summary="List templates of rules", tags=TAGS)
    def get(self, request: Any) -> Response:
        return Response({"items": [_scheme(one) for one in schemes.schemes().values()]})


class LoadView(HubView):
    """A template becomes drafts of a zone."""

    scope = {"POST": RULES_WRITE}
    rows = AccessZone.objects

    @schema(
        request=LoadIn,
        response=DraftsOut,
        status=201,
        summary="Load a template into a zone, as drafts",
        refusals=(409,),
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any, zone_id: UUID) -> Response:
        sent = body(request, LoadIn)
        drafts = loading.load(
            actor=self.actor,
            zone_id=zone_id,
            name=sent.template,
            starts_on=sent.starts_on,
            now=self.now,
        )
        return Response({"items": [shapes.version(one) for one in drafts]}, status=201)


def _scheme(scheme: schemes.Scheme) -> dict[str, Any]:
    names = ("code", "title", "kind", "facts_on", "label", "starts", "time_zone", "currency")
    return {
        **{name: getattr(scheme, name) for name in names},
        "sources": list(scheme.sources),
        "left_out": list(scheme.left_out),
        "regulations": [_order(one) for one in scheme.regulations],
        "bay": None if scheme.bay is None else _order(scheme.bay),
    }


def _order(order: schemes.Order) -> dict[str, Any]:
    start = date(2026, 1, 1)  # relative dates read as those of a zone that begins on this day
    rows = [schemes.resolved(row, start) for row in order.rows]
    return {
        "code": order.code,
        "title": order.title,
        "sentences": [sentences.of_row(row) for row in read(rows)[0]],
        "never_in_force": order.never_in_force,
    }
