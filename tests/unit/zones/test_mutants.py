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
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from kernel.periods import Period
from tests.unit.zones import mutants, vectors, worlds
from tests.unit.zones.equivalent import OF_CODE, OF_TEMPLATES
from zones import cases, schemes

LONG = bool(os.environ.get("CITYHUB_TEST_LONG"))
SEED = 20260401
SLOWEST_S = 60  # a mutant that no longer ends is found, too
FOLDER = Path(schemes.__file__).parent


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
            if outcome.verdict is None or fact not in outcome.verdict.missing_facts:
                return True
    return False


# The evaluator


@pytest.mark.law
def test_oracle_and_vectors_find_the_mutants_of_the_evaluator(record_property):
    corpus = _corpus(range(240 if LONG else 40), one_in=2 if LONG else 4)
    assert not _is_found(mutants.loaded(None), corpus), "the evaluator itself is no mutant"
    every = mutants.of_code()
    assert len(every) > 200
    told = [mutant for mutant in every if (mutant.module, _text(mutant)) not in OF_CODE]
    assert len(told) > 0.8 * len(every)
    looked = told if LONG else random.Random(SEED).sample(told, 40)
    survivors = [mutant for mutant in looked if not _mutant_is_found(mutant, corpus)]
    record_property("mutants", (len(every), len(told), len(looked), len(survivors)))
    assert share_found(survivors, len(looked)) >= 0.99, survivors


def _text(mutant):
    return mutant.what.split(": ", 1)[1]


def _corpus(seeds, one_in):
    """Return worlds with the oracle's sayings, made once for all mutants."""
    made = []
    for seed in seeds:
        one = worlds.world(random.Random(seed))
        instants = list(worlds.probes(one))[seed % one_in :: one_in]
        made.append((one, [(at, one.expected(at)) for at in instants]))
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
    for one, expected in corpus:
        asked = worlds.asked_of(one, modules["compiled"])
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
    return _books_differ(modules) or _vectors_differ(modules["cases"])


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
