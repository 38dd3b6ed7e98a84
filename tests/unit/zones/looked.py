"""Lets the solver look at rows in one line, and says what a brute force makes of all cases."""

import itertools
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period
from kernel.verdicts import RuleRef
from zones import language
from zones.solving import Placed, analyse

HELSINKI = ZoneInfo("Europe/Helsinki")
MONDAY = datetime(2026, 5, 11, tzinfo=HELSINKI)
ASCENSION = date(2026, 5, 14)
ALL_TIME = Period(datetime(2020, 1, 1, tzinfo=UTC))
ALLOW, BAN = {"effect": "allow"}, {"effect": "prohibit"}


def placed(rows, version=1, legal=None):
    read, faults = language.read(rows)
    assert faults == []
    return [
        Placed(RuleRef(UUID(int=1), UUID(int=version), number, "R"), row, legal or ALL_TIME)
        for number, row in enumerate(read)
    ]


def found(rows, before=None, days=14, legal=None, start=MONDAY):
    return analyse(
        rules=placed(rows, legal=legal),
        before=None if before is None else placed(before, version=2),
        start=start,
        end=start + timedelta(days=days),
        tz=HELSINKI,
        holidays=frozenset({ASCENSION}),
    )


def said_of(rows, patterns):
    """Return clashes and idle rows, where `patterns` are all ways in which rows speak together."""
    effects = [row["what"]["effect"] for row in rows]
    clashes, idle = set(), set()
    for i, j in itertools.permutations(range(len(rows)), 2):
        opposed = (effects[i], effects[j]) == ("allow", "prohibit")
        equal = rows[i]["priority"] == rows[j]["priority"]
        if opposed and equal and any(p[i] and p[j] for p in patterns):
            clashes.add((i, j))
    for i, row in enumerate(rows):
        over = [
            j
            for j, other in enumerate(rows)
            if effects[j] == "allow" and other["priority"] > row["priority"]
        ]
        silenced = [any(p[j] for j in over) and effects[i] != "allow" for p in patterns]
        heard = [p for p, lost in zip(patterns, silenced, strict=True) if p[i] and not lost]
        if not heard:
            idle.add(i)
    return clashes, idle
