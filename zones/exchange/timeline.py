"""From conditions to versions: what a regulation says in each stretch of its time."""

import math
from collections.abc import Sequence
from datetime import datetime
from itertools import product

from kernel.periods import Period
from kernel.text import gettext_noop as _
from zones.exchange import conditions
from zones.exchange import rows as made
from zones.exchange.conditions import Every, Negated, Node, Place, Unknown, Valid
from zones.exchange.drafts import Note, VersionDraft
from zones.language import When

MOST_SLICES = 200
MOST_COMBINED = 2_000


def versions(parts: Sequence[Node], reference: str, notes: list[Note]) -> list[VersionDraft]:
    """Return a version for each stretch of time in which no period begins or ends.

    `parts` must all hold. A stretch in which nothing can be said, or nothing is banned, has none.
    """
    timed = [part for part in parts if _speaks_of(part, Valid)]
    rest = [part for part in parts if part not in timed and not _speaks_of(part, Place)]
    meant, exempt = conditions.exempt_beside_meant(Every(tuple(rest)))
    alternatives = _alternatives(timed, notes)
    found: list[VersionDraft] = []
    for start, end in _slices(alternatives, rest, notes):
        active = [windows for period, windows in alternatives if period.contains(start)]
        who = conditions.meant_at(meant, start)
        if not active or who is False or who == "unknown":
            continue
        free = conditions.exempt_at(exempt, start)
        if free is True:
            continue
        row = made.row(
            "access",
            who=None if isinstance(who, bool | str) else who,
            when=_union(active),
            unless=None if isinstance(free, bool | str) else free,
        )
        if found and found[-1].legal_until == start and found[-1].rows == [row]:
            found[-1].legal_until = end
        else:
            found.append(VersionDraft([row], start, end, reference))
    return found


def _speaks_of(node: Node, kind: type) -> bool:
    found = list(conditions.leaves(node))
    return (
        bool(found)
        and all(isinstance(leaf, kind | Unknown) for leaf in found)
        and any(isinstance(leaf, kind) for leaf in found)
    )


def _alternatives(
    timed: Sequence[Node], notes: list[Note]
) -> list[tuple[Period, tuple[When, ...]]]:
    """Return the periods in which it rules, each with its windows."""
    groups = [
        [leaf for leaf in conditions.leaves(part) if isinstance(leaf, Valid)] for part in timed
    ]
    if math.prod(len(group) for group in groups) > MOST_COMBINED:
        notes.append(Note("not_understood", "too_many_periods", _("Too many periods.")))
        return []
    if any(isinstance(part, Negated) for part in timed) or not groups:
        notes.append(Note("not_understood", "validity_missing", _("It is not said when it holds.")))
        return []
    found = []
    for chosen in product(*groups):
        period: Period | None = chosen[0].period
        windowed = [one.windows for one in chosen if one.windows]
        for one in chosen[1:]:
            period = None if period is None else period.intersection(one.period)
        if period is None:
            continue
        if len(set(windowed)) > 1:
            notes.append(
                Note("not_understood", "windows_crossed", _("Windows within windows are not read."))
            )
            continue
        found.append((period, windowed[0] if windowed else ()))
    return found


def _slices(
    alternatives: Sequence[tuple[Period, tuple[When, ...]]], rest: Sequence[Node], notes: list[Note]
) -> list[tuple[datetime, datetime | None]]:
    periods = [period for period, _ in alternatives]
    edges = {edge for period in periods for edge in (period.start, period.end) if edge}
    for leaf in conditions.leaves(Every(tuple(rest))):
        if isinstance(leaf, Valid):
            edges |= {edge for edge in (leaf.period.start, leaf.period.end) if edge}
    ordered = sorted(edges)
    if len(ordered) > MOST_SLICES:
        notes.append(Note("not_understood", "too_many_periods", _("Too many periods.")))
        return []
    ends: list[datetime | None] = [*ordered[1:], None]
    return list(zip(ordered, ends, strict=False))  # nothing ordered: no slice


def _union(active: Sequence[tuple[When, ...]]) -> tuple[When, ...]:
    """Return all windows; none when one of the periods has no windows, so that it always holds."""
    if any(not windows for windows in active):
        return ()
    return tuple(dict.fromkeys(window for windows in active for window in windows))
