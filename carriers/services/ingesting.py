"""Files into the intake: the way of the API, in chunks that commit one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from accounts.models import Organisation
from accounts.scopes import CARRIER
from carriers import codes
from carriers.adapters import files
from carriers.adapters.files import Piece
from carriers.services import dialects, intake, partitions
from carriers.services.dialects import Message
from kernel.refusals import Refusal

CHUNK = 1_000
"""Messages of a transaction: imports must not hold the log's horizon back for long."""


@dataclass
class Figures:
    """What became of files. `refusals` are files and messages of which nothing was taken,
    `doubts` what is kept beside the log (quarantined, conflicts), `notes` what has no event."""

    files: int = 0
    items: int = 0
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    quarantined: int = 0
    refused: int = 0
    files_accepted: int = 0
    files_refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    doubts: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)


def actor_of(organisation: Organisation) -> Actor:
    """Return the actor of an import: the organisation itself, without a client."""
    return Actor(city=organisation.city, organisation=organisation, scopes=CARRIER)


def ingest(
    *, actor: Actor, paths: Iterable[Path], form: str, now: datetime, dry_run: bool = False
) -> Figures:
    """Take files of a format (`cityhub`, `mds`, `otm`, `epcis`) and return what became of them.

    With `dry_run` everything is done and undone: nothing is written, the figures are the same.
    """
    figures = Figures()
    if not dry_run:
        for path in paths:
            _file(actor, path, form, now, figures)
        return figures
    try:
        with transaction.atomic():
            for path in paths:
                _file(actor, path, form, now, figures)
            transaction.set_rollback(True)
    finally:
        partitions.forget()  # those that were made are undone too
    return figures


def _file(actor: Actor, path: Path, form: str, now: datetime, figures: Figures) -> None:
    figures.files += 1
    try:
        pieces = files.pieces(path.name, path.read_bytes(), form)
    except OSError as error:
        detail = error.strerror or str(error)
        _refuse(figures, path, detail)
        return
    except Refusal as refusal:
        for reason in refusal.reasons:
            _note(figures.refusals, path, None, reason.pointer, str(reason.code), reason.detail)
        figures.files_refused += 1
        return
    before = figures.refused
    for start in range(0, len(pieces), CHUNK):
        chunk = pieces[start : start + CHUNK]
        for result in _results(actor, chunk, form, now):
            _count(figures, path, start, chunk, result)
    figures.items += len(pieces)
    nothing_taken = bool(pieces) and figures.refused - before == len(pieces)
    figures.files_refused += nothing_taken
    figures.files_accepted += not nothing_taken


def _refuse(figures: Figures, path: Path, detail: str) -> None:
    figures.files_refused += 1
    _note(figures.refusals, path, None, "", str(codes.FILE_UNREADABLE), f"{detail}.")


def _results(actor: Actor, chunk: Sequence[Piece], form: str, now: datetime) -> Sequence[Any]:
    if form == "cityhub":
        items = files.canonical(list(chunk))
        return intake.take_items(actor=actor, items=items, now=now).results
    found = [Message(piece.kind, piece.raw) for piece in chunk]
    sender = None if form == "mds" else actor.organisation
    return dialects.take(actor=actor, dialect=form, messages=found, now=now, sender=sender).results


def _count(figures: Figures, path: Path, start: int, chunk: Sequence[Piece], result: Any) -> None:
    setattr(figures, result.status, getattr(figures, result.status) + 1)
    index, base = start + result.index, chunk[result.index].pointer
    if result.status in ("refused", "conflict", "quarantined"):
        told = figures.refusals if result.status == "refused" else figures.doubts
        for one in result.errors or (result,):
            _note(told, path, index, f"{base}{one.pointer}", one.code, one.detail)
            if result.status != "refused":
                told[-1]["status"] = result.status
    for one in getattr(result, "notes", ()):
        _note(figures.notes, path, index, f"{base}{one.pointer}", one.code, one.detail)


def _note(
    told: list[dict[str, Any]],
    path: Path,
    index: int | None,
    pointer: str,
    code: str,
    reason: str,
) -> None:
    told.append(
        {"file": str(path), "index": index, "pointer": pointer, "code": code, "reason": reason}
    )
