"""Rules from files of others: read, and written as drafts for an official to confirm.

A zone that is new is drawn; nothing rules in it until a draft is published. Of a zone that the
city has, the ground stays as it is, and a ground that differs is named. What is in the books in
the same words already is not written again, so that a file can be taken twice.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import shapely
from django.db import transaction
from django.utils.text import slugify
from shapely.geometry.base import BaseGeometry

from accounts.actors import Actor
from accounts.models import City
from foundation import audit
from kernel.refusals import Refusal
from kernel.schedules import local_midnight
from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones import language, telling
from zones.exchange import formats
from zones.exchange.drafts import (
    Context,
    Note,
    RegulationDraft,
    Unreadable,
    VersionDraft,
    ZoneDraft,
)
from zones.models import AccessZone, Regulation, RegulationVersion, ZoneGeometry
from zones.selectors.books import book
from zones.services import grounds, regulations
from zones.services.recording import require_city

_ALIKE_DEG = 1e-9
COUNTS = ("files", "zones", "regulations", "repaired", "not_understood", "refused")


@dataclass
class Figures:
    """What became of files: counts, and a report of each zone (`items`) and file (`notes`).

    `zones` were drawn, `regulations` got at least one new draft; `repaired`, `not_understood` and
    `refused` count notes; a file that cannot be read is one that is refused.
    """

    files: int = 0
    zones: int = 0
    regulations: int = 0
    repaired: int = 0
    not_understood: int = 0
    refused: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)


def take(
    *,
    actor: Actor,
    files: Iterable[tuple[str, bytes]],
    form: str,
    now: datetime,
    dry_run: bool = False,
) -> Figures:
    """Take files (name, content) of a format (`zones.exchange.formats`) as drafts.

    With `dry_run` everything is done and undone: the figures are the same. One bad item or file
    never sinks another. Raises `zones.city_only`.
    """
    require_city(actor)
    figures = Figures()
    with transaction.atomic():
        books = Books(actor)
        for name, content in files:
            _file(actor, name, content, form, now, figures, books)
        if dry_run:
            transaction.set_rollback(True)
    return figures


class Books:
    """What the city has of zones and regulations, by code; read once, kept up to date.

    The regulations are locked: the first new ground counts a change of the rules, and who publishes
    locks a regulation before that count.
    """

    def __init__(self, actor: Actor) -> None:
        city = actor.city_id
        self.zones: dict[str, AccessZone] = {
            zone.code: zone for zone in AccessZone.objects.of_city(city)
        }
        self.grounds: dict[UUID, BaseGeometry] = {
            ground.zone_id: shapely.from_wkb(bytes(ground.geometry.wkb))
            for ground in ZoneGeometry.objects.of_city(city).order_by("number")
        }
        self.regulations: dict[str, Regulation] = {
            regulation.code: regulation
            for regulation in Regulation.objects.of_city(city).order_by("id").select_for_update()
        }
        self.said: dict[UUID, set[bytes]] = {}
        versions = RegulationVersion.objects.of_city(city).filter(recorded_until=None)
        rows = {version.id: version.rows for version in versions}
        for version in versions:
            self.said.setdefault(version.regulation_id, set()).update(
                _ways_to_say(version.rows, version.legal_from, version.legal_until)
            )
        known = book(city)
        for rule in (rule for zone_id in known.cards for rule in known.regulations(zone_id)):
            if rule.version in rows:  # as our own exports say it: cut to when it rules
                self.said.setdefault(rule.id, set()).update(
                    _ways_to_say(rows[rule.version], rule.legal.start, rule.legal.end)
                )

    def on_the_ground(self, draft: ZoneDraft) -> AccessZone | None:
        """Return a zone whose last ground is that of a draft."""
        found = (id_ for id_, ground in self.grounds.items() if _same_ground(ground, draft))
        twin = next(found, None)
        return next((zone for zone in self.zones.values() if zone.id == twin), None)

    def keep(
        self, zone: AccessZone, draft: ZoneDraft, written: Sequence[Regulation], is_new: bool
    ) -> None:
        """Remember what was written, for the items that follow."""
        self.zones[zone.code] = zone
        if is_new:
            self.grounds[zone.id] = draft.geometry
        for regulation, said in zip(written, draft.regulations, strict=True):
            self.regulations[regulation.code] = regulation
            for version in said.versions:
                self.said.setdefault(regulation.id, set()).update(
                    _ways_to_say(version.rows, version.legal_from, version.legal_until)
                )


def _file(
    actor: Actor,
    name: str,
    content: bytes,
    form: str,
    now: datetime,
    figures: Figures,
    books: Books,
) -> None:
    figures.files += 1
    before = len(figures.items)
    try:
        reading = formats.read(form, content, context(actor.city, now))
    except Unreadable as error:
        note(figures, figures.notes, name, Note("refused", error.code, error.detail))
        return
    for one in reading.notes:
        note(figures, figures.notes, name, one)
    for draft in reading.zones:
        item(actor, name, draft, now, figures, books)
    taken = {"items": len(figures.items) - before, "notes": len(reading.notes)}
    record(actor, form, name, hashlib.sha256(content).hexdigest(), taken, now)


def context(city: City, now: datetime) -> Context:
    """Return what a reader needs to know of a city; what has no date holds from today."""
    since = local_midnight(now.astimezone(city.tz).date(), city.tz)
    return Context(city.tz, city.srid, since)


def record(
    actor: Actor, form: str, name: str, digest: str, taken: dict[str, int], now: datetime
) -> None:
    """Write into the audit that a file was taken."""
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="zones.rules_imported",
        subject=digest[:32],
        at=now,
        inputs={"format": form, "file": name, "sha256": digest},
        outcome=taken,
    )


def item(
    actor: Actor, name: str, draft: ZoneDraft, now: datetime, figures: Figures, books: Books
) -> None:
    """Write one zone with its drafts, or nothing of it."""
    report: dict[str, Any] = {
        "file": name,
        "source_id": draft.source_id,
        "name": draft.name,
        "code": slug(draft.source_id),
        "zone_id": None,
        "outcome": "taken",
        "regulations": [],
        **{kind: [] for kind in telling.KINDS},
    }
    figures.items.append(report)
    for one in draft.notes:
        _noted(figures, report, one)
    if _has_nul(draft):
        report["outcome"] = "refused"
        detail = _("Text must not contain the character U+0000.")
        _noted(figures, report, Note("refused", "text_nul", detail))
        return
    try:
        with transaction.atomic():
            zone, is_new = _zone(actor, draft, report, now, figures, books)
            drafted = [
                _regulation(actor, zone, regulation, now, books) for regulation in draft.regulations
            ]
    except Refusal as refusal:
        report["outcome"] = "refused"
        for reason in refusal.reasons:
            _noted(figures, report, Note("refused", str(reason.code), reason.detail))
        return
    books.keep(zone, draft, [one for one, _told in drafted], is_new)
    report["zone_id"] = zone.id
    report["regulations"] = [told for _, told in drafted]
    written = sum(bool(told["versions"]) for _, told in drafted)
    figures.zones += is_new
    figures.regulations += written
    if not is_new and not written:
        report["outcome"] = "unchanged"


def _zone(
    actor: Actor,
    draft: ZoneDraft,
    report: dict[str, Any],
    now: datetime,
    figures: Figures,
    books: Books,
) -> tuple[AccessZone, bool]:
    """Return the zone and whether it was drawn now."""
    known = books.zones.get(report["code"])
    if known is not None:
        ground = books.grounds.get(known.id)
        if ground is not None and not _same_ground(ground, draft):
            text = _("The ground differs from that of %(zone)s, which stays as it is.")
            differs = Note("not_understood", "ground_differs", Filled(text, zone=known.code))
            _noted(figures, report, differs)
        return known, False
    twin = books.on_the_ground(draft)
    if twin is not None:
        same = Filled(_("Same ground as zone %(zone)s."), zone=f"{twin.name} ({twin.code})")
        _noted(figures, report, Note("taken", "ground_shared", same))
    zone = grounds.create(
        actor=actor,
        code=report["code"],
        name=draft.name[:160] or report["code"],
        kind=draft.kind,
        geometry=msgspec.json.decode(shapely.to_geojson(draft.geometry)),
        legal_from=draft.legal_from,
        legal_until=draft.legal_until,
        grace_s=draft.grace_s,
        now=now,
        elsewhere=True,
    )
    return zone, True


def _regulation(
    actor: Actor, zone: AccessZone, draft: RegulationDraft, now: datetime, books: Books
) -> tuple[Regulation, dict[str, Any]]:
    """Return the regulation and the report of the drafts that were written."""
    code = slug(draft.source_id)
    known = books.regulations.get(code)
    if known is None or known.zone_id != zone.id:
        known = regulations.create(
            actor=actor, zone_id=zone.id, code=code, title=draft.title[:200], now=now
        )
    said = books.said.get(known.id, set())
    versions = [
        _version(actor, known, version, now)
        for version in draft.versions
        if _said(version) not in said
    ]
    return known, {"id": known.id, "code": code, "title": known.title, "versions": versions}


def _version(
    actor: Actor, regulation: Regulation, draft: VersionDraft, now: datetime
) -> dict[str, Any]:
    version = regulations.add_version(
        actor=actor,
        regulation_id=regulation.id,
        rows=draft.rows,
        legal_from=draft.legal_from,
        legal_until=draft.legal_until,
        legal_reference=draft.legal_reference,
        now=now,
    )
    return {
        "id": version.id,
        "number": version.number,
        "legal_from": version.legal_from,
        "legal_until": version.legal_until,
        **telling.kept_sentences(language.read(draft.rows)[0]),
    }


def _has_nul(draft: ZoneDraft) -> bool:
    """Return whether a text of the draft holds U+0000, which PostgreSQL cannot store."""
    said = [draft.source_id, draft.name, draft.regulations]
    return b"\\u0000" in msgspec.json.encode(said)


def slug(source_id: str) -> str:
    """Return a code for an id of any form: readable, at most 60 characters, always the same."""
    if re.fullmatch(r"[-a-zA-Z0-9_]{1,60}", source_id):
        return source_id
    digest = hashlib.sha256(source_id.encode()).hexdigest()[:8]
    return f"{slugify(source_id)[:50].strip('-')}-{digest}".lstrip("-")


def _same_ground(ground: BaseGeometry, draft: ZoneDraft) -> bool:
    edges = zip(ground.bounds, draft.geometry.bounds, strict=True)
    if any(abs(one - other) > _ALIKE_DEG for one, other in edges):
        return False  # soon told
    return bool(shapely.equals_exact(ground, draft.geometry, _ALIKE_DEG, normalize=True))


def _said(draft: VersionDraft) -> bytes:
    undated, dated = _ways_to_say(draft.rows, draft.legal_from, draft.legal_until)
    return undated if draft.undated else dated


def _ways_to_say(
    rows: Any, legal_from: datetime, legal_until: datetime | None
) -> tuple[bytes, bytes]:
    """Return what tells a version from others: its rows alone, and its rows with its period."""
    period = [legal_from.timestamp(), legal_until and legal_until.timestamp()]
    return (
        msgspec.json.encode(rows, order="sorted"),
        msgspec.json.encode([rows, period], order="sorted"),
    )


def _noted(figures: Figures, report: dict[str, Any], said: Note) -> None:
    note(figures, report[said.kind], None, said)


def note(figures: Figures, notes: list[dict[str, Any]], name: str | None, said: Note) -> None:
    """Add a note to a report, about a file when it is named, and count it."""
    told = telling.kept(said)
    notes.append(told if name is None else {"file": name, "kind": said.kind, **told})
    if said.kind != "taken":
        setattr(figures, said.kind, getattr(figures, said.kind) + 1)


def counts(figures: Figures) -> dict[str, int]:
    """Return the figures without the reports."""
    return {name: getattr(figures, name) for name in COUNTS}


def marks_of(draft: ZoneDraft) -> set[tuple[str, str]]:
    """Return by what an item meets others in the books: the codes of its zone and regulations,
    and the edges of its ground."""
    regulations_ = {("regulation", slug(one.source_id)) for one in draft.regulations}
    edges = ",".join(f"{edge:.8f}" for edge in draft.geometry.bounds)
    return {("zone", slug(draft.source_id)), ("ground", edges), *regulations_}
