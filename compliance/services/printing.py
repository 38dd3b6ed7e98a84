"""Evidence on paper: a PDF of a bundle, drawn here from what the bundle holds."""

import threading
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import City
from compliance.models import Finding, FindingJournal
from compliance.services.evidence import Bundle
from foundation import codes
from kernel.refusals import Refusal

AT_ONCE = 2
"""Printing takes seconds of a core: more of it at once would hold all threads of a web process."""
RETRY_AFTER_S = 5

_presses = threading.BoundedSemaphore(AT_ONCE)


class _NothingOutside(Exception):
    """A document asked for something of another place: it never does."""


def _refuse(url: str, *_args: Any, **_more: Any) -> Any:
    raise _NothingOutside(url)


def pdf(bundle: Bundle, city: City) -> bytes:
    """Return a bundle as a PDF in the reader's language, times on the city's clocks.

    Nothing is loaded from anywhere: the map is part of the bundle. Raises `server.unavailable`
    while others print.
    """
    if not _presses.acquire(blocking=False):
        detail = _("Others are printing. Try again in a moment.")
        raise Refusal(codes.SERVER_UNAVAILABLE, detail, retry_after_s=RETRY_AFTER_S)
    try:
        return _printed(page(bundle, city))
    finally:
        _presses.release()


def _printed(page: str) -> bytes:
    from weasyprint import HTML  # here: who prints nothing does without its 0.3 s and 40 MB

    made: bytes = HTML(string=page, url_fetcher=_refuse).write_pdf()
    return made


def page(bundle: Bundle, city: City) -> str:
    """Return the page that is printed, as HTML."""
    return render_to_string("compliance/evidence.html", _said(bundle, city))


def _said(bundle: Bundle, city: City) -> dict[str, Any]:
    """Return what the page says, in words and on the city's clocks."""
    drawn = bundle.of("map") or {}
    return {
        "bundle": bundle,
        "city": city,
        "finding": bundle.of("finding") or {},
        "frozen_at": _local(bundle.frozen_at, city.tz),
        "facts": _facts(bundle, city.tz),
        "map": drawn.get("svg", ""),
        "no_way": _no_way(bundle),
        "journal": [
            {
                "at": _local(entry["at"], city.tz),
                "label": _label(FindingJournal.Entry, entry["entry"]),
            }
            for entry in bundle.of("journal") or []
        ],
        "events": [_event(event, city.tz) for event in bundle.events],
        "chain": bundle.entries,
    }


def _no_way(bundle: Bundle) -> str:
    """Return why the way along the streets is not known; empty where it is, or nobody noted."""
    said = {
        "no_streets": _("The way along the streets is not known: no streets were loaded."),
        "streets_not_opened": _(
            "The way along the streets is not known:"
            " the streets could not be opened when the evidence was frozen."
        ),
        "too_few_positions": _(
            "The way along the streets is not known: fewer than two positions were sent."
        ),
        "off_the_streets": _("The positions match no way along the streets."),
    }
    return said.get((bundle.of("path") or {}).get("not_matched"), "")


def _facts(bundle: Bundle, tz: ZoneInfo) -> list[tuple[str, Any]]:
    finding = bundle.of("finding") or {}
    rule, judgement = bundle.of("rule") or {}, bundle.of("judgement") or {}
    return [
        (_("Finding"), finding.get("id", "")),
        (_("Kind"), _label(Finding.Kind, finding.get("kind"))),
        (_("Severity"), _label(Finding.Severity, finding.get("severity"))),
        (_("State"), _label(Finding.State, finding.get("state"))),
        (_("Vehicle"), (bundle.of("vehicle") or {}).get("plate", "")),
        (_("Began"), _local(finding.get("from_at"), tz)),
        (_("Ended"), _local(finding.get("until_at"), tz)),
        (_("Seconds over the limit"), finding.get("seconds_over", "")),
        (_("Grace in seconds"), judgement.get("grace_s", "")),
        (_("Rule"), rule.get("title", finding.get("rule_code", ""))),
        (_("Version"), rule.get("number", "")),
        (_("In force from"), _local(rule.get("legal_from"), tz)),
        (_("Recorded"), _local(rule.get("recorded_from"), tz)),
        (_("Legal reference"), rule.get("legal_reference") or "–"),
    ]


def _event(told: dict[str, Any], tz: ZoneInfo) -> dict[str, Any]:
    placed = "lng" in told
    accuracy = told.get("accuracy_m")
    return {
        "at": _local(told["effective_at"], tz),
        "event_type": told["event_type"],
        "where": f"{told['lat']:.6f}, {told['lng']:.6f}" if placed else "",
        "accuracy": "" if accuracy is None else f"{accuracy:.0f} m",
        "inside": told.get("inside"),
    }


def _label(choices: Any, value: Any) -> str:
    """Return what people call a value; the value itself where a later version knows it no more."""
    return str(choices(value).label) if value in choices.values else str(value or "")


def _local(at: datetime | str | None, tz: ZoneInfo) -> str:
    if not at:
        return "–"
    read = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{read.astimezone(tz):%Y-%m-%d %H:%M:%S}"
