"""Vectors and oracle are sharp: they find mutants of the evaluator and of the templates.

A mutant shifts one bound by a step (a comparison, a minute, a day, a kilogram, a Euro class, a
quota) or flips one condition. Those that decide nothing else are listed with the reason. A sample
of them is drawn with a seed; `CITYHUB_TEST_LONG` runs all of them.
"""

import bisect
import json
import os
import random
import re
import signal
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kernel.periods import Period
from kernel.schedules import NO_DAYS
from kernel.vehicles import VehicleFacts
from tests.unit.zones import mutants, oracle, vectors, worlds
from tests.unit.zones.equivalent import OF_CODE, OF_TEMPLATES
from zones import cases, language, schemes

LONG = bool(os.environ.get("CITYHUB_TEST_LONG"))
SEED = 20260401
SLOWEST_S = 60  # a mutant that no longer ends is found, too
DAY, UTC_ZONE = timedelta(days=1), ZoneInfo("UTC")
FOLDER = Path(schemes.__file__).parent
# worked out by hand from when and by how much the clocks change there
MIDNIGHTS = [
    ("Africa/Cairo", "2026-10-30", "2026-10-29T22:00Z"),  # 24:00 of the 29th becomes 23:00
    ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"),  # 00:00 becomes 01:00
    ("America/Asuncion", "2024-03-24", "2024-03-24T04:00Z"),  # 24:00 of the 23rd becomes 23:00
    ("America/Asuncion", "2023-10-01", "2023-10-01T04:00Z"),  # 00:00 becomes 01:00
    ("Africa/Sao_Tome", "2019-01-02", "2019-01-02T00:00Z"),  # 02:00 of the 1st became 01:00
    ("Pacific/Fiji", "2020-01-13", "2020-01-12T12:00Z"),  # 03:00 of the 12th became 02:00
    ("Europe/Helsinki", "2026-03-30", "2026-03-29T21:00Z"),
    ("Europe/Helsinki", "2026-03-29", "2026-03-28T22:00Z"),
]


def share_found(survivors, looked):
    return 1 - len(survivors) / looked


# Templates


def _by_scheme(given):
    grouped = {}
    for case in given:
        scheme, _, _ = schemes.find(case["zone"])
        grouped.setdefault(scheme.code, []).append(case)
    return grouped


@pytest.mark.law
def test_vectors_find_the_slips_of_a_template(record_property):
    real, patterns = _by_scheme(vectors.real()), _by_scheme(vectors.patterns())
    every = [
        (slip, made)
        for path in sorted(FOLDER.glob("*.json"))
        for slip, made in mutants.slips(json.loads(path.read_text()))
    ]
    assert len(every) > 1000
    alike = [slip for slip, _ in every if _reason(slip)]
    told = [(slip, made) for slip, made in every if not _reason(slip)]
    assert len(alike) < 0.2 * len(every)
    looked = told if LONG else random.Random(SEED).sample(told, 80)
    survivors = [
        slip
        for slip, made in looked
        if not _slip_is_found(made, real.get(slip.scheme, []), patterns.get(slip.scheme, []))
    ]
    record_property("slips", (len(every), len(alike), len(looked), len(survivors)))
    assert share_found(survivors, len(looked)) >= 0.99, survivors


def _reason(slip):
    name = f"{slip.scheme} {slip.where} {slip.value}"
    return next((why for told, why in OF_TEMPLATES.items() if re.fullmatch(told, name)), None)


def _slip_is_found(made, real, patterns):
    scheme = msgspec.convert(made, schemes.Scheme)
    with vectors.under({scheme.code: vectors.as_if_in_force(scheme)}):
        if _some_missed(patterns):
            return True
    with vectors.under({scheme.code: scheme}):
        return _gap_is_gone(scheme.code) or _some_missed(real)


def _some_missed(given):
    mixed = random.Random(SEED).sample(given, len(given))
    for first in range(0, len(mixed), 25):
        outcomes = cases.evaluate(mixed[first : first + 25], vectors.holidays_of)
        if not all(outcome.matched for outcome in outcomes):
            return True
    return False


def _gap_is_gone(code):
    for zone, at, vehicle, fact in vectors.GAPS:
        if zone.split("(")[0].split("/")[0] == code:
            case = {"zone": zone, "at": at, "vehicle": vehicle, "expect": "allow"}
            (outcome,) = cases.evaluate([case], vectors.holidays_of)
            if outcome.got != "undetermined" or fact not in outcome.verdict.missing_facts:
                return True
    return False


# The evaluator


@pytest.mark.law
def test_oracle_and_vectors_find_the_mutants_of_the_evaluator(record_property):
    corpus = _corpus(range(120 if LONG else 25), one_in=3 if LONG else 4)
    assert not _is_found(mutants.loaded(None), corpus), "the evaluator itself is no mutant"
    every = mutants.of_code()
    assert len(every) > 200
    told = [mutant for mutant in every if (mutant.module, mutant.what) not in OF_CODE]
    assert len(told) > 0.8 * len(every)
    looked = told if LONG else random.Random(SEED).sample(told, 24)
    survivors = [mutant for mutant in looked if not _mutant_is_found(mutant, corpus)]
    record_property("mutants", (len(every), len(told), len(looked), len(survivors)))
    assert share_found(survivors, len(looked)) >= 0.99, survivors


