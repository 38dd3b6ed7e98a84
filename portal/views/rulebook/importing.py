"""Rules from files of others: a report of what they say, and drafts of it."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from portal import fields
from portal.fields import Field
from portal.people import Page
from zones import telling
from zones.exchange.formats import FILE_LIMIT, READERS
from zones.imports import RuleImport
from zones.services import rule_imports

FORMATS: dict[str, Any] = {
    "zfe": gettext_lazy("GeoJSON (schema-zfe, sticker timelines, our own export)"),
    "datex2": gettext_lazy("DATEX II controlled zones"),
    "osm": gettext_lazy("OpenStreetMap ways with conditional access"),
    "dtro": gettext_lazy("UK D-TRO"),
}
OUTCOMES: dict[str, tuple[Any, str]] = {
    "taken": (gettext_lazy("taken"), "ok"),
    "unchanged": (gettext_lazy("known already"), ""),
    "refused": (gettext_lazy("refused"), "bad"),
}
NOTES: dict[str, tuple[Any, str]] = {
    "taken": (gettext_lazy("to look at"), "info"),
    "repaired": (gettext_lazy("mended"), "info"),
    "not_understood": (gettext_lazy("not understood"), "warn"),
    "refused": (gettext_lazy("refused"), "bad"),
}
SHOWN = 200


class Import(Page):
    """`/rules/import/`: POST `file, standard, do` (`look` or `write`) has a file read."""

    scope = scopes.RULES_WRITE

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        sent, wrong = more.get("sent", {}), more.get("wrong", {})
        standards = [(name, str(FORMATS.get(name, name))) for name in READERS]
        does = [
            ("look", _("Only look: report, and write nothing")),
            ("write", _("Write zones and drafts")),
        ]
        form = [
            Field("file", _("File"), "file", error=wrong.get("file", "")),
            Field("standard", _("How it is written"), "select",
                  fields.text(sent, "standard") or "zfe", "", wrong.get("standard", ""),
                  standards),
            Field("do", _("What to do with it"), "radio", fields.text(sent, "do") or "look",
                  options=does),
        ]  # fmt: skip
        status = 422 if wrong else 200
        errors = fields.errors(wrong)
        return self.show("portal/rules/import.html", status, form=form, errors=errors)

    def post(self, request: HttpRequest) -> HttpResponse:
        sent, upload = request.POST, request.FILES.get("file")
        wrong: dict[str, Any] = {}
        if upload is None:
            wrong["file"] = _("Choose a file.")
        elif upload.size > FILE_LIMIT:
            wrong["file"] = _("The file is too large.")
        if sent.get("standard") not in READERS:
            wrong["standard"] = _("Choose how the file is written.")
        if wrong or upload is None:
            return self.get(request, sent=sent, wrong=wrong)
        job = rule_imports.ask(
            actor=self.actor,
            name=fields.text({"name": upload.name}, "name", 200),
            content=upload.read(),
            form=sent["standard"],
            now=self.now,
            dry_run=sent.get("do") != "write",
        )
        return redirect("portal:rule-import", job.pk)


class OneImport(Page):
    """`/rules/import/<id>/`: how far it is, and what was taken, mended, not understood and
    refused."""

    scope = scopes.RULES_WRITE
    template: ClassVar[str] = "portal/rules/import_report.html"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        rows = RuleImport.objects.visible_to(self.actor, self.scope)
        job = rows.filter(pk=import_id).first()
        if job is None:
            raise Http404(_("There is no such import."))
        return self.show(self.template, job=job, report=_report(job))


class ImportPart(OneImport):
    """`/rules/import/<id>/progress/`: the part of the page that moves."""

    template = "portal/parts/import_report.html"


def _report(job: RuleImport) -> dict[str, Any]:
    """Return what became of a file: counts, the first zones, and notes about the file."""
    found = rule_imports.report(job)
    return {
        "sentence": _sentence(job),
        "counts": [
            (_("zones drawn"), found.zones),
            (_("regulations with new drafts"), found.regulations),
            (_("mended"), found.repaired),
            (_("not understood"), found.not_understood),
            (_("refused"), found.refused),
        ],
        "items": [_item(item, job.dry_run) for item in found.items[:SHOWN]],
        "more": max(len(found.items) - SHOWN, 0),
        "notes": [note["detail"] for note in found.notes],
    }


def _sentence(job: RuleImport) -> str:
    """Return how far it is."""
    if job.running:
        if not job.total:
            return _("The file waits to be read.")
        said = {"done": job.looked_at, "total": job.total}
        return _("%(done)s of %(total)s zones of the file have been taken.") % said
    if job.state == job.State.FAILED:
        return (
            _("The file could not be taken to its end.")
            if job.looked_at
            else _("The file could not be read.")
        )
    if job.dry_run:
        return _("What it would become")
    return _("What became of it: each draft waits for a review")


def _item(item: dict[str, Any], look: bool) -> dict[str, Any]:
    label, tone = OUTCOMES[item["outcome"]]
    return {
        "name": item["name"] or item["code"],
        "url": "" if look else _url(item["zone_id"]),
        "label": str(label),
        "tone": tone,
        "sentences": [
            sentence
            for regulation in item["regulations"]
            for version in regulation["versions"]
            for sentence in version["sentences"]
        ],
        "notes": [
            (str(NOTES[kind][0]), NOTES[kind][1], note["detail"])
            for kind, note in telling.loud(item)
        ],
    }


def _url(zone_id: str | None) -> str:
    return "" if zone_id is None else reverse("portal:rule-zone", args=[zone_id])
