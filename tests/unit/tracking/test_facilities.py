"""Units at lockers and hubs, folded from hand-written events of several senders."""

from uuid import UUID

from driving import CITY, after, told

from tracking.rules.facilities import Shelf, fold, thaw
from tracking.rules.fold import freeze
from tracking.rules.told import Lapse, UnitAt

LOCKER = UUID(int=90)
OPERATOR, CARRIER, STRANGER = UUID(int=91), UUID(int=92), UUID(int=93)
VAN, STOP = UUID(int=2), UUID(int=72)


def says(sender, event_type, t, *units, **members):
    operator = sender == OPERATOR
    ids = {"sender_id": sender, "facility_id": LOCKER, "of_operator": operator}
    return told(event_type, t, number=sender.int, units=units or ("sscc:1",), **ids, **members)


def folded(*events):
    ordered = sorted(events, key=lambda event: event.key)
    return fold(Shelf(), ordered, city_id=CITY, facility_id=LOCKER)


def units(*events):
    found = [row for row in folded(*events).rows.values() if isinstance(row, UnitAt)]
    return sorted(found, key=lambda row: (row.touched_at, row.unit))


def flagged(*events):
    found = [row for row in folded(*events).rows.values() if isinstance(row, Lapse)]
    assert {(row.kind, row.detail) for row in found} <= {("out_of_sequence", "unit_step")}
    return [(row.facts["unit"], row.facts["step"], row.facts["after"]) for row in found]


def test_a_parcel_goes_through_a_locker():
    course = [
        says(CARRIER, "ooh.deposited", 0, compartment="B7", vehicle_id=VAN, stop_id=STOP),
        says(OPERATOR, "ooh.ready", 60),
        says(OPERATOR, "ooh.collected", 7200),
    ]
    (inside,) = units(*course[:2])
    assert (inside.state, inside.inside, inside.compartment) == ("ready", True, "B7")
    (unit,) = units(*course)
    assert (unit.state, unit.inside, unit.organisation_id) == ("collected", False, CARRIER)
    assert (unit.deposited_at, unit.ready_at) == (after(0), after(60))
    assert (unit.collected_at, unit.expired_at) == (after(7200), None)
    assert (unit.vehicle_id, unit.stop_id) == (VAN, STOP)
    assert flagged(*course) == []


def test_a_parcel_that_expires_is_inside_until_somebody_takes_it_back():
    course = [says(CARRIER, "ooh.deposited", 0), says(OPERATOR, "ooh.expired", 900)]
    (unit,) = units(*course)
    assert (unit.state, unit.inside) == ("expired", True)
    (unit,) = units(*course, says(CARRIER, "ooh.collected", 1000))
    assert (unit.state, unit.inside, unit.expired_at) == ("collected", False, after(900))


def test_a_locker_that_is_full_rejects_and_holds_nothing():
    (unit,) = units(says(CARRIER, "ooh.rejected", 0, reason="ooh_full"))
    assert (unit.state, unit.inside, unit.reason) == ("rejected", False, "ooh_full")
    assert flagged(says(CARRIER, "ooh.rejected", 0, reason="ooh_full")) == []


def test_a_unit_that_comes_again_after_it_left_is_another_row():
    course = [
        says(CARRIER, "ooh.deposited", 0),
        says(OPERATOR, "ooh.collected", 100),
        says(CARRIER, "ooh.deposited", 200),
    ]
    first, second = units(*course)
    assert (first.inside, second.inside) == (False, True)
    assert first.id != second.id
    assert flagged(*course) == []


def test_each_unit_of_an_event_is_a_row():
    found = units(says(CARRIER, "ooh.deposited", 0, "sscc:1", "sscc:2"))
    assert [row.unit for row in found] == ["sscc:1", "sscc:2"]
    assert found[0].id != found[1].id


def test_nobody_takes_out_what_somebody_else_has_put_in():
    course = [says(CARRIER, "ooh.deposited", 0), says(STRANGER, "ooh.collected", 100)]
    mine, theirs = units(*course)
    assert (mine.organisation_id, mine.inside) == (CARRIER, True)
    assert (theirs.organisation_id, theirs.inside) == (STRANGER, False)
    assert flagged(*course) == [("sscc:1", "ooh.collected", "")]


def test_the_operators_word_counts_for_every_unit():
    course = [
        says(CARRIER, "ooh.deposited", 0),
        says(OPERATOR, "ooh.rejected", 100, reason="other"),
    ]
    (unit,) = units(*course)
    assert (unit.organisation_id, unit.state, unit.inside) == (CARRIER, "rejected", False)


def test_a_carrier_hands_over_to_a_hub_and_the_hub_hands_out():
    course = [says(CARRIER, "custody.handed_over", 0), says(OPERATOR, "custody.handed_over", 600)]
    (unit,) = units(course[0])
    assert (unit.state, unit.inside) == ("handed_over", True)
    (unit,) = units(*course)
    assert (unit.state, unit.inside) == ("handed_over", False)
    assert flagged(*course) == []


def test_what_cannot_follow_is_kept_and_flagged():
    course = [
        says(CARRIER, "ooh.deposited", 0),
        says(CARRIER, "ooh.deposited", 50),
        says(OPERATOR, "ooh.collected", 100),
        says(OPERATOR, "ooh.ready", 200),
    ]
    assert flagged(*course) == [
        ("sscc:1", "ooh.deposited", "deposited"),
        ("sscc:1", "ooh.ready", "collected"),
    ]
    (unit,) = units(*course)
    assert (unit.state, unit.inside) == ("collected", False)
    assert (unit.deposited_at, unit.ready_at) == (after(0), after(200))


def test_a_thawed_shelf_goes_on_as_if_it_had_never_been_frozen():
    course = [
        says(CARRIER, "ooh.deposited", 0, "sscc:1", "sscc:2"),
        says(OPERATOR, "ooh.ready", 4000),
        says(OPERATOR, "ooh.collected", 9000),
    ]
    whole = folded(*course)
    at, frozen = whole.snapshots[0]
    rest = [event for event in course if event.at > at]
    again = fold(thaw(frozen), rest, city_id=CITY, facility_id=LOCKER)
    assert freeze(again.state) == freeze(whole.state)
    assert all(whole.rows[row_id] == row for row_id, row in again.rows.items())


def test_who_left_a_day_and_a_half_ago_is_forgotten_and_who_is_inside_is_not():
    hours = [says(OPERATOR, "ooh.ready", 3600 * n, "sscc:9") for n in range(1, 40)]
    course = [
        says(CARRIER, "ooh.deposited", 0, "sscc:1", "sscc:2"),
        says(OPERATOR, "ooh.collected", 60, "sscc:1"),
    ]
    shelf = folded(*course, *hours).state
    assert {unit.unit for unit in shelf.units.values()} == {"sscc:2", "sscc:9"}
