"""Zones whose rules are a timeline of banned sticker groups, as German cities publish them.

A GeoJSON feature with `name` and `timeline`: steps with `valid_from` and either `banned_groups`
(a list of numbers) or `repealed`. Each step holds until the next; a repeal ends the last one.
Group 1 gets no sticker (35th BImSchV, annex 1), so that with it vehicles without one are banned.
"""

from datetime import date, datetime
from itertools import pairwise
from typing import Any

from kernel.periods import YEARS
from kernel.schedules import local_midnight
from kernel.text import Filled
from kernel.text import gettext_noop as _
from zones.exchange import ground, rows
from zones.exchange.drafts import (
    Context,
    Note,
    RegulationDraft,
    Unreadable,
    VersionDraft,
    ZoneDraft,
)
from zones.language import Who

SCHEME = "de"


def read(feature: dict[str, Any], context: Context) -> ZoneDraft:
    """Return a feature as a draft with one version for each step. Raises Unreadable."""
    facts = feature["properties"]
    name = facts.get("name")
    if not isinstance(name, str) or not name.strip():
        raise Unreadable("id_missing", _("The feature has no name."))
    geometry, notes = ground.from_geojson(feature.get("geometry"), context)
    steps = _steps(facts["timeline"], context)
    sources = facts.get("timeline_source")
    reference = "; ".join(map(str, sources)) if isinstance(sources, list) else ""
    versions = [
        VersionDraft(
            [rows.row("stickers", who=Who(stickers={SCHEME: groups}))], start, end, reference[:500]
        )
        for start, groups, end in steps
        if groups
    ]
    if not versions:
        raise Unreadable("timeline_empty", _("No step of the timeline bans anything."))
    notes += [
        Note(
            "taken",
            "step_read",
            Filled(
                _("From %(day)s: groups %(groups)s."),
                day=start.astimezone(context.tz).date(),
                groups=", ".join(groups) or "–",
            ),
        )
        for start, groups, _end in steps
    ]
    return ZoneDraft(
        source_id=name,
        name=name[:160],
        kind="low_emission",
        geometry=geometry,
        legal_from=steps[0][0],
        regulations=[RegulationDraft(name, name[:160], versions)],
        notes=notes,
    )


def _steps(
    timeline: Any, context: Context
) -> list[tuple[datetime, tuple[str, ...], datetime | None]]:
    """Return (start, banned groups, end) by time; a repeal bans none."""
    if not isinstance(timeline, list) or not timeline:
        raise Unreadable("timeline_empty", _("The timeline has no step."))
    found = sorted((_step(step) for step in timeline), key=lambda step: step[0])
    if any(one[0] == other[0] for one, other in pairwise(found)):
        raise Unreadable("timeline_twice", _("Two steps begin on one day."))
    starts = [local_midnight(day, context.tz) for day, _ in found]
    ends: list[datetime | None] = [*starts[1:], None]
    return [
        (start, groups, end) for start, (_day, groups), end in zip(starts, found, ends, strict=True)
    ]


def _step(step: Any) -> tuple[date, tuple[str, ...]]:
    if not isinstance(step, dict):
        raise Unreadable("timeline_malformed", _("A step of the timeline is an object."))
    try:
        day = date.fromisoformat(step.get("valid_from"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Unreadable("date_malformed", _("valid_from is no date.")) from None
    if day.year not in YEARS:
        raise Unreadable("date_malformed", _("valid_from is no date."))
    if step.get("repealed") is True:
        return day, ()
    groups = step.get("banned_groups")
    if not isinstance(groups, list) or not all(
        type(group) is int and 1 <= group <= 4 for group in groups
    ):
        raise Unreadable("timeline_malformed", _("banned_groups is a list of groups 1 to 4."))
    named = tuple(str(group) for group in sorted(set(groups)))
    return day, ("none", *named) if "1" in named else named
