"""The solver over 1,000 zones of five rules: what contradicts, never applies, is forgotten.

    ./hub bench solver [--json] [--zones N] [--seed 1]

Each zone is drawn from patterns as cities write them (phases of a low-emission zone, windows,
weights, sizes, stickers, charges, permits, day passes, ages, episodes): five rules with values of
their own. `zones_unlike` says how many are no other's copy; `seconds` is time on the clock,
`cpu_seconds` that of this process, `slowest_ms` (CPU) the zone that took longest. Of a hundred of
them one rule is then changed by a draft: `draft_ms` is the median (CPU) of looking at it and of
telling who is worse and who better off, `draft_findings` all that was found. No database is asked.
"""

import argparse
import json
import random
import statistics
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import perf_counter, process_time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.periods import Period
from kernel.verdicts import RuleRef
from zones import language
from zones.solving import Analysis, Placed, analyse

ZONES, RULES, DRAFTS = 1000, 5, 100
TZ = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 3, 2, 9, 17, tzinfo=UTC)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
HOLIDAYS = frozenset(
    date(year, *day)
    for year in range(2026, 2037)
    for day in ((1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26))
)
Row = dict[str, Any]


def _clock(draw: random.Random, first: int, last: int) -> str:
    return f"{draw.randint(first, last):02}:{draw.choice(('00', '15', '30', '45'))}"


def _day(draw: random.Random) -> str:
    return (date(2026, 1, 1) + timedelta(days=draw.randrange(1200))).isoformat()


def _categories(draw: random.Random) -> list[str]:
    return draw.choice([["N1"], ["N1", "N2"], ["N2", "N3"], ["N3"], ["M1", "N1"], ["M2", "M3"]])


def _phase(draw: random.Random) -> Row:
    light, heavy = draw.choice("3456"), draw.choice(["III", "IV", "V", "VI"])
    return {
        "what": {"effect": "prohibit"},
        "who": {
            "category": _categories(draw),
            "fuel": draw.choice([["diesel"], ["diesel", "petrol"]]),
            "euro_below": {"light": light, "heavy": heavy},
        },
        "when": [{"from_on": _day(draw)}],
        "warning_until": _day(draw),
        "unless": {"permit": [draw.choice(["trade", "hardship"])]},
    }


def _weight(draw: random.Random) -> Row:
    bound = draw.choice(["over", "at_least"])
    return {
        "what": {"effect": "prohibit"},
        "who": {f"gross_weight_{bound}_kg": draw.choice([2800, 3500, 7500, 12_000, 18_000])},
        "when": [{"days": WEEKDAYS, "from": _clock(draw, 5, 9), "to": _clock(draw, 15, 21)}],
        "unless": {"who": {"special_purpose": ["emergency", "refuse_collection"]}},
    }


def _night(draw: random.Random) -> Row:
    return {
        "what": {"effect": "require_permit", "permit": f"night-{draw.randrange(9)}"},
        "who": {"length_over_m": draw.choice([6.0, 8.0, 10.0, 12.0])},
        "when": [{"from": _clock(draw, 20, 23), "to": _clock(draw, 4, 6), "holidays": "except"}],
    }


def _charge(draw: random.Random) -> Row:
    return {
        "what": {
            "effect": "charge",
            "amount": draw.randrange(100, 2000, 50),
            "currency": "EUR",
            "per": draw.choice(["day", "visit"]),
        },
        "who": {"not": {"fuel_only": ["electric", "hydrogen"]}, "category": _categories(draw)},
        "when": [{"from": _clock(draw, 5, 8), "to": _clock(draw, 17, 22)}],
    }


def _sticker(draw: random.Random) -> Row:
    return {
        "what": {"effect": "prohibit"},
        "who": {"stickers": {"critair": draw.sample(["1", "2", "3", "4", "5", "none"], 3)}},
        "when": [{"days": draw.sample(WEEKDAYS, 4), "from": "08:00", "to": _clock(draw, 18, 20)}],
        "unless": {"day_pass": [{"kind": f"pass-{draw.randrange(9)}", "per_year": 24}]},
    }


def _episode(draw: random.Random) -> Row:
    return {
        "what": {"effect": "prohibit"},
        "who": {"fuel": ["diesel"], "registered_before": _day(draw)},
        "when": [{"calendar": draw.choice(["smog", "ozone"])}],
    }


def _historic(draw: random.Random) -> Row:
    return {
        "what": {"effect": "allow"},
        "who": {"age_at_least_years": draw.choice([25, 30, 40])},
        "priority": draw.choice([0, 0, 5, 10]),
    }


