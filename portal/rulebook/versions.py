"""Zones, regulations and their versions in the words of a page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import shapely
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.actors import Actor
from accounts.models import User
from portal import words
from portal.rulebook import differing, verdicts
from zones import language, sentences
from zones.models import AccessZone, Regulation, RegulationVersion, ZoneGeometry
from zones.terms import RuleTerms

State = RegulationVersion.State
LISTED = 50
MANY = 99
"""Above this the navigation does not count."""
TONES: dict[str, str] = {
    State.DRAFT: "warn",
    State.REVIEWED: "info",
    State.PUBLISHED: "ok",
    State.SUSPENDED: "bad",
    State.ANNULLED: "bad",
    State.SUPERSEDED: "",
}
CHANGES: dict[str, tuple[Any, str]] = {
    "same": (gettext_lazy("as before"), ""),
    "changed": (gettext_lazy("changed"), "warn"),
    "added": (gettext_lazy("new"), "ok"),
    "removed": (gettext_lazy("gone"), "bad"),
}


def zone_of(actor: Actor, zone_id: UUID) -> AccessZone:
    """Return a zone of the reader's city. Raises Http404, the same for what is not there."""
    zone = AccessZone.objects.of_city(actor.city_id).filter(pk=zone_id).first()
    if zone is None:
        raise Http404(_("There is no such zone."))
    return zone


def version_of(actor: Actor, version_id: UUID) -> RegulationVersion:
    """Return a version of the reader's city, with its regulation and zone. Raises Http404."""
    rows = RegulationVersion.objects.of_city(actor.city_id).select_related("regulation__zone")
    version = rows.filter(pk=version_id).first()
    if version is None:
        raise Http404(_("There is no such version."))
    return version


@dataclass(frozen=True)
class Shown:
    """A version as a list shows it."""

    url: str
    title: str
    zone: str
    number: int
    state: str
    tone: str
    legal: str


def shown(version: RegulationVersion, tz: Any) -> Shown:
    """Return a version for a list; its regulation and zone are at hand."""
    return Shown(
        url=reverse("portal:rule-version", args=[version.pk]),
        title=version.title or version.regulation.title,
        zone=version.regulation.zone.name,
        number=version.number,
        state=str(version.get_state_display()),
        tone=TONES[version.state],
        legal=words.period(version.legal_from, version.legal_until, tz),
    )


def states_of(zone_ids: Iterable[UUID]) -> dict[UUID, list[tuple[str, str, int]]]:
    """Return for each zone how many versions are in which state: label, tone, count. One query."""
    counted = (
        RegulationVersion.objects.filter(regulation__zone_id__in=zone_ids)
        .order_by()
        .values_list("regulation__zone_id", "state")
        .annotate(n=Count("id"))
    )
    order = list(State.values)
    found: dict[UUID, list[tuple[str, str, int]]] = {}
    for zone_id, state, count in sorted(counted, key=lambda row: order.index(row[1])):
        label = str(State(state).label)
        found.setdefault(zone_id, []).append((label, TONES[state], count))
    return found


@dataclass(frozen=True)
class Waiting:
    """Drafts of others that the reader can review, with who wrote each and when, and versions
    that can be published; `more` drafts are not listed."""

    review: list[tuple[Shown, str, str]]
    more: int
    publish: list[Shown]


def for_review(actor: Actor) -> Any:
    """Return the drafts that wait for the reader's review: what others wrote, once it says
    something. Nothing for who may not review, and where the city asks for no review."""
    rows = RegulationVersion.objects.of_city(actor.city_id)
    needed = RuleTerms.of(actor.city.settings).review
    if not (needed and actor.is_city and actor.user_id and actor.may(scopes.RULES_WRITE)):
        return rows.none()
    mine = Q(created_by=actor.user_id) | Q(changed_by=actor.user_id)
    return rows.filter(state=State.DRAFT).exclude(rows=[]).exclude(mine)


def nav_count(actor: Actor) -> str:
    """Return how many drafts wait for the reader's review, for the navigation; empty for none."""
    count = for_review(actor)[: MANY + 1].count()
    return f"{MANY}+" if count > MANY else str(count or "")


