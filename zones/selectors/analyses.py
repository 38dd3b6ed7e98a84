"""What the solver says of a version, together with the rules in force in its zone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.models import City
from kernel.periods import Period
from kernel.verdicts import RuleRef
from zones import language
from zones.compiled import CompiledRegulation, in_force
from zones.models import RegulationVersion
from zones.selectors import books

if TYPE_CHECKING:
    from zones.solving import Analysis, Clash, Placed


def analysis(version: RegulationVersion, *, city: City, now: datetime) -> Analysis:
    """Return what the solver finds where the version rules, from now on or from its beginning.

    The rules of its zone with the version in place of its predecessor are looked at, and compared
    with those that would rule without it. Three queries at most.
    """
    from zones import solving  # a solver takes half a second to load, and few processes ask it

    start = max(now, version.legal_from)
    if version.legal_until is not None and version.legal_until <= start:
        return solving.Analysis()
    period = Period(start, version.legal_until)
    book = books.book(city.id)
    others = [
        known
        for known in book.history(version.regulation.zone_id)
        if (known.id, known.number) != (version.regulation_id, version.number)
    ]
    draft = books.draft(version, now=now)
    after, before = in_force([*others, draft]), in_force(others)
    rows = _rows({known.version for known in (*after, *before)})
    return solving.analyse(
        rules=_placed(after, rows, period),
        before=_placed(before, rows, period),
        start=start,
        end=version.legal_until,
        tz=city.tz,
        holidays=book.holidays,
    )


def contradictions(version: RegulationVersion, *, city: City, now: datetime) -> list[Clash]:
    """Return the clashes in which a row of the version has a part."""
    found = analysis(version, city=city, now=now).clashes
    return [clash for clash in found if version.id in (clash.admits.version, clash.forbids.version)]


def _rows(version_ids: set[object]) -> dict[object, list[language.Row]]:
    known = RegulationVersion.objects.filter(id__in=version_ids).values_list("id", "rows")
    return {version_id: language.read(rows)[0] for version_id, rows in known}


def _placed(
    ruling: list[CompiledRegulation],
    rows: dict[object, list[language.Row]],
    period: Period,
) -> list[Placed]:
    return [
        Placed(RuleRef(known.id, known.version, number, known.code), row, known.legal)
        for known in ruling
        if known.legal.overlaps(period)
        for number, row in enumerate(rows.get(known.version, ()))
    ]
