"""What becomes of findings when acts are judged anew."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.rules import Act, ActKind, findings_of, reconcile
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


def standing(*found, state="provisional"):
    return {
        f.id: {**f.values, "state": state, "opened_at": START, "changed_at": START} for f in found
    }


def of(*breaches, running=False):
    return findings_of(act(running), breaches, {"grace_s": 30})


def changes(known, found):
    return [(c.change, c.before, c.after) for c in reconcile(known, found)]


def test_a_breach_becomes_one_finding_with_the_same_id_every_time():
    assert [f.id for f in of(breach())] == [f.id for f in of(breach())]
    assert of(breach())[0].values["seconds_over"] == 600
    assert of(breach())[0].values["zone_id"] == UUID(int=5)
    assert of(breach())[0].values["curb_zone_id"] is None


def test_two_breaches_of_one_rule_are_two_findings():
    first = breach(end=START + timedelta(minutes=2))
    second = breach(start=START + timedelta(minutes=5))
    assert len({f.id for f in of(first, second)}) == 2


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
    rows, told = {}, {}
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
        for change in reconcile(rows, found):
            assert all(told[change.id][name] == value for name, value in change.before.items())
            rows[change.id] = dict(change.values)
            told[change.id] = {**told.get(change.id, {}), **change.after}
        standing_now = {id_ for id_, row in rows.items() if row["state"] != "withdrawn"}
        assert standing_now == {finding.id for finding in found}
        assert reconcile(rows, found) == []
    for id_, verdict in told.items():
        assert verdict == {name: rows[id_][name] for name in verdict}
