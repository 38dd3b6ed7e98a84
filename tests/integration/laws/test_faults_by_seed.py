"""Faults by seed: crashes, broken connections, lost answers, impatient clients and requests that
overtake each other, at every commit boundary of intake, runner and outbox.

What a seed does is a function of the seed alone. A failure names it;
`CITYHUB_TEST_SEED=… ./hub test tests/integration/laws/test_faults_by_seed.py` plays it again.
"""

import itertools
import os
import random
import uuid
from collections import Counter
from datetime import timedelta

import pytest

from tests import derived
from tests.factories import TUESDAY
from tests.integration.laws import judging, play, simulated
from tests.integration.laws.play import Conditions, Play

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.law]

LONG = bool(os.environ.get("CITYHUB_TEST_LONG"))
CHOSEN = os.environ.get("CITYHUB_TEST_SEED") or ("0-9999" if LONG else "0-99")
FIRST, _, LAST = CHOSEN.partition("-")
SEEDS = range(int(FIRST), int(LAST or FIRST) + 1)
DAYS = 5


@pytest.fixture
def reactor(monkeypatch):
    """Somebody who acts on every message of the outbox, inside and outside of the database."""
    from foundation import consumers

    made = judging.Reactor()
    monkeypatch.setattr(consumers, "_consumers", dict(consumers._consumers))
    consumers.register(made)
    return made


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Pauses after failures pass at once, and nothing depends on how late it is."""
    from foundation import consumers, ticks

    ahead = (TUESDAY + timedelta(minutes=2 * n) for n in itertools.count())
    monkeypatch.setattr(consumers, "wall", lambda: next(ahead))
    monkeypatch.setattr(ticks, "wall", lambda: TUESDAY)


def conditions(chance):
    """Return what a seed makes of the circumstances."""
    return Conditions(
        doors=chance.randint(1, 2),
        workers=chance.randint(1, 4),
        batch=chance.choice([(5, 15), (10, 60), (100, 100)]),
        limit=chance.choice([(8, 40), (40, 2000)]),
        deaths=chance.choice([0.0, 0.03, 0.1]),
        breaks=chance.choice([0.0, 0.03, 0.1]),
        lost_answers=chance.choice([0.0, 0.3]),
        impatience=chance.choice([0.0, 0.1]),
        faults=chance.randint(1, 12),
        strict=chance.random() < 0.5,
    )


def test_after_any_faults_log_and_tables_are_those_of_the_undisturbed_day(
    world, days, tables, stage, reactor
):
    for seed in SEEDS:
        played = None
        try:
            sent, expected = days(seed % DAYS, stops=1, vehicles=1 + (seed % 4 == 0))
            tables.forget()
            reactor.forget()
            played = disturbed(world, stage, sent, seed)
            judge(world, sent, played, reactor)
            differing = derived.difference(expected, tables.dump())
            assert not differing, differing
            if seed % 200 == 199:
                tables.vacuum()
        except Exception as error:
            error.add_note(f"CITYHUB_TEST_SEED={seed} plays this again:")
            error.add_note("\n".join(played.trace[-200:] if played else ()))
            raise


def disturbed(world, stage, sent, seed):
    """Play a day under the faults of a seed, junk among it, to its end; return the play."""
    chance = random.Random(seed)
    faults = conditions(chance)
    told = [*sent, *judging.junk(world, seed)]
    asked = play.requests(
        told, chance, batch=faults.batch, distance=chance.choice([0, 600, 36_000])
    )
    played = Play(stage, world, chance, faults)
    played.run(asked)
    play.finish()
    return played


def judge(world, sent, played, reactor):
    """Judge by what the clients saw and what is in the database."""
    judging.acknowledged(sent, played.answers)
    judging.refusals(played.answers)
    judging.quarantine(world, played.answers)
    judging.journal()
    judging.identities()
    reactor.judge()


@pytest.mark.parametrize("seed", [3, 17])
def test_a_seed_plays_the_same_twice(world, days, tables, stage, seed):
    sent, _ = days(seed % DAYS, stops=1)
    traces = []
    for _ in range(2):
        tables.forget()
        traces.append(disturbed(world, stage, sent, seed).trace)
    assert len(traces[0]) > 50
    assert traces[0] == traces[1]


def test_an_event_told_anew_with_other_content_conflicts_and_changes_nothing(
    world, days, tables, stage
):
    sent, expected = days(0, stops=1)
    chance = random.Random(0)
    altered = [
        simulated.Sent(one.sender, one.body | {"ext": {"note": "altered"}}, 0.0)
        for one in chance.sample(sent, 30)
    ]
    first = Play(stage, world, chance, Conditions())
    first.run(play.requests(sent, chance, batch=(10, 60), distance=0))
    second = Play(stage, world, chance, Conditions(deaths=0.1, lost_answers=0.5, faults=4))
    second.run(play.requests(altered, chance, batch=(5, 10), distance=0))
    assert set(second.answers.statuses) == {one.event_id for one in altered}
    assert second.answers.ids("accepted", "duplicate", "refused", "quarantined") == set()
    play.finish()
    assert derived.difference(expected, tables.dump()) == ""
    judging.acknowledged(sent, first.answers)


def test_junk_is_junk(world):
    """What the plays send beside the day is refused or quarantined, as `junk` says."""
    import json

    from carriers.services import intake

    kinds = Counter()
    for one in judging.junk(world, 1):
        actor = world.senders[one.sender].actor
        result = intake.take(actor=actor, body=json.dumps([one.body]).encode(), now=play.START)
        kinds[result.results[0].status] += 1
        assert uuid.UUID(one.event_id)
    assert kinds == {"refused": 6, "quarantined": 2}