def _deliveries(draw: random.Random) -> Row:
    return {
        "what": {"effect": "allow"},
        "who": {"category": ["N1", "N2"], "gross_weight_up_to_kg": draw.choice([3500, 7500])},
        "when": [{"days": [*WEEKDAYS, "sat"], "from": "06:00", "to": _clock(draw, 9, 11)}],
        "priority": draw.choice([0, 5, 5, 5]),
    }


def _school(draw: random.Random) -> Row:
    return {
        "what": {"effect": "prohibit"},
        "when": [
            {"days": WEEKDAYS, "from": "07:30", "to": _clock(draw, 8, 9), "not_on": ["12-23"]},
            {"days": WEEKDAYS, "from": _clock(draw, 14, 15), "to": "16:00"},
        ],
        "unless": {"permit": ["resident"], "who": {"special_purpose": ["emergency"]}},
    }


def _clean(draw: random.Random) -> Row:
    return {
        "what": {"effect": "allow"},
        "who": {"any": [{"fuel_only": ["electric", "hydrogen"]}, {"category": ["cargo_bicycle"]}]},
        "priority": draw.choice([0, 10, 10]),
    }


def _vans(draw: random.Random) -> Row:
    return {
        "what": {"effect": "require_booking"},
        "who": {
            "category": ["N1"],
            "n1_class": draw.choice([["I"], ["II", "III"]]),
            "euro_below": draw.choice(["5", "6", "6d"]),
        },
        "when": [{"on": ["12-01", "12-24"], "from": "10:00"}, {"days": ["sat"]}],
    }


def _warning(draw: random.Random) -> Row:
    return {
        "what": {"effect": "warn"},
        "who": {"width_over_m": draw.choice([2.2, 2.55]), "blind_spot_detection": False},
    }


PATTERNS: tuple[Callable[[random.Random], Row], ...] = (
    _phase, _phase, _weight, _night, _charge, _sticker, _episode, _historic, _deliveries, _school,
    _clean, _vans, _warning,
)  # fmt: skip


def zone(draw: random.Random) -> tuple[list[Row], list[Row]]:
    """Return the rows of a zone, and those of which a draft has changed one."""
    rows = [pattern(draw) for pattern in draw.sample(PATTERNS, RULES)]
    changed = draw.randrange(RULES)
    before = [*rows[:changed], draw.choice(PATTERNS)(draw), *rows[changed + 1 :]]
    return rows, before


def look(rows: list[Row], before: list[Row] | None = None) -> Analysis:
    """Return what the solver finds in rules without an end, and compared with those before."""
    return analyse(
        rules=_placed(rows, 2),
        before=None if before is None else _placed(before, 1),
        start=NOW,
        end=None,
        tz=TZ,
        holidays=HOLIDAYS,
    )


def _placed(rows: list[Row], version: int) -> list[Placed]:
    read, faults = language.read(rows)
    if faults:
        raise SystemExit(f"bench solver: {faults[0]}")
    return [
        Placed(RuleRef(UUID(int=1), UUID(int=version), number, "r"), row, Period(NOW))
        for number, row in enumerate(read)
    ]


def main() -> None:
    """Draw the zones, look through them, print the figures."""
    parser = argparse.ArgumentParser(prog="./hub bench solver")
    parser.add_argument("--json", action="store_true", help="figures as JSON on the last line")
    parser.add_argument("--zones", type=int, default=ZONES)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    draw = random.Random(wanted.seed)
    zones = [zone(draw) for _ in range(wanted.zones)]
    figures = _figures(zones)
    if wanted.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:<16}{value:>12,}")


def _figures(zones: list[tuple[list[Row], list[Row]]]) -> dict[str, Any]:
    begun, begun_cpu = perf_counter(), process_time()
    looked = [_timed(rows) for rows, _ in zones]
    seconds, cpu_seconds = perf_counter() - begun, process_time() - begun_cpu
    drafts = [_timed(rows, before) for rows, before in zones[:DRAFTS]]
    found = sum((counted for counted, _ in looked), Counter[str]())
    return {
        "zones": len(zones),
        "zones_unlike": len({json.dumps(rows) for rows, _ in zones}),
        "rules": sum(len(rows) for rows, _ in zones),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "slowest_ms": round(max(spent for _, spent in looked) * 1000),
        "findings": found.total(),
        **found,
        "draft_ms": round(statistics.median(spent for _, spent in drafts) * 1000),
        "draft_findings": sum(counted.total() for counted, _ in drafts),
    }


def _timed(rows: list[Row], before: list[Row] | None = None) -> tuple[Counter[str], float]:
    """Return how much of which kind was found, and the seconds of CPU it took."""
    begun = process_time()
    analysis = look(rows, before)
    spent = process_time() - begun
    kinds = ("clashes", "idle", "gaps", "worse", "better")
    return Counter({kind: len(getattr(analysis, kind)) for kind in kinds}), spent


if __name__ == "__main__":
    main()
