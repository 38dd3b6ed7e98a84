"""What becomes of findings when acts are judged anew."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import rules
from compliance.rules import Act, ActKind, findings_of, follow
from kernel.periods import Period
from kernel.verdicts import RuleRef
from zones.acts import Breach

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
END = START + timedelta(minutes=10)
RULE = RuleRef(UUID(int=10), UUID(int=11), 0, "LEZ")
NEWER = RuleRef(UUID(int=10), UUID(int=12), 0, "LEZ")


def act(running=False):
    return Act(
        kind=ActKind.VISIT,
        id=UUID(int=1),
        city_id=UUID(int=2),
        organisation_id=UUID(int=3),
        vehicle_id=UUID(int=4),
        place_id=UUID(int=5),
        period=Period(START, END),
        running=running,
    )


def breach(start=START, end=END, rule=RULE, severity="violation"):
    return Breach(
        rule=rule,
        severity=severity,
        period=Period(start, end),
        seconds=(end - start).total_seconds(),
        rules=(rule,),
        kinds=("prohibited",),
        sentences=("No access.",),
    )


def minting(first=1000):
    """Return a mint of ids that no other one gives."""
    numbers = count(first)
    return lambda: UUID(int=next(numbers))


def reconcile(known, found, mint=None):
    return rules.reconcile(known, found, mint or minting())


def standing(*found, state="provisional", set_aside_at=None):
    """Return findings as they are known, under the ids 1, 2, …"""
    receipt = {"opened_at": START, "changed_at": START, "set_aside_at": set_aside_at}
    return {
        UUID(int=number): {**one.values, "state": state, **receipt}
        for number, one in enumerate(found, start=1)
    }


def of(*breaches, running=False):
    return findings_of(act(running), breaches, {"grace_s": 30})


def changes(known, found):
    return [(c.change, c.before, c.after) for c in reconcile(known, found)]


def test_a_breach_becomes_one_finding():
    (found,) = of(breach())
    assert found.values["seconds_over"] == 600
    assert found.values["zone_id"] == UUID(int=5)
    assert found.values["curb_zone_id"] is None


def test_two_breaches_of_one_rule_are_two_findings():
    first = breach(end=START + timedelta(minutes=2))
    second = breach(start=START + timedelta(minutes=5))
    assert len({change.id for change in reconcile({}, of(first, second))}) == 2


def test_a_finding_keeps_its_id_when_the_visit_turns_out_to_have_begun_earlier():
    known = standing(*of(breach()))
    earlier = Act(**{name: getattr(act(), name) for name in Act.__slots__} | {"id": UUID(int=9)})
    found = findings_of(earlier, [breach(start=START - timedelta(minutes=3))], {"grace_s": 30})
    (change,) = reconcile(known, found)
    assert (change.id, change.change) == (UUID(int=1), "adjusted")
    assert change.before == {"from_at": START}
    assert change.after == {"from_at": START - timedelta(minutes=3)}
    assert change.values["act_id"] == UUID(int=9)


def test_what_only_touches_is_another_incident():
    known = standing(*of(breach()))
    after = breach(start=END, end=END + timedelta(minutes=5))
    assert [c.change for c in reconcile(known, of(after))] == ["opened", "withdrawn"]


@pytest.mark.parametrize(
    "changes",
    [
        {"organisation_id": UUID(int=90)},
        {"vehicle_id": UUID(int=90)},
        {"place_id": UUID(int=90)},
    ],
)
def test_another_vehicle_place_or_carrier_is_another_incident(changes):
    other = Act(**{name: getattr(act(), name) for name in Act.__slots__} | changes)
    assert follow(standing(*of(breach())), findings_of(other, [breach()], {})) == {}


def test_another_regulation_and_the_longest_stay_are_other_incidents():
    other = RuleRef(UUID(int=77), UUID(int=11), 0, "LEZ")
    longest = RuleRef(RULE.id, UUID(int=11), -1, "LEZ")
    known = standing(*of(breach()))
    assert follow(known, of(breach(rule=other))) == {}
    assert follow(known, of(breach(rule=longest))) == {}


def test_when_two_become_one_the_longer_lives_on():
    short = breach(end=START + timedelta(minutes=2))
    long = breach(start=START + timedelta(minutes=4))
    changes = reconcile(standing(*of(short, long)), of(breach()))
    assert [(c.id.int, c.change) for c in changes] == [(2, "adjusted"), (1, "withdrawn")]


def test_when_one_becomes_two_the_longer_part_keeps_the_id():
    short = breach(end=START + timedelta(minutes=2))
    long = breach(start=START + timedelta(minutes=4))
    changes = reconcile(standing(*of(breach())), of(short, long))
    assert sorted((c.change, c.id.int) for c in changes) == [("adjusted", 1), ("opened", 1000)]
    assert [c.values["from_at"] for c in changes if c.change == "opened"] == [START]


def test_what_stands_goes_before_what_was_withdrawn():
    gone, here = standing(*of(breach(), breach(end=START + timedelta(minutes=1)))).items()
    known = dict([(gone[0], gone[1] | {"state": "withdrawn"}), here])
    assert follow(known, of(breach())) == {0: UUID(int=2)}


def test_a_warning_goes_on_as_a_warning_beside_a_violation():
    warned = breach(end=START + timedelta(minutes=6), severity="warning")
    fined = breach(start=START + timedelta(minutes=6))
    known = standing(*of(warned, fined))
    sooner = [
        breach(end=START + timedelta(minutes=2), severity="warning"),
        breach(start=START + timedelta(minutes=2)),
    ]
    assert follow(known, of(*sooner)) == {0: UUID(int=1), 1: UUID(int=2)}


@pytest.mark.parametrize("start", [START - timedelta(minutes=5), START + timedelta(minutes=9)])
def test_what_was_set_aside_takes_every_breach_of_its_incident(start):
    known = standing(*of(breach()), state="withdrawn", set_aside_at=END)
    assert reconcile(known, of(breach(start=start, end=END + timedelta(minutes=5)))) == []


def test_what_was_set_aside_does_not_reach_beyond_its_time():
    known = standing(*of(breach()), state="withdrawn", set_aside_at=END)
    later = breach(start=END, end=END + timedelta(minutes=5))
    assert [c.change for c in reconcile(known, of(later))] == ["opened"]


def test_what_reaches_the_end_of_a_running_act_is_running():
    assert of(breach(), running=True)[0].values["until_at"] is None
    over = breach(end=END - timedelta(minutes=1))
    assert of(over, running=True)[0].values["until_at"] == END - timedelta(minutes=1)


def test_a_new_breach_is_opened_with_its_whole_verdict():
    (change,) = reconcile({}, of(breach()))
    assert change.change == "opened"
    assert change.after["from_at"] == START
    assert change.after["version_id"] == UUID(int=11)


def test_the_same_again_changes_nothing():
    assert reconcile(standing(*of(breach())), of(breach())) == []


def test_more_seconds_of_a_running_finding_are_no_adjustment():
    known = standing(*of(breach(), running=True))
    longer = Act(**{name: getattr(act(True), name) for name in Act.__slots__} | {
        "period": Period(START, END + timedelta(minutes=5))})  # fmt: skip
    found = findings_of(longer, [breach(end=END + timedelta(minutes=5))], {"grace_s": 30})
    assert [c.change for c in reconcile(known, found)] == ["refreshed"]


def test_leaving_is_an_adjustment_of_the_end():
    known = standing(*of(breach(), running=True))
    assert changes(known, of(breach())) == [("adjusted", {"until_at": None}, {"until_at": END})]


def test_an_adjustment_names_both_versions():
    known = standing(*of(breach()), state="confirmed")
    assert changes(known, of(breach(rule=NEWER))) == [
        ("adjusted", {"version_id": UUID(int=11)}, {"version_id": UUID(int=12)})
    ]


def test_a_breach_that_is_no_more_is_withdrawn_once():
    found = of(breach())
    before = {"state": "confirmed", "version_id": UUID(int=11)}
    assert changes(standing(*found, state="confirmed"), []) == [
        ("withdrawn", before, {"state": "withdrawn"})
    ]
    assert reconcile(standing(*found, state="withdrawn"), []) == []


def test_a_withdrawn_finding_can_come_back():
    known = standing(*of(breach()), state="withdrawn")
    assert changes(known, of(breach())) == [
        ("adjusted", {"state": "withdrawn"}, {"state": "provisional"})
    ]


@pytest.mark.parametrize("state", ["provisional", "confirmed"])
def test_opened_plus_adjustments_is_the_current_verdict(state):
    known = standing(*of(breach()), state=state)
    (change,) = reconcile(known, of(breach(end=END - timedelta(minutes=3), rule=NEWER)))
    (before,) = known.values()
    current = {**before, **change.after}
    assert all(current[name] == change.values[name] for name in change.after)
    assert current["until_at"] == END - timedelta(minutes=3)


def spoken(values):
    """Return what tells one finding of the law below from another."""
    return values["from_at"], values["seen_until_at"], values["version_id"], values["severity"]


minutes = st.integers(0, 4).map(lambda n: START + timedelta(minutes=n))
judgements = st.lists(
    st.builds(
        lambda start, length, rule, severity: breach(
            start, start + timedelta(minutes=length), rule, severity
        ),
        minutes,
        st.integers(1, 3),
        st.sampled_from([RULE, NEWER]),
        st.sampled_from(["violation", "warning"]),
    ),
    max_size=2,
)
steps = st.lists(st.one_of(st.tuples(judgements, st.booleans()), st.just("watermark")), max_size=8)


@pytest.mark.law
@settings(max_examples=300, deadline=None)
@given(steps)
def test_whatever_is_learned_opened_plus_adjustments_is_the_current_verdict(steps):
    rows, told, mint = {}, {}, minting()
    for step in steps:
        if step == "watermark":
            for id_, row in rows.items():
                if row["state"] == "provisional":
                    ended = {
                        "state": "confirmed",
                        "until_at": row["until_at"] or row["seen_until_at"],
                    }
                    row |= ended
                    told[id_] |= ended
            continue
        made, running = step
        found = of(*made, running=running)
        for change in reconcile(rows, found, mint):
            assert (change.change == "opened") == (change.id not in rows)
            assert all(told[change.id][name] == value for name, value in change.before.items())
            rows[change.id] = dict(change.values)
            told[change.id] = {**told.get(change.id, {}), **change.after}
        standing_now = [row for row in rows.values() if row["state"] != "withdrawn"]
        assert sorted(map(spoken, standing_now)) == sorted(spoken(one.values) for one in found)
        assert reconcile(rows, found) == []
    for id_, verdict in told.items():
        assert verdict == {name: rows[id_][name] for name in verdict}
