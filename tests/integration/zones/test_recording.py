"""Versions of rules and grounds: who may write them, and that what is recorded stands."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from accounts.services import setup
from foundation.models import AuditEntry, OutboxMessage
from kernel.periods import Period
from kernel.refusals import Refusal
from kernel.vehicles import VehicleFacts
from tests.factories import TUESDAY
from zones import selectors
from zones.models import CalendarSwitch, RegulationVersion, ZoneGeometry
from zones.selectors import books
from zones.selectors import permits as held_permits
from zones.services import calendars, grounds, permits, regulations

pytestmark = pytest.mark.django_db

SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
    ],
}
BAN = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 7500}}]
INSIDE = (24.945, 60.165)
LORRY = VehicleFacts(gross_weight_kg=12_000)


@pytest.fixture
def official(actor, hel_city):
    return actor(organisation=hel_city)


@pytest.fixture
def zone(official):
    return grounds.create(
        actor=official,
        code="kamppi",
        name="Kamppi",
        kind="weight",
        geometry=SQUARE,
        grace_s=30,
        legal_from=TUESDAY - timedelta(days=1),
        now=TUESDAY,
    )


@pytest.fixture
def regulation(official, zone):
    return regulations.create(
        actor=official, zone_id=zone.id, code="heavy", title="No heavy vehicles", now=TUESDAY
    )


def draft(official, regulation, rows=BAN, **more):
    times = {"legal_from": TUESDAY + timedelta(hours=1), "now": TUESDAY} | more
    return regulations.add_version(actor=official, regulation_id=regulation.id, rows=rows, **times)


def published(official, regulation, rows=BAN, **more):
    version = draft(official, regulation, rows, **more)
    return regulations.publish(actor=official, version_id=version.id, now=more.get("now", TUESDAY))


def test_a_zone_is_found_from_its_first_instant(hel, zone):
    book = selectors.book(hel.id)
    starts = TUESDAY - timedelta(days=1)
    assert book.zones_at(*INSIDE, starts) == [zone.id]
    assert book.zones_at(*INSIDE, starts - timedelta(microseconds=1)) == []
    assert book.zones_at(24.0, 60.0, starts) == []


def test_a_draft_rules_nothing_and_a_published_version_does(hel, official, regulation, zone):
    version = draft(official, regulation)
    assert selectors.book(hel.id).regulations(zone.id) == []
    regulations.publish(actor=official, version_id=version.id, now=TUESDAY)
    ruling = selectors.book(hel.id).regulations(zone.id)
    assert [rule.version for rule in ruling] == [version.id]
    assert ruling[0].recorded.start == TUESDAY


def test_the_book_is_read_again_only_when_the_rules_changed(
    hel, official, regulation, django_assert_num_queries
):
    selectors.book(hel.id)
    with django_assert_num_queries(1):
        first = selectors.book(hel.id)
    published(official, regulation)
    assert selectors.book(hel.id) is not first


def test_a_published_version_never_changes(official, regulation):
    version = published(official, regulation)
    changes = [{"rows": []}, {"legal_from": TUESDAY}, {"recorded_from": TUESDAY - timedelta(1)}]
    for change in changes:
        with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
            RegulationVersion.objects.filter(pk=version.pk).update(**change)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        version.delete()


def test_the_end_of_a_record_is_set_once(official, regulation):
    version = published(official, regulation)
    regulations.annul(
        actor=official, version_id=version.id, reason="Court", now=TUESDAY + timedelta(days=1)
    )
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        RegulationVersion.objects.filter(pk=version.pk).update(recorded_until=None)


def test_the_ground_of_a_zone_never_changes(zone):
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        ZoneGeometry.objects.filter(zone=zone).update(grace_s=0)


def test_a_draft_may_change_and_go(official, regulation):
    version = draft(official, regulation)
    RegulationVersion.objects.filter(pk=version.pk).update(rows=[])
    version.delete()


def test_publishing_tells_the_floors_above_and_the_audit(official, regulation, zone):
    version = published(official, regulation, vacate_by_s=900)
    message = OutboxMessage.objects.get(topic="regulation.published")
    assert message.payload["zone_ids"] == [str(zone.id)]
    assert message.payload["version_id"] == str(version.id)
    assert message.payload["vacate_by_s"] == 900
    assert message.payload["legal_from"] == "2026-05-12T08:00:00Z"
    entry = AuditEntry.objects.get(action="zones.version_published")
    assert entry.outcome["hash"] == version.content_hash


def test_a_version_is_published_once(official, regulation):
    version = published(official, regulation)
    with pytest.raises(Refusal) as refused:
        regulations.publish(actor=official, version_id=version.id, now=TUESDAY)
    assert refused.value.code == "zones.not_a_draft"


def test_an_import_is_recorded_since_its_publication_with_all_versions_of_one_load(
    official, regulation
):
    years_ago = [TUESDAY - timedelta(days=365 * n) for n in (3, 2)]
    for since in years_ago:
        version = draft(official, regulation, legal_from=since)
        regulations.publish(actor=official, version_id=version.id, now=TUESDAY, recorded_from=since)
    recorded = regulation.versions.order_by("number").values_list("recorded_from", flat=True)
    assert list(recorded) == years_ago


def test_a_regulation_that_was_in_use_is_not_recorded_in_the_past(official, regulation):
    published(official, regulation)
    second = draft(official, regulation)
    with pytest.raises(Refusal) as refused:
        regulations.publish(
            actor=official,
            version_id=second.id,
            now=TUESDAY + timedelta(seconds=1),
            recorded_from=TUESDAY - timedelta(days=1),
        )
    assert refused.value.code == "zones.already_evaluated"


def test_a_record_never_starts_after_the_load(official, regulation):
    version = draft(official, regulation)
    with pytest.raises(Refusal) as refused:
        regulations.publish(
            actor=official,
            version_id=version.id,
            now=TUESDAY,
            recorded_from=TUESDAY + timedelta(seconds=1),
        )
    assert refused.value.code == "zones.recorded_later"


def test_every_bad_row_is_refused_with_its_pointer(official, regulation):
    rows = [{"what": {"effect": "prohibit"}}, {"what": {"effect": "forbid"}}, {}]
    with pytest.raises(Refusal) as refused:
        draft(official, regulation, rows=rows)
    assert [reason.pointer for reason in refused.value.reasons] == [
        "/rows/1/what/effect",
        "/rows/2",
    ]


def test_a_carrier_writes_no_rules(actor, carrier, zone):
    with pytest.raises(Refusal) as refused:
        regulations.create(
            actor=actor(organisation=carrier), zone_id=zone.id, code="x", title="x", now=TUESDAY
        )
    assert refused.value.code == "zones.city_only"


def test_another_citys_zone_is_not_found(actor, hd, zone):
    neighbour = actor(organisation=setup.city_organisation(hd))
    with pytest.raises(Refusal) as refused:
        regulations.create(actor=neighbour, zone_id=zone.id, code="x", title="x", now=TUESDAY)
    assert refused.value.code == "zones.zone_not_found"
    assert selectors.book(hd.id).zones_at(*INSIDE, TUESDAY) == []


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [24.9, 60.1]},
        {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[385000, 0], [2, 2], [2, 0], [385000, 0]]]},
        {"type": "Nonsense"},
    ],
)
def test_a_ground_that_is_no_valid_area_is_refused(official, geometry):
    with pytest.raises(Refusal) as refused:
        grounds.create(
            actor=official,
            code="odd",
            name="Odd",
            kind="other",
            geometry=geometry,
            legal_from=TUESDAY,
            now=TUESDAY,
        )
    assert refused.value.code == "zones.geometry_invalid"


def test_what_was_believed_on_one_day_about_another_has_an_answer(hel, official, regulation, zone):
    version = published(official, regulation)
    later = TUESDAY + timedelta(days=2)
    regulations.annul(actor=official, version_id=version.id, reason="Court", now=later)
    book, about = selectors.book(hel.id), TUESDAY + timedelta(days=1)
    assert book.regulations(zone.id, about) == []
    believed = book.regulations(zone.id, about, known_at=later - timedelta(seconds=1))
    assert [rule.version for rule in believed] == [version.id]
    assert book.regulations(zone.id, about, known_at=TUESDAY - timedelta(seconds=1)) == []


def test_ground_that_is_added_later_counts_for_decisions_and_not_for_earlier_acts(
    hel, official, zone
):
    wider = {
        "type": "Polygon",
        "coordinates": [
            [[24.93, 60.16], [24.95, 60.16], [24.95, 60.17], [24.93, 60.17], [24.93, 60.16]]
        ],
    }
    recorded = TUESDAY + timedelta(hours=5)
    grounds.set_ground(
        actor=official,
        zone_id=zone.id,
        geometry=wider,
        legal_from=TUESDAY - timedelta(hours=3),
        now=recorded,
    )
    book, added, noon = selectors.book(hel.id), (24.935, 60.165), TUESDAY + timedelta(hours=2)
    assert book.zones_at(*added, noon) == [zone.id]
    assert book.geography_of_acts.zones_at(*added, noon) == []
    assert book.geography_of_acts.zones_at(*INSIDE, noon) == [zone.id]
    assert book.geography_of_acts.zones_at(*added, recorded) == [zone.id]


def test_a_path_that_crosses_the_zone_without_a_vertex_inside_is_found(hel, zone):
    start = TUESDAY
    path = [(start, 24.93, 60.165), (start + timedelta(seconds=40), 24.97, 60.165)]
    crossing = selectors.book(hel.id).crossings(path)[0]
    # The square spans 0.01° of 0.04°: entered after a quarter, left after half of 40 s.
    assert (crossing.zone_id, crossing.entered_at - start, crossing.left_at - start) == (
        zone.id,
        timedelta(seconds=10),
        timedelta(seconds=20),
    )


def test_calendar_days_are_recorded_and_closed(hel, official):
    day = date(2026, 5, 13)
    calendars.set_days(actor=official, code="episode", days=[day], now=TUESDAY)
    book = selectors.book(hel.id)
    assert book.days().named == {"episode": frozenset({day})}
    assert book.days(TUESDAY - timedelta(seconds=1)).named == {}
    calendars.set_days(actor=official, code="episode", days=[], now=TUESDAY + timedelta(days=1))
    book = selectors.book(hel.id)
    assert book.days().named == {}
    assert book.days(TUESDAY).named == {"episode": frozenset({day})}


HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def snow(official):
    return calendars.create(actor=official, code="snow", name="Snow", now=TUESDAY)


def times(city, known_at=None):
    return selectors.book(city.id).days(known_at).switched.get("snow", ())


def test_a_switch_is_on_from_its_instant_and_the_books_say_since_when_they_say_so(
    hel, official, snow
):
    calendars.switch_on(actor=official, calendar_id=snow.id, now=TUESDAY)
    assert times(hel) == (Period(TUESDAY),)
    assert times(hel, TUESDAY) == (Period(TUESDAY),)
    assert times(hel, TUESDAY - SECOND) == ()
    calendars.switch_off(actor=official, calendar_id=snow.id, now=TUESDAY + HOUR)
    assert times(hel) == (Period(TUESDAY, TUESDAY + HOUR),)
    assert times(hel, TUESDAY + HOUR - SECOND) == (Period(TUESDAY),)
    told = OutboxMessage.objects.filter(topic="calendar.changed").order_by("id")
    assert [(m.payload["switched"], m.payload["times"]) for m in told] == [
        ("on", [{"from": "2026-05-12T07:00:00Z", "until": None}]),
        ("off", [{"from": "2026-05-12T08:00:00Z", "until": None}]),
    ]
    audited = AuditEntry.objects.filter(subject=snow.id).order_by("id")
    assert [entry.action for entry in audited] == [
        "zones.calendar_created", "zones.calendar_switched_on", "zones.calendar_switched_off",
    ]  # fmt: skip


def test_who_read_their_clock_before_another_changed_a_calendar_may_end_that_change(
    hel, official, snow
):
    """They waited for the lock: what began after their instant never was."""
    calendars.switch_on(actor=official, calendar_id=snow.id, now=TUESDAY + HOUR)
    calendars.switch_off(actor=official, calendar_id=snow.id, now=TUESDAY)
    day = TUESDAY.date()
    calendars.put_days(actor=official, calendar_id=snow.id, days=[day], now=TUESDAY + HOUR)
    calendars.withdraw_days(actor=official, calendar_id=snow.id, days=[day], now=TUESDAY)
    book = books.book(hel.id)
    for known_at in (None, TUESDAY, TUESDAY + HOUR):
        days = book.days(known_at)
        assert (days.named.get("snow", frozenset()), days.switched.get("snow", ())) == (
            frozenset(),
            (),
        )


def test_to_switch_off_ends_what_runs_and_takes_back_what_was_announced(hel, official, snow):
    ahead = {"since": TUESDAY + 5 * HOUR, "until": TUESDAY + 6 * HOUR}
    calendars.switch_on(actor=official, calendar_id=snow.id, now=TUESDAY, **ahead)
    calendars.switch_on(actor=official, calendar_id=snow.id, until=TUESDAY + 2 * HOUR, now=TUESDAY)
    calendars.switch_off(
        actor=official, calendar_id=snow.id, since=TUESDAY + HOUR, now=TUESDAY + SECOND
    )
    assert times(hel) == (Period(TUESDAY, TUESDAY + HOUR),)
    with pytest.raises(Refusal) as refusal:
        calendars.switch_off(actor=official, calendar_id=snow.id, now=TUESDAY + HOUR)
    assert refusal.value.code == "zones.already_off"


def test_a_switch_is_on_once_at_a_time_and_what_is_recorded_of_it_stands(hel, official, snow):
    calendars.switch_on(actor=official, calendar_id=snow.id, until=TUESDAY + HOUR, now=TUESDAY)
    with pytest.raises(Refusal) as refusal:
        calendars.switch_on(
            actor=official, calendar_id=snow.id, since=TUESDAY + HOUR - SECOND, now=TUESDAY
        )
    assert refusal.value.code == "zones.already_on"
    calendars.switch_on(actor=official, calendar_id=snow.id, since=TUESDAY + HOUR, now=TUESDAY)
    assert times(hel) == (Period(TUESDAY, TUESDAY + HOUR), Period(TUESDAY + HOUR))
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        CalendarSwitch.objects.filter(calendar=snow).update(on_until=TUESDAY + 9 * HOUR)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        CalendarSwitch.objects.filter(calendar=snow).delete()


def test_public_holidays_are_those_of_the_citys_country_and_subdivision(hel, hd):
    assert date(2026, 12, 6) in selectors.book(hel.id).days().holidays  # Independence Day
    assert date(2026, 6, 4) in selectors.book(hd.id).days().holidays  # Corpus Christi, BW
    assert date(2026, 6, 4) not in selectors.book(hel.id).days().holidays


def test_permits_are_held_by_plate_however_it_is_written_and_by_class(hel, official, zone):
    ends = TUESDAY + timedelta(days=1)
    permits.issue(
        actor=official, kind="delivery", plate="abc-123", starts_at=TUESDAY, ends_at=ends,
        zone_ids=[zone.id], now=TUESDAY,
    )  # fmt: skip
    permits.issue(
        actor=official,
        kind="light",
        vehicle_class={"gross_weight_up_to_kg": 3500},
        starts_at=TUESDAY,
        now=TUESDAY,
    )
    vehicles = {
        UUID(int=1): ("ABC 123", LORRY),
        UUID(int=2): ("XYZ-9", VehicleFacts(gross_weight_kg=3500)),
        UUID(int=3): ("XYZ-8", VehicleFacts()),
    }
    period = Period(TUESDAY, TUESDAY + timedelta(hours=1))
    got = held_permits.held(book=books.book(hel.id), vehicles=vehicles, period=period)
    assert [[p.kind for p in got[UUID(int=n)]] for n in (1, 2, 3)] == [["delivery"], ["light"], []]
    assert got[UUID(int=1)][0].zones == {zone.id}
    assert got[UUID(int=1)][0].period == Period(TUESDAY, ends)
    over = Period(ends, ends + timedelta(hours=1))
    assert (
        held_permits.held(book=books.book(hel.id), vehicles=vehicles, period=over)[UUID(int=1)]
        == ()
    )


def test_a_permit_for_a_class_ends_for_a_vehicle_on_the_day_it_leaves_the_class(hel, official):
    permits.issue(
        actor=official, kind="new", vehicle_class={"age_under_years": 10}, starts_at=TUESDAY,
        now=TUESDAY,
    )  # fmt: skip
    # Ten years old on Thursday 14 May 2026, midnight in Helsinki being 21:00 UTC the day before.
    facts = VehicleFacts(first_registration_on=date(2016, 5, 14))
    tenth = datetime(2026, 5, 13, 21, tzinfo=UTC)
    vehicles = {UUID(int=1): ("", facts)}

    def held(start, end):
        period = Period(start, end)
        got = held_permits.held(book=books.book(hel.id), vehicles=vehicles, period=period)
        return [permit.period for permit in got[UUID(int=1)]]

    assert held(TUESDAY, TUESDAY + timedelta(days=7)) == [Period(TUESDAY, tenth)]
    assert held(tenth, TUESDAY + timedelta(days=7)) == []
