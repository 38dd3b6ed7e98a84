"""The impact of a draft: what it changes for whom, as a job that goes on where it stopped.

What has happened is judged as if the draft had ruled then, on the ground of its zone, drawn since
or not; what is planned, by the draft's own legal period. Both books, the one in force and the one
in which the draft stands in its predecessor's place, are asked through the one evaluator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from carriers.selectors import vehicles
from curbs import decisions
from curbs.evaluator import Evaluator, Question
from foundation import audit, jobs
from kernel.periods import Period
from kernel.refusals import Refusal
from kernel.vehicles import VehicleFacts
from reports.comparing import standing
from reports.models import Impact
from reports.selectors import cases
from reports.selectors.cases import Case, Ground
from zones import codes as zone_codes
from zones import impacts as zone_impacts
from zones.models import RegulationVersion
from zones.selectors import books
from zones.services import versions

PAGE = 500
AT_ONCE = 10
LISTED = 200
FRESH = timedelta(days=1)
_DRAFTS = (RegulationVersion.State.DRAFT, RegulationVersion.State.REVIEWED)


def of_draft(*, actor: Actor, version_id: UUID, now: datetime) -> Impact:
    """Return the impact of exactly this draft: one of the last day, or a new one that is begun.

    A few pages are looked at here, so that a small city has its answer at once; the tick does the
    rest. Raises `zones.version_not_found` and `zones.not_a_draft`.
    """
    impact = _found_or_begun(actor, version_id, now)
    return jobs.begin(impact, advance, pages=AT_ONCE, now=now)


@transaction.atomic
def _found_or_begun(actor: Actor, version_id: UUID, now: datetime) -> Impact:
    version = (
        RegulationVersion.objects.of_city(actor.city_id)
        .select_related("regulation")
        .select_for_update(of=("self",))
        .filter(pk=version_id)
        .first()
    )
    if version is None or not actor.is_city:
        raise Refusal(zone_codes.VERSION_NOT_FOUND, _("This city has no such version."))
    if version.state not in _DRAFTS:
        raise Refusal(zone_codes.NOT_A_DRAFT, _("This version is not a draft any more."))
    digest = versions.content_hash(version)
    known = (
        Impact.objects.of_city(actor.city_id)
        .filter(version_id=version.id, content_hash=digest, requested_at__gt=now - FRESH)
        .exclude(state=Impact.State.FAILED)
        .first()
    )
    if known is not None:
        return known
    impact = Impact.objects.create(
        city=actor.city,
        version_id=version.id,
        content_hash=digest,
        requested_at=now,
        requested_by=actor.user_id or actor.client_id,
        total=cases.count(_ground(decisions.evaluator(actor.city), version, now)),
        cursor={"kind": next(iter(cases.KINDS)), "after": None},
    )
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="reports.impact_requested",
        subject=impact.id,
        at=now,
        inputs={"version_id": version.id, "hash": digest},
        outcome={"cases": impact.total},
    )
    return impact


def compute_open(as_of: datetime) -> int:
    """Look at some pages of the impacts that are not finished (a job of the tick)."""
    return jobs.go_on(Impact, advance, pages=AT_ONCE, now=as_of)


@transaction.atomic
def advance(impact_id: UUID, *, now: datetime) -> Impact | None:
    """Look at one page of cases; return the impact, or None while somebody else works on it."""
    impact = jobs.locked(Impact, impact_id)
    if impact is None:
        return None
    version = RegulationVersion.objects.select_related("regulation").get(pk=impact.version_id)
    if version.state not in _DRAFTS or versions.content_hash(version) != impact.content_hash:
        return jobs.finish(impact, Impact.State.FAILED, now)  # nobody can publish on it
    before = decisions.evaluator(impact.city)
    ground = _ground(before, version, impact.requested_at)
    kind, after = impact.cursor["kind"], impact.cursor["after"]
    found, further = cases.page(ground, kind, after and UUID(after), PAGE)
    _add(impact, kind, _changes(_Books.of(before, version, ground), found))
    impact.looked_at += len(found)
    kinds = list(cases.KINDS)
    if further is None and kind == kinds[-1]:
        return jobs.finish(impact, Impact.State.DONE, now)
    following = kind if further is not None else kinds[kinds.index(kind) + 1]
    impact.cursor = {"kind": following, "after": further and str(further)}
    impact.save()
    return impact


def find(city_id: UUID, impact_id: UUID) -> zone_impacts.Impact | None:
    """Return a finished impact as publishing needs it, or None."""
    row = Impact.objects.of_city(city_id).filter(pk=impact_id, state=Impact.State.DONE).first()
    return None if row is None else zone_impacts.Impact(row.id, row.version_id, row.content_hash)


@dataclass(frozen=True, slots=True)
class _Books:
    """Evaluators with the book in force, with the draft from its beginning, and as if always."""

    before: Evaluator
    planned: Evaluator
    happened: Evaluator
    now: datetime

    @classmethod
    def of(cls, before: Evaluator, version: RegulationVersion, ground: Ground) -> "_Books":
        now, began = ground.now, min(version.legal_from, ground.since)
        drafted = [
            replace(before, zones=before.zones.with_version(draft))
            for draft in (
                books.draft(version, now=now),
                books.draft(version, now=now, legal_from=began),
            )
        ]
        happened = drafted[1]
        if ground.geometry is not None:  # a zone drawn since has ground then, too
            shape = shapely.from_wkb(bytes(ground.geometry.wkb))
            zones = happened.zones.with_ground(ground.zone_id, shape, Period(began), Period(now))
            happened = replace(happened, zones=zones)
        return cls(before, drafted[0], happened, now)

    def after(self, case: Case) -> Evaluator:
        return self.planned if case.period.start >= self.now else self.happened


def _ground(evaluator: Evaluator, version: RegulationVersion, now: datetime) -> Ground:
    zones, zone_id = evaluator.zones, version.regulation.zone_id
    at = now if zones.geometry(zone_id, now) is not None else max(now, version.legal_from)
    shape = zones.geometry(zone_id, at)
    return Ground(
        city_id=zones.city_id,
        zone_id=zone_id,
        geometry=None if shape is None else GEOSGeometry(shapely.to_wkt(shape), srid=4326),
        curb_zone_ids=tuple(
            curb.id for curb in evaluator.curbs.zones if zone_id in zones.zones_at(*curb.middle, at)
        ),
        now=now,
    )


def _changes(known: _Books, found: Sequence[Case]) -> list[dict[str, Any]]:
    """Return the cases whose verdict changes. Three queries, however many cases."""
    if not found:
        return []
    ids = {case.vehicle_id for case in found}
    cards = {id_: ("", VehicleFacts()) for id_ in ids} | vehicles.cards_of(ids)
    ends = [case.period.end for case in found if case.period.end is not None]
    whole = Period(min(case.period.start for case in found), max(ends))
    permits = decisions.permits_of(known.before, cards, whole)
    bookings = decisions.bookings_of(ids, whole)
    changes = []
    for case in found:
        id_ = case.vehicle_id
        question = Question(cards[id_][1], tuple(permits.get(id_, ())), bookings.get(id_, ()))
        was = _standing(known.before, question, case)
        is_ = _standing(known.after(case), question, case)
        direction = is_.against(was)
        if direction != "same":
            changes.append(
                {
                    "id": str(case.id),
                    "vehicle_id": str(id_),
                    "organisation_id": str(case.organisation_id),
                    "at": case.period.start.isoformat(),
                    "before": was.kind,
                    "after": is_.kind,
                    "change": direction,
                }
            )
    return changes


def _standing(evaluator: Evaluator, question: Question, case: Case) -> Any:
    return standing(verdict for _, verdict in evaluator.over(question, case.place, case.period))


def _add(impact: Impact, kind: str, changes: Sequence[Mapping[str, Any]]) -> None:
    """Add a page of changes to the lists and to who is touched."""
    listed = impact.items.setdefault(kind, [])
    counted = impact.counts.setdefault(kind, {"worse": 0, "better": 0})
    touched = {
        (who, way): set(impact.touched.get(f"{who}.{way}", ()))
        for who in ("vehicles", "carriers", "plans")
        for way in ("worse", "better")
    }
    for change in changes:
        way = change["change"]
        counted[way] += 1
        touched["vehicles", way].add(change["vehicle_id"])
        touched["carriers", way].add(change["organisation_id"])
        if kind == "plans":
            touched["plans", way].add(change["id"])
    listed += list(changes[: max(LISTED - len(listed), 0)])
    impact.touched = {f"{who}.{way}": sorted(ids) for (who, way), ids in touched.items()}
    for who in ("vehicles", "carriers"):
        impact.counts[who] = {way: len(touched[who, way]) for way in ("worse", "better")}
    if kind == "plans":  # a plan counts once, however many of its stops change
        impact.counts[kind] = {way: len(touched["plans", way]) for way in ("worse", "better")}
