"""Rules in and out: files of others become drafts, what rules is published in open formats."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.response import Response

from accounts.scopes import RULES_WRITE
from foundation import codes
from foundation.api.idempotency import idempotent
from foundation.api.openapi import schema
from foundation.api.query import choice, instant
from foundation.api.renderers import GeoJSONRenderer, HubJSONRenderer
from foundation.api.views import HubView
from kernel.refusals import Refusal
from zones import telling
from zones.api import feed_shapes as shapes
from zones.api.conditional import etag_of, known_by
from zones.api.renderers import XMLRenderer
from zones.codes import FILE_UNREADABLE
from zones.exchange import datex_out, mds, own, zfe_out
from zones.exchange.formats import READERS
from zones.exchange.published import PublishedZone, Unsaid
from zones.imports import RuleImport
from zones.models import AccessZone, RegulationVersion
from zones.selectors import exporting, feeds
from zones.services import rule_imports

TAGS = ["rules"]
IMPORT_LIMIT = 16 * 1024 * 1024
"""Bytes of a file that is taken by the API; larger ones are for the command."""
AT = {"at": "What rules at this instant or later (default: now)."}
EXPORTS = ("geojson", "zfe", "datex2", "mds")
_FILE = {
    "description": "The file itself, as JSON, XML or octets; or a form with the part `file`.",
}


class ImportsView(HubView):
    """Files of rules."""

    scope = {"POST": RULES_WRITE}
    rows = RegulationVersion.objects

    @schema(
        request=_FILE,
        response=shapes.ImportReport,
        summary="Take a file of rules as drafts, with a report",
        parameters={
            "standard": f"How the file is written: {', '.join(READERS)}.",
            "dry_run": "`true`: report and write nothing.",
        },
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Any) -> Response:
        form = choice(request, "standard", READERS)
        if form is None:
            raise Refusal(
                codes.REQUEST_INVALID,
                _("One of: %(choices)s.") % {"choices": ", ".join(READERS)},
                parameter="standard",
            )
        name, content = _uploaded(request._request)
        job = rule_imports.ask(
            actor=self.actor,
            name=name,
            content=content,
            form=form,
            now=self.now,
            dry_run=choice(request, "dry_run", ("true", "false")) == "true",
        )
        if job.state == job.State.FAILED:
            (reason,) = job.notes
            raise Refusal(FILE_UNREADABLE, telling.note(reason)["detail"], reason=reason["code"])
        where = reverse("rules-import", args=[job.id])
        status = 202 if job.running else 200
        return Response(shapes.report(job), status=status, headers={"Location": where})


class ImportView(HubView):
    """One import: how far it is, and what became of the file."""

    scope = RULES_WRITE
    rows = RuleImport.objects

    @schema(
        response=shapes.ImportReport,
        summary="Show how far the import of a file is, with what became of it so far",
        tags=TAGS,
    )
    def get(self, request: Any, import_id: UUID) -> Response:
        return Response(shapes.report(self.one(import_id)))


class RulesFeedView(HubView):
    """Everything that was recorded of the city's rules."""

    scope = None
    rows = AccessZone.objects

    @schema(
        response=shapes.RulesFeed,
        summary="All zones, regulations and calendars as recorded, or what changed since",
        parameters={"since": "Only zones and calendars of which any part changed since then."},
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        since = instant(request, "since")
        etag = etag_of(self.actor.city_id, feeds.mark(self.actor.city_id), since)
        if known_by(request, etag):
            return Response(status=304, headers={"ETag": etag})
        seen = self.visible().values_list("id", flat=True)
        city_id = self.actor.city_id
        return Response(
            {
                "as_of": self.now,
                "zones": feeds.zones(city_id, since, self.now, seen),
                "calendars": feeds.calendars(city_id, since),
            },
            headers={"ETag": etag, "Cache-Control": "no-cache"},
        )


class ExportView(HubView):
    """What rules, and what will, in a format: the base of the exports."""

    scope = None
    rows = AccessZone.objects
    form: str

    def zones(self, request: Any) -> list[PublishedZone]:
        """Return the zones to export."""
        seen = set(self.visible().values_list("id", flat=True))
        return exporting.published(self.actor.city_id, self.since(request), seen)

    def since(self, request: Any) -> datetime:
        """Return the instant from which on is asked."""
        return instant(request, "at") or self.now

    def answer(
        self, request: Any, zones: list[PublishedZone], content: Callable[[], Any]
    ) -> Response:
        """Return the content, or 304 to who has it: the instant asked about is no part of it."""
        said = HubJSONRenderer().render([own.feature(zone) for zone in zones])
        etag = etag_of(self.form, hashlib.sha256(said).hexdigest())
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if known_by(request, etag):
            return Response(status=304, headers=headers)
        return Response(content(), headers=headers)


class GeoJSONExportView(ExportView):
    """Our own GeoJSON."""

    form = "geojson"
    renderer_classes = (GeoJSONRenderer, HubJSONRenderer)

    @schema(
        response=shapes.Features,
        media="application/geo+json",
        summary="Export what rules as GeoJSON, with the rows as they were written",
        parameters=AT,
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        zones = self.zones(request)
        return self.answer(request, zones, lambda: shapes.features(map(own.feature, zones), []))


class ZfeExportView(ExportView):
    """The French schema of low-emission zones."""

    form = "zfe"
    renderer_classes = (GeoJSONRenderer, HubJSONRenderer)

    @schema(
        response=shapes.Features,
        media="application/geo+json",
        summary="Export low-emission zones in the shape of schema-zfe",
        parameters=AT,
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        zones = self.zones(request)
        tz = self.actor.city.tz
        return self.answer(request, zones, lambda: shapes.features(*zfe_out.write(zones, tz)))


class DatexExportView(ExportView):
    """DATEX II."""

    form = "datex2"
    renderer_classes = (XMLRenderer,)

    @schema(
        response={"type": "string"},
        media="application/xml",
        summary="Export controlled zones as DATEX II 3",
        parameters=AT,
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        zones = self.zones(request)
        publisher = exporting.publisher(self.actor.city)
        return self.answer(request, zones, lambda: datex_out.write(zones, publisher, self.now)[0])


class UnsaidView(ExportView):
    """What an export could not say."""

    form = "unsaid"

    @schema(
        response=shapes.UnsaidReport,
        summary="Name what an export cannot say of what rules",
        parameters=AT | {"standard": f"The export: {', '.join(EXPORTS)}."},
        tags=TAGS,
    )
    def get(self, request: Any) -> Response:
        standard = choice(request, "standard", EXPORTS) or "geojson"
        zones = self.zones(request)
        found = shapes.unsaid(self._unsaid(standard, zones))
        return Response({"standard": standard, "unsaid": found})

    def _unsaid(self, standard: str, zones: list[PublishedZone]) -> list[Unsaid]:
        publisher = exporting.publisher(self.actor.city)
        match standard:
            case "zfe":
                return zfe_out.write(zones, self.actor.city.tz)[1]
            case "datex2":
                return datex_out.write(zones, publisher, self.now)[1]
            case "mds":
                return mds.policies(zones, publisher)[1]
        return []  # our own says everything


def _uploaded(raw: Any) -> tuple[str, bytes]:
    """Return name and content of the file in a request.

    Raises a Refusal: 415 for a media type that no format has, 413 above IMPORT_LIMIT, 400 for a
    form that is none, 422 for one without the part `file`.
    """
    announced = raw.META.get("CONTENT_LENGTH") or "0"
    if announced.isdigit() and int(announced) > IMPORT_LIMIT:
        raise _too_large()
    media = raw.META.get("CONTENT_TYPE", "").split(";")[0].strip().lower()
    if media == "multipart/form-data":
        try:
            file = raw.FILES.get("file")
        except MultiPartParserError as error:
            raise Refusal(codes.REQUEST_BAD, _("The form cannot be read.")) from error
        if file is None:
            raise Refusal(codes.REQUEST_INVALID, _("The form has no part “file”."), pointer="/file")
        if file.size > IMPORT_LIMIT:
            raise _too_large()
        return (file.name or "file").replace("\x00", "")[:200], file.read()
    if not media.endswith(("json", "xml", "octet-stream", "pbf")):
        raise Refusal(
            codes.REQUEST_MEDIA_TYPE, _("Send JSON, XML, octets or a form."), received=media
        )
    try:
        content = raw.body
    except RequestDataTooBig:
        raise _too_large() from None
    if len(content) > IMPORT_LIMIT:
        raise _too_large()
    return "body", content


def _too_large() -> Refusal:
    return Refusal(
        codes.REQUEST_TOO_LARGE,
        _("The body is larger than this endpoint takes."),
        limit_bytes=IMPORT_LIMIT,
    )