def waiting(actor: Actor) -> Waiting:
    """Return what waits for the reader, the latest first; four queries."""
    written = Coalesce("changed_at", "created_at")
    drafts = for_review(actor).select_related("regulation__zone").order_by(written.desc(), "-id")
    review = list(drafts[:LISTED])
    reviewed = RegulationVersion.objects.of_city(actor.city_id).filter(state=State.REVIEWED)
    publish = reviewed.select_related("regulation__zone").order_by("-reviewed_at", "-id")[:LISTED]
    authors = {row.changed_by or row.created_by for row in review}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=authors - {None})}
    tz = actor.city.tz
    return Waiting(
        [
            (
                shown(row, tz),
                names.get(row.changed_by or row.created_by, _("a machine client")),
                words.moment(row.changed_at or row.created_at, tz),
            )
            for row in review
        ],
        drafts.count() - len(review) if len(review) == LISTED else 0,
        [shown(row, tz) for row in publish],
    )


@dataclass(frozen=True)
class Grouped:
    """A regulation with its versions, the latest first."""

    regulation: Regulation
    versions: list[Shown]


def regulations_of(zone: AccessZone, tz: Any) -> list[Grouped]:
    """Return the regulations of a zone with their versions; two queries."""
    found: dict[UUID, Grouped] = {
        one.id: Grouped(one, []) for one in Regulation.objects.filter(zone=zone).order_by("code")
    }
    rows = RegulationVersion.objects.filter(regulation_id__in=found).select_related(
        "regulation__zone"
    )
    for row in rows.order_by("-number"):
        found[row.regulation_id].versions.append(shown(row, tz))
    return list(found.values())


def grounds_of(zone: AccessZone, tz: Any) -> list[dict[str, Any]]:
    """Return the versions of a zone's ground, the latest first."""
    return [
        {
            "number": row.number,
            "legal": words.period(row.legal_from, row.legal_until, tz),
            "recorded": words.recorded(row.recorded_from, tz),
            "grace": words.seconds(row.grace_s),
            "corners": sum(_corners(part) for part in row.geometry),
        }
        for row in ZoneGeometry.objects.filter(zone=zone).order_by("-number")
    ]


def _corners(part: Any) -> int:
    """Return how many corners the rings of a polygon have: each ends with the one it began with."""
    return int(part.num_coords) - len(part)


def last_ground(zone: AccessZone) -> Any:
    """Return the ground that was drawn last, in WGS84. Raises Http404 where there is none."""
    last = ZoneGeometry.objects.filter(zone=zone).order_by("-number").first()
    if last is None:
        raise Http404(_("The zone has no ground yet."))
    return shapely.from_wkb(bytes(last.geometry.wkb))


@dataclass(frozen=True)
class Row:
    """A row in words: the whole sentence, and who, when, what and except apart."""

    number: int
    sentence: str
    parts: sentences.Parts
    priority: int
    reference: str


def rows_of(rows: Sequence[Any]) -> list[Row]:
    """Return rows of the rule language in the reader's language."""
    speaks = verdicts.language()
    return [
        Row(
            number,
            sentences.of_row(row, speaks),
            sentences.parts(row, speaks),
            row.priority,
            row.legal_reference or "",
        )
        for number, row in enumerate(language.accepted(rows), start=1)
    ]


def unreferenced(version: RegulationVersion) -> str:
    """Return the numbers of the rows for which neither they nor the version name the law; empty
    where all are covered."""
    if version.legal_reference:
        return ""
    return ", ".join(str(row.number) for row in rows_of(version.rows) if not row.reference)


def predecessor(version: RegulationVersion) -> RegulationVersion | None:
    """Return the last version before this one that stands in the books."""
    earlier = version.regulation.versions.recorded().filter(
        recorded_until__isnull=True, number__lt=version.number
    )
    return earlier.order_by("-number").first()


def is_outrun(version: RegulationVersion) -> bool:
    """Return whether a later version was published, which no earlier one can follow."""
    later = version.regulation.versions.recorded().filter(number__gt=version.number)
    return bool(later.exists())


def diff(before: RegulationVersion, after: RegulationVersion) -> list[dict[str, str]]:
    """Return what differs, row by row, in sentences."""
    found = []
    for change in differing.rows(before.rows, after.rows):
        label, tone = CHANGES[change.kind]
        found.append(
            {
                "label": str(label),
                "tone": tone,
                "before": _sentence(change.before),
                "after": _sentence(change.after),
            }
        )
    return found


def _sentence(row: Any) -> str:
    return " ".join(one.sentence for one in rows_of([row])) if row else ""
