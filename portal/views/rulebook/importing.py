"""Rules from files of others: a report of what they say, and drafts of it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from portal import fields
from portal.fields import Field
from portal.people import Page
from zones.exchange.formats import READERS
from zones.services import importing

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
    "repaired": (gettext_lazy("mended"), "info"),
    "not_understood": (gettext_lazy("not understood"), "warn"),
    "refused": (gettext_lazy("refused"), "bad"),
}
SHOWN = 200


class Import(Page):
    """`/rules/import/`: POST `file, standard, do` (`look` or `write`) reads a file, with a report
    of what was taken, mended, not understood and refused."""

    scope = scopes.RULES_WRITE

    def get(self, request: HttpRequest, **more: Any) -> HttpResponse:
        sent, wrong = more.pop("sent", {}), more.pop("wrong", {})
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
        return self.show(
            "portal/rules/import.html",
            more.pop("status", 422 if wrong else 200),
            form=form,
            errors=fields.errors(wrong),
            **more,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        sent, upload = request.POST, request.FILES.get("file")
        wrong: dict[str, Any] = {}
        if upload is None:
            wrong["file"] = _("Choose a file.")
        if sent.get("standard") not in READERS:
            wrong["standard"] = _("Choose how the file is written.")
        if wrong or upload is None:
            return self.get(request, sent=sent, wrong=wrong)
        look = sent.get("do") != "write"
        found = importing.take(
            actor=self.actor,
            files=[(fields.text({"name": upload.name}, "name", 200), upload.read())],
            form=sent["standard"],
            now=self.now,
            dry_run=look,
        )
        if not look:
            messages.success(request, _("The drafts are written. Each waits for a review."))
        return self.get(request, sent=sent, report=_report(found, look))


def _report(found: importing.Figures, look: bool) -> dict[str, Any]:
    """Return what became of a file: counts, the first zones, and notes about the file."""
    return {
        "look": look,
        "counts": [
            (_("zones drawn"), found.zones),
            (_("regulations with new drafts"), found.regulations),
            (_("mended"), found.repaired),
            (_("not understood"), found.not_understood),
            (_("refused"), found.refused),
        ],
        "items": [_item(item, look) for item in found.items[:SHOWN]],
        "more": max(len(found.items) - SHOWN, 0),
        "notes": [note["detail"] for note in found.notes],
    }


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
            for kind in NOTES
            for note in item[kind]
        ],
    }


def _url(zone_id: UUID | None) -> str:
    return "" if zone_id is None else reverse("portal:rule-zone", args=[zone_id])
