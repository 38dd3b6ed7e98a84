"""Reports of imports: kept as they were made, told in the reader's language.

What is kept says everything in English, with what it takes to say it in other languages beside it;
what is told has nothing but the report.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from foundation.texts import language_of_request, said
from kernel.text import Filled
from zones import sentences
from zones.exchange.drafts import Note
from zones.language import Row
from zones.phrases import LANGUAGES

LOOKED_AT = frozenset({"ground_shared"})
"""Codes of notes about what was taken as it stands that people should look at all the same."""
KINDS = ("taken", "repaired", "not_understood", "refused")


def kept(note: Note) -> dict[str, Any]:
    """Return a note as it is kept."""
    told: dict[str, Any] = {"code": note.code, "detail": str(note.detail), "at": note.at}
    if isinstance(note.detail, Filled):
        facts = {name: str(value) for name, value in note.detail.facts.items()}
        told |= {"template": note.detail.template, "facts": facts}
    return told


def kept_sentences(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what rows say, as it is kept."""
    found = {one: [sentences.of_row(row, one) for row in rows] for one in LANGUAGES}
    return {"sentences": found.pop("en"), "translations": found}


def note(found: dict[str, Any]) -> dict[str, Any]:
    """Return a note that was kept, told."""
    told = {name: text for name, text in found.items() if name not in ("template", "facts")}
    detail = Filled(found["template"], **found["facts"]) if "template" in found else told["detail"]
    return told | {"detail": said(detail)}


def items(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return reports of zones that were kept, told."""
    return [_item(one) for one in found]


def loud(item: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the kinds and notes of a zone's report that people have to look at."""
    return [
        (kind, one)
        for kind in KINDS
        for one in item[kind]
        if kind != "taken" or one["code"] in LOOKED_AT
    ]


def _item(found: dict[str, Any]) -> dict[str, Any]:
    told = {kind: [note(one) for one in found[kind]] for kind in KINDS}
    regulations = [
        one | {"versions": [_version(version) for version in one["versions"]]}
        for one in found["regulations"]
    ]
    return found | told | {"regulations": regulations}


def _version(found: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in found.items() if name != "translations"}
    spoken = found.get("translations", {}).get(language_of_request())
    return told if spoken is None else told | {"sentences": spoken}
