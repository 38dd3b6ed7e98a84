from uuid import UUID

from kernel.verdicts import (
    Access,
    Obligation,
    ReasonGiven,
    RuleRef,
    Verdict,
    as_json,
    combine,
    finding_reasons,
)

RULE = RuleRef(UUID(int=1), UUID(int=2), 0, "LEZ")
OTHER = RuleRef(UUID(int=3), UUID(int=4), 1, "BAY")


def test_the_strictest_access_wins_and_all_reasons_stay():
    first = Verdict(Access.ALLOWED, reasons=(ReasonGiven(OTHER, "allow", "a"),))
    second = Verdict(Access.PROHIBITED, reasons=(ReasonGiven(RULE, "prohibit", "b"),))
    both = combine([first, second])
    assert both.access is Access.PROHIBITED
    assert [reason.sentence for reason in both.reasons] == ["a", "b"]


def test_nothing_that_speaks_is_unregulated_and_admissible():
    assert combine([]).access is Access.UNREGULATED
    assert combine([]).admissible


def test_undetermined_is_stricter_than_allowed_and_not_admissible():
    both = combine([Verdict(Access.ALLOWED), Verdict(Access.UNDETERMINED)])
    assert both.access is Access.UNDETERMINED
    assert not both.admissible


def test_an_unmet_permit_or_booking_blocks_and_a_charge_or_warning_does_not():
    assert not Verdict(Access.ALLOWED, (Obligation("permit", permit="resident"),)).admissible
    assert not Verdict(Access.ALLOWED, (Obligation("booking"),)).admissible
    assert Verdict(Access.ALLOWED, (Obligation("booking", met=True),)).admissible
    assert Verdict(Access.ALLOWED, (Obligation("charge"), Obligation("warning"))).admissible


def test_findings_come_from_prohibitions_unmet_duties_and_warnings_only():
    verdict = Verdict(
        Access.PROHIBITED,
        (
            Obligation("booking", rule=OTHER),
            Obligation("permit", met=True, rule=OTHER),
            Obligation("charge", rule=OTHER),
            Obligation("warning", rule=OTHER),
        ),
        (
            ReasonGiven(RULE, "prohibit", "no"),
            ReasonGiven(OTHER, "undetermined", "?", missing=("euro_class",)),
        ),
    )
    assert list(finding_reasons(verdict)) == [
        (RULE, "prohibited", "violation"),
        (OTHER, "booking", "violation"),
        (OTHER, "warning", "warning"),
    ]
    assert verdict.missing_facts == ("euro_class",)
    assert as_json(verdict)["reasons"][1]["missing"] == ["euro_class"]
