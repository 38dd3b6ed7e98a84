"""Driven against found: one to one."""

from simulation.ledger import Found, compare
from simulation.rulebook import Truth

DRIVEN = Truth("class", "van-1", "kamppi", 1000.0, 1300.0, 300.0)


def found(number: str, vehicle: str = "van-1", place: str = "kamppi", start: float = 1010.0):
    return Found(number, vehicle, place, start, start + 200.0, "prohibited")


def test_a_finding_that_fits_is_paired():
    result = compare([DRIVEN], [found("a")])

    assert (len(result.pairs), result.missed, result.false) == (1, [], [])
    assert result.by_kind() == [("class", 1, 1, 0)]


def test_another_vehicle_place_or_time_does_not_fit():
    strangers = [found("a", vehicle="van-2"), found("b", place="kluuvi"), found("c", start=5000.0)]

    result = compare([DRIVEN], strangers)

    assert result.missed == [DRIVEN]
    assert result.false == strangers


def test_a_second_finding_for_one_violation_is_false():
    result = compare([DRIVEN], [found("a"), found("b", start=1200.0)])

    assert [one.id for one in result.false] == ["b"]