def _corpus(seeds, one_in):
    """Return worlds with the oracle's sayings, made once for all mutants."""
    made = []
    drawn = [worlds.world(random.Random(seed)) for seed in seeds]
    for seed, one in enumerate([*drawn, *list(worlds.aimed())[::11]]):
        instants = list(worlds.probes(one))[seed % one_in :: one_in]
        made.append((one, [(at, one.expected(at)) for at in instants]))
    for one in (worlds.settling(random.Random(seed)) for seed in range(300)):
        made.append((one, [(one.week.start, one.expected(one.week.start))]))
    return made


class Endless(Exception):
    """A mutant does not end."""


def _mutant_is_found(mutant, corpus):
    try:
        with _at_most(SLOWEST_S):
            return _is_found(mutants.loaded(mutant), corpus)
    except Exception:  # a mutant may fail in every way
        return True


def _is_found(modules, corpus):
    rules = modules["rules"]
    if _answers_differ(modules["predicates"]):
        return True
    for one, expected in corpus:
        asked = worlds.asked_of(one, modules["compiled"], modules["schedules"])
        for at, saying in expected:
            if worlds.said_by(rules.decide(at=at, **asked)) != saying:
                return True
        pieces = rules.intervals(period=Period(*one.week), **asked)
        starts = [piece.start for piece, _ in pieces]
        if any(a == b for (_, a), (_, b) in pairwise(pieces)):
            return True
        for at, saying in expected:
            if worlds.said_by(pieces[bisect.bisect_right(starts, at) - 1][1]) != saying:
                return True
    return (
        _books_differ(modules)
        or _promises_differ(modules["schedules"], rules)
        or _first_fault(modules["compiled"]) != "/0/what/effect"
        or _vectors_differ(modules["cases"])
    )


def _answers_differ(predicates):
    for asked, car, day in worlds.single():
        who = predicates.compile_who(msgspec.convert(asked, language.Who))
        answer, missing = who(worlds.facts(car), day)
        if (answer, frozenset(missing)) != oracle.who(asked, car, day):
            return True
    return False


def _books_differ(modules):
    rng = random.Random(SEED)
    for _ in range(40):
        versions = [worlds.version(rng, n, modules["compiled"]) for n in range(1, 4)]
        for known in (None, worlds.hour(rng)):
            ruling = modules["compiled"].in_force(versions, known)
            for at in worlds.hours():
                got = sorted((v.id.int, v.number) for v in ruling if v.legal.contains(at))
                if got != worlds.ruling_at(versions, at, known):
                    return True
    return False


def _promises_differ(kernel_schedules, rules):
    """Hold the docstrings of what no rule reaches: what is refused, and what is empty."""
    noon = datetime(2026, 5, 5, 12, tzinfo=UTC)
    span, never_ends = kernel_schedules.Span, Period(noon)
    every_day = [span(0, 1440).starts_on(noon.date() + n * DAY, NO_DAYS) for n in range(7)]
    return not (
        _refuses(span, 0, 1441)
        and _refuses(span, 1441, 0)
        and _refuses(span, -1, 60)
        and _refuses(span, 0, -1)
        and (span(1440, 1440).length, span(1440, 0).length, span(0, 1440).length) == (0, 0, 1440)
        and all(every_day)
        and all(
            kernel_schedules.local_midnight(date.fromisoformat(day), ZoneInfo(zone))
            == datetime.fromisoformat(instant)
            for zone, day, instant in MIDNIGHTS
        )
        and _refuses(kernel_schedules.intervals, kernel_schedules.ALWAYS, never_ends, UTC_ZONE)
        and kernel_schedules.intervals(
            kernel_schedules.ALWAYS, Period(noon, noon), UTC_ZONE, NO_DAYS
        )
        == []
        and kernel_schedules.active_at(kernel_schedules.ALWAYS, noon, UTC_ZONE)
        and _refuses(
            lambda: rules.intervals(
                regulations=[], facts=VehicleFacts(), period=never_ends, tz=UTC_ZONE
            )
        )
    )


def _first_fault(compiled):
    """Return where the fault of a bad row is said to be; the first is named of several."""
    rows = [{"what": {"effect": "forbid"}}, {"what": {"effect": "warn"}, "when": [{"days": []}]}]
    said = set()
    for given in (rows[:1], rows):
        try:
            compiled.compile_regulation(
                regulation_id=UUID(int=1),
                version_id=UUID(int=1),
                number=1,
                code="R",
                zone_id=UUID(int=1),
                rows=given,
                legal=Period(datetime(2026, 5, 5, tzinfo=UTC)),
                recorded=Period(datetime(2026, 5, 5, tzinfo=UTC)),
            )
        except ValueError as fault:
            said.add(str(fault).split(":")[0])
    return said.pop() if len(said) == 1 else None


def _refuses(call, *arguments):
    try:
        call(*arguments)
    except ValueError:
        return True
    return False


def _vectors_differ(module):
    given = random.Random(SEED).sample(vectors.real(), 300)
    return not all(outcome.matched for outcome in module.evaluate(given, vectors.holidays_of))


@contextmanager
def _at_most(seconds):
    def stop(number, frame):
        raise Endless

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
