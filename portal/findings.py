"""Findings in the words of a page: sentence, rule version, evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from shapely import Point

from accounts import scopes
from accounts.actors import Actor
from carriers.selectors import vehicles
from compliance.models import Finding
from curbs.models import CurbPolicyVersion, CurbZone
from portal import evidence, maps, words
from portal.rulebook import verdicts
from portal.tables import Column, Table, table
from portal.vehicles import names_of
from zones import language, sentences
from zones.models import AccessZone, RegulationVersion

STATES: dict[str, tuple[Any, str]] = {
    Finding.State.PROVISIONAL: (gettext_lazy("provisional"), "warn"),
    Finding.State.CONFIRMED: (gettext_lazy("confirmed"), "bad"),
    Finding.State.WITHDRAWN: (gettext_lazy("withdrawn"), ""),
}

RECENT = timedelta(days=3)
MOST = 500
COLUMNS = (
    Column("when", gettext_lazy("When"), ("from_at",)),
    Column("what", gettext_lazy("Finding")),
    Column("place", gettext_lazy("Place"), ("zone_id", "curb_zone_id")),
    Column("who", gettext_lazy("Vehicle and carrier"), ("organisation_id", "vehicle_id")),
    Column("over", gettext_lazy("Over the limit"), ("seconds_over",), numeric=True),
    Column("state", gettext_lazy("State"), ("state",)),
)


@dataclass(frozen=True)
class Shown:
    """A finding as a page shows it."""

    id: UUID
    url: str
    title: str
    sentence: str
    place: str
    plate: str
    organisation_name: str
    from_at: datetime
    stamp: str
    lately: str
    when: str
    over: str
    state_label: str
    tone: str


def visible(actor: Actor) -> Any:
    """Return the findings the reader may see, withdrawn ones included."""
    return Finding.objects.visible_to(actor, scopes.FINDINGS_READ)


def latest(actor: Actor, count: int) -> list[Shown]:
    """Return the newest findings that stand."""
    rows = visible(actor).standing().order_by("-from_at", "-pk")
    return shown(rows[:count], actor)


def recent(actor: Actor, now: datetime) -> list[Finding]:
    """Return what was found in the last three days and stands."""
    rows = visible(actor).standing().filter(from_at__gte=now - RECENT)
    return list(rows.order_by("-from_at", "-pk")[:MOST])


def listed(request: HttpRequest, rows: Any, actor: Actor) -> Table:
    """Return a sorted page of findings."""
    return table(request, rows, COLUMNS, default="-when", prepare=lambda page: shown(page, actor))


def shown(rows: Iterable[Finding], actor: Actor) -> list[Shown]:
    """Return findings in words; six queries for all of them."""
    found = list(rows)
    names = _Names(found)
    return [names.shown(row, actor.city.tz) for row in found]


class _Names:
    """The names of what findings speak of, looked up for all of them at once."""

    def __init__(self, rows: list[Finding]) -> None:
        zones = AccessZone.objects.filter(pk__in={row.zone_id for row in rows})
        curbs = CurbZone.objects.filter(pk__in={row.curb_zone_id for row in rows})
        self.rules = RulesSaid({row.version_id for row in rows})
        self.vehicles = vehicles.summary({row.vehicle_id for row in rows})
        self.companies = names_of({row.organisation_id for row in rows})
        self.places = dict(zones.values_list("id", "name")) | dict(curbs.values_list("id", "name"))

    def shown(self, row: Finding, tz: Any) -> Shown:
        label, tone = STATES[row.state]
        vehicle = self.vehicles.get(row.vehicle_id)
        return Shown(
            id=row.pk,
            url=reverse("portal:finding", args=[row.pk]),
            title=words.labelled(
                row.get_kind_display(), self.rules.title(row.version_id, row.rule_code)
            ),
            sentence=self.rules.sentence(row.version_id, row.rule_row, row.sentence),
            place=self.places.get(row.zone_id or row.curb_zone_id, ""),
            plate=(vehicle.plate or vehicle.label) if vehicle else "",
            organisation_name=self.companies.get(row.organisation_id, ""),
            from_at=row.from_at,
            stamp=words.stamp(row.from_at, tz),
            lately=words.lately(row.from_at, tz),
            when=words.span(row.from_at, row.until_at, tz),
            over=words.seconds(row.seconds_over),
            state_label=str(label),
            tone=tone if row.severity == Finding.Severity.VIOLATION else tone and "info",
        )


class RulesSaid:
    """What versions of rules are called, and their rows in the reader's language. Two queries."""

    def __init__(self, versions: set[UUID]) -> None:
        rules = RegulationVersion.objects.filter(pk__in=versions)
        policies = CurbPolicyVersion.objects.filter(pk__in=versions)
        found = [
            *rules.values_list("id", "regulation__title", "rows"),
            *policies.values_list("id", "title", "rows"),
        ]
        self._titles = {version: title for version, title, _rows in found}
        self._said = {version: _in_words(rows) for version, _title, rows in found}

    def title(self, version: UUID, code: str) -> str:
        """Return the title of the rule; its code where it has none."""
        return self._titles.get(version, code)

    def sentence(self, version: UUID, row: int, written: str) -> str:
        """Return the sentence of the row that convicted; `written` is what stands in English."""
        return self._said.get(version, {}).get(row, written)


def _in_words(rows: Any) -> dict[int, str]:
    """Return what rows say in the reader's language, by their place; in English stands what was
    written down with the finding."""
    speaks = verdicts.language()
    if speaks == "en":
        return {}
    return {
        place: sentences.of_row(row, speaks) for place, row in enumerate(language.accepted(rows))
    }


def features(rows: list[Finding], actor: Actor) -> list[dict[str, Any]]:
    """Return findings as GeoJSON points; whose place is not kept any more is only in the table."""
    where = evidence.places_of(rows)
    return [
        maps.feature(
            Point(*where[one.id]),
            id=str(one.id),
            title=one.title,
            summary=_("%(plate)s, %(when)s, %(state)s")
            % {"plate": one.plate, "when": one.when, "state": one.state_label},
            url=one.url,
        )
        for one in shown(rows, actor)
        if one.id in where
    ]
