"""A zone is split: a part of its ground stays, and the rest becomes a zone of its own or goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from shapely.geometry import LineString, Polygon

from accounts.actors import Actor
from foundation import audit
from kernel.periods import Period
from kernel.refusals import Refusal
from zones import codes
from zones.models import AccessZone, Permit, RegulationVersion
from zones.selectors import dividing
from zones.selectors.books import book
from zones.services import grounds, regulations
from zones.services.recording import require_city

State = RegulationVersion.State


class Fate(StrEnum):
    """What becomes of a piece."""

    STAYS = "stays"
    NEW_ZONE = "new_zone"
    GIVEN_UP = "given_up"


@dataclass(frozen=True)
class NewZone:
    """What the new zone is called, and whether the rules of the old one are drafted for it."""

    code: str
    name: str
    with_rules: bool = True


@transaction.atomic
def split(
    *,
    actor: Actor,
    zone_id: UUID,
    line: LineString,
    legal_from: datetime,
    fates: Sequence[Fate],
    new: NewZone | None,
    seen: str,
    now: datetime,
) -> AccessZone | None:
    """Return the new zone, or None where a part was only given up.

    `fates` are of the pieces that `selectors.dividing.cut` names, in its order, and `seen` is its
    hash. From `legal_from` on, as long as the ground that is cut, the zone has the pieces that
    stay, and the new zone those of `NEW_ZONE`. The versions before stand as they are. With rules,
    each that is in force then or later becomes a draft in the new zone, which is reviewed and
    published like any other, and permits for the old zone hold in the new one too: their holders
    have them for this ground.
    Raises `zones.city_only`, `zones.zone_not_found`, `zones.ground_differs`, `zones.line_misses`,
    `zones.parts_unchosen`, `zones.code_taken`.
    """
    require_city(actor)
    zone = grounds.locked(actor, zone_id)
    cut = dividing.cut(city=actor.city, zone_id=zone_id, line=line, legal_from=legal_from)
    if cut.seen != seen:
        detail = _("The parts are others than those that were shown. Look at them anew.")
        raise Refusal(codes.GROUND_DIFFERS, detail)
    _require_choice(cut, fates, new)
    shape = cut.shape
    period = {"legal_from": legal_from, "legal_until": shape.legal.end, "now": now}
    grace_s = int(shape.grace.total_seconds())
    kept, parted = (_ground(cut, fates, fate) for fate in (Fate.STAYS, Fate.NEW_ZONE))
    grounds.set_ground(actor=actor, zone_id=zone_id, geometry=kept, grace_s=grace_s, **period)
    made = None
    if new is not None and not parted.empty:
        named = {"code": new.code, "name": new.name, "kind": zone.kind}
        made = grounds.create(actor=actor, geometry=parted, grace_s=grace_s, **named, **period)
        if new.with_rules:
            _take_along(actor, zone, made, legal_from, now)
    audit.record(
        city_id=actor.city_id,
        actor=actor,
        action="zones.zone_split",
        subject=zone.id,
        at=now,
        inputs={"code": zone.code, "line": list(line.coords), "fates": list(fates)},
        outcome={"new_zone_id": made and made.id},
    )
    return made


def _require_choice(cut: dividing.Cut, fates: Sequence[Fate], new: NewZone | None) -> None:
    if len(fates) != len(cut.pieces) or Fate.STAYS not in fates or set(fates) == {Fate.STAYS}:
        detail = _("Choose for every part; one at least stays, and one does not.")
        raise Refusal(codes.PARTS_UNCHOSEN, detail, pointer="/fates")
    if Fate.NEW_ZONE in fates and new is None:
        detail = _("The new zone needs a name and a code.")
        raise Refusal(codes.PARTS_UNCHOSEN, detail, pointer="/code")


def _ground(cut: dividing.Cut, fates: Sequence[Fate], fate: Fate) -> MultiPolygon:
    """Return the pieces of one fate as ground; those that adjoin are one again."""
    chosen = [piece for piece, own in zip(cut.pieces, fates, strict=True) if own is fate]
    joined = shapely.get_parts(shapely.union_all(chosen)) if chosen else []
    parts = [part for part in joined if isinstance(part, Polygon)]
    return MultiPolygon([GEOSGeometry(memoryview(part.wkb)) for part in parts], srid=4326)


def _take_along(
    actor: Actor, zone: AccessZone, made: AccessZone, legal_from: datetime, now: datetime
) -> None:
    """Draft the rules in force then or later for the new zone, and let permits hold there."""
    to_come = Period(legal_from)
    rules = book(zone.city_id).regulations(zone.id)
    ruling = RegulationVersion.objects.filter(
        Q(id__in=[rule.version for rule in rules if rule.legal.overlaps(to_come)])
        | Q(Q(legal_until__isnull=True) | Q(legal_until__gt=legal_from), state=State.SUSPENDED),
        regulation__zone=zone,
    ).select_related("regulation")
    drafted: dict[UUID, UUID] = {}
    for version in ruling.order_by("regulation__code", "number"):
        old = version.regulation
        if old.id not in drafted:
            code = _code(made, zone, old.code)
            named = {"code": code, "title": old.title, "zone_id": made.id}
            drafted[old.id] = regulations.create(actor=actor, now=now, **named).id
        regulations.add_version(
            actor=actor,
            regulation_id=drafted[old.id],
            now=now,
            **_said(version, legal_from),
        )
    held = Permit.objects.filter(zones=zone).exclude(ends_at__lte=legal_from)
    made.permits.add(*held.exclude(revoked_at__lte=legal_from))


def _said(version: RegulationVersion, legal_from: datetime) -> dict[str, Any]:
    return {
        "rows": version.rows,
        "legal_from": max(version.legal_from, legal_from),
        "legal_until": version.legal_until,
        "vacate_by_s": version.vacate_by_s,
        "title": version.title,
        "legal_reference": version.legal_reference,
    }


def _code(made: AccessZone, zone: AccessZone, code: str) -> str:
    """Return the code of a drafted regulation: the new zone's in place of, or before, the old."""
    return f"{made.code}-{code.removeprefix(f'{zone.code}-')}"[:60]
