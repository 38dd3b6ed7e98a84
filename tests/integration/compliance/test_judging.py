"""From a visit or a stay to a finding, and what later knowledge makes of it.

Zone from the day before TUESDAY (10:00 in Helsinki) on, grace 30 s; a lorry of 12 t is in it on
Tuesday from 10:30 to 10:40 local time.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from compliance.models import Finding, FindingJournal
from compliance.rules import Act, ActKind
from compliance.selectors import acts
from compliance.services import disputes, findings
from curbs.models import CurbSession
from curbs.services import sessions
from foundation import outbox
from foundation.models import OutboxMessage
from kernel.periods import Period
from tests import curb_factories
from tests.factories import TUESDAY
from zones.services import calendars, grounds, permits, regulations

pytestmark = pytest.mark.django_db

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ENTERED, LEFT = TUESDAY + 30 * MINUTE, TUESDAY + 40 * MINUTE
BAN = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 7500}}]
SQUARE = {
    "type": "Polygon",
    "coordinates": [
        [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]
    ],
}


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
        legal_from=TUESDAY - DAY,
        now=TUESDAY - DAY,
    )


@pytest.fixture
def regulation(official, zone):
    return regulations.create(
        actor=official, zone_id=zone.id, code="heavy", title="Heavy", now=TUESDAY - DAY
    )


@pytest.fixture
def publish(official, regulation):
    def publish(rows=BAN, now=TUESDAY - DAY, legal_from=TUESDAY - DAY, **more):
        version = regulations.add_version(
            actor=official, regulation_id=regulation.id, rows=rows, legal_from=legal_from, now=now,
            **more,
        )  # fmt: skip
        return regulations.publish(actor=official, version_id=version.id, now=now)

    return publish


@pytest.fixture
def lorry(carrier):
    return curb_factories.van(carrier, gross_weight_kg=12_000)


@pytest.fixture
def road(monkeypatch, hel, carrier, zone, lorry):
    """The visits that tracking knows of, in place of its table."""
    return Road(monkeypatch, hel, carrier, zone, lorry)


class Road:
    def __init__(self, monkeypatch, city, carrier, zone, lorry):
        self.known, self.city, self.lorry = {}, city, lorry
        self.first = Act(
            kind=ActKind.VISIT,
            id=uuid4(),
            city_id=city.id,
            organisation_id=carrier.id,
            vehicle_id=lorry.id,
            place_id=zone.id,
            period=Period(ENTERED, LEFT),
            running=False,
        )
        monkeypatch.setattr(
            acts, "visits", lambda ids: [self.known[id_] for id_ in ids if id_ in self.known]
        )
        monkeypatch.setattr(acts, "visits_in", self.within)
        monkeypatch.setattr(acts, "visits_of", self.of)

    def within(self, city_id, zone_ids, start, end):
        period = Period(start, end)
        return [
            act
            for act in self.known.values()
            if act.place_id in zone_ids and act.period.overlaps(period)
        ]

    def of(self, vehicle_id, start, end):
        period = Period(start, end)
        acts_of = (act for act in self.known.values() if act.vehicle_id == vehicle_id)
        return [act for act in acts_of if act.period.overlaps(period)]

    def visit(self, change="changed", **changes):
        act = replace(self.known.get(self.first.id, self.first), **changes)
        self.known[act.id] = act
        self.tell(act.id, change)

    def withdraw(self):
        self.known.pop(self.first.id)
        self.tell(self.first.id, "withdrawn")

    def tell(self, id_, change):
        outbox.add(
            city_id=self.city.id,
            topic="visit.changed",
            key=self.lorry.id,
            payload={"ids": [id_], "change": change},
            at=LEFT,
        )


def journal(finding):
    return [entry.entry for entry in finding.journal.order_by("id")]


def test_a_visit_in_breach_makes_a_provisional_finding_with_its_evidence(
    publish, road, drain, regulation, lorry
):
    version = publish()
    road.visit()
    drain(as_of=LEFT)
    finding = Finding.objects.get()
    assert (finding.state, finding.severity, finding.kind) == (
        "provisional",
        "violation",
        "prohibited",
    )
    assert (finding.from_at, finding.until_at, finding.seconds_over) == (ENTERED, LEFT, 600)
    assert (finding.version_id, finding.regulation_id) == (version.id, regulation.id)
    assert finding.sentence == "No access: vehicles over 7.5 t."
    assert finding.evidence["grace_s"] == 30
    assert finding.evidence["vehicle"]["gross_weight_kg"] == 12_000
    assert lorry.plate not in str(finding.evidence)
    assert journal(finding) == ["opened"]
    assert OutboxMessage.objects.get(topic="finding.created").payload["finding_id"] == str(
        finding.id
    )


def test_hearing_the_same_again_changes_nothing(publish, road, drain):
    publish()
    road.visit()
    drain(as_of=LEFT)
    before = Finding.objects.values().get()
    road.tell(road.first.id, "changed")
    drain(as_of=LEFT + MINUTE)
    assert Finding.objects.values().get() == before
    assert FindingJournal.objects.count() == 1


def test_a_visit_within_the_grace_makes_no_finding(publish, road, drain):
    publish()
    road.visit(period=Period(ENTERED, ENTERED + timedelta(seconds=30)))
    drain(as_of=LEFT)
    assert not Finding.objects.exists()


def test_a_missing_fact_makes_no_finding(publish, road, drain, lorry):
    publish()
    type(lorry).objects.update(gross_weight_kg=None)
    road.visit()
    drain(as_of=LEFT)
    assert not Finding.objects.exists()


def test_a_permit_of_the_plate_makes_no_finding(publish, road, drain, official, lorry):
    publish([{**BAN[0], "unless": {"permit": ["heavy_day"]}}])
    permits.issue(
        actor=official,
        kind="heavy_day",
        plate=lorry.plate.lower(),
        starts_at=TUESDAY - DAY,
        now=TUESDAY - DAY,
    )
    road.visit()
    drain(as_of=LEFT)
    assert not Finding.objects.exists()


def test_a_permit_issued_for_the_past_withdraws_the_finding(publish, road, drain, official, lorry):
    publish([{**BAN[0], "unless": {"permit": ["heavy_day"]}}])
    road.visit()
    drain(as_of=LEFT)
    assert Finding.objects.get().state == "provisional"
    permits.issue(
        actor=official,
        kind="heavy_day",
        plate=lorry.plate,
        starts_at=TUESDAY,
        ends_at=TUESDAY + DAY,
        now=LEFT + MINUTE,
    )
    drain(as_of=LEFT + MINUTE)
    assert Finding.objects.get().state == "withdrawn"


def test_a_vehicle_that_is_still_inside_has_a_running_finding(publish, road, drain):
    publish()
    road.visit(running=True)
    drain(as_of=LEFT)
    finding = Finding.objects.get()
    assert (finding.until_at, finding.seen_until_at) == (None, LEFT)
    road.visit(running=True, period=Period(ENTERED, LEFT + 5 * MINUTE))
    drain(as_of=LEFT + 5 * MINUTE)
    finding.refresh_from_db()
    assert finding.seconds_over == 900
    assert journal(finding) == ["opened"]
    road.visit(running=False, period=Period(ENTERED, LEFT + 6 * MINUTE))
    drain(as_of=LEFT + 7 * MINUTE)
    finding.refresh_from_db()
    assert (finding.until_at, finding.seconds_over) == (LEFT + 6 * MINUTE, 960)
    assert journal(finding) == ["opened", "adjusted"]


def test_a_finding_is_confirmed_when_the_watermark_has_passed_its_end(publish, road, drain):
    publish()
    road.visit()
    drain(as_of=LEFT)
    assert findings.next_confirmation(LEFT) == LEFT + DAY
    assert findings.confirm(LEFT + DAY - timedelta(seconds=1)) == 0
    assert findings.confirm(LEFT + DAY) == 1
    finding = Finding.objects.get()
    assert (finding.state, finding.confirmed_at) == ("confirmed", LEFT + DAY)
    assert journal(finding) == ["opened", "confirmed"]
    assert findings.next_confirmation(LEFT + DAY) is None


def test_a_vehicle_that_fell_silent_inside_is_confirmed_until_it_was_last_seen(
    publish, road, drain
):
    publish()
    road.visit(running=True)
    drain(as_of=LEFT)
    findings.confirm(LEFT + DAY)
    finding = Finding.objects.get()
    assert (finding.state, finding.until_at) == ("confirmed", LEFT)
    road.tell(road.first.id, "changed")
    drain(as_of=LEFT + DAY + MINUTE)
    assert journal(finding) == ["opened", "confirmed"]


def test_late_events_adjust_a_confirmed_finding(publish, road, drain):
    publish()
    road.visit()
    drain(as_of=LEFT)
    findings.confirm(LEFT + DAY)
    road.visit(period=Period(ENTERED, LEFT - 5 * MINUTE))
    drain(as_of=LEFT + 2 * DAY)
    finding = Finding.objects.get()
    assert (finding.state, finding.until_at) == ("confirmed", LEFT - 5 * MINUTE)
    entry = finding.journal.last()
    assert (entry.entry, entry.before, entry.after) == (
        "adjusted",
        {"until_at": LEFT.isoformat()},
        {"until_at": (LEFT - 5 * MINUTE).isoformat()},
    )


def test_a_visit_that_never_was_withdraws_its_finding(publish, road, drain):
    publish()
    road.visit()
    drain(as_of=LEFT)
    road.withdraw()
    drain(as_of=LEFT + MINUTE)
    finding = Finding.objects.get()
    assert finding.state == "withdrawn"
    assert journal(finding) == ["opened", "withdrawn"]
    assert not Finding.objects.standing().exists()
    road.visit("appeared")
    drain(as_of=LEFT + 2 * MINUTE)
    finding.refresh_from_db()
    assert finding.state == "provisional"


def test_a_rule_published_late_makes_no_earlier_act_worse(publish, road, drain):
    road.visit()
    publish(now=LEFT + 60 * MINUTE)
    drain(as_of=LEFT + 61 * MINUTE)
    assert not Finding.objects.exists()


def test_a_rule_published_while_the_vehicle_is_inside_convicts_after_vacate_by(
    publish, road, drain
):
    published = ENTERED + 2 * MINUTE
    road.visit()
    publish(now=published, vacate_by_s=300)
    drain(as_of=LEFT)
    finding = Finding.objects.get()
    assert (finding.from_at, finding.seconds_over) == (published + 5 * MINUTE, 180)


def test_an_annulment_withdraws_a_confirmed_finding_and_says_why(publish, road, drain, official):
    version = publish()
    road.visit()
    drain(as_of=LEFT)
    findings.confirm(LEFT + DAY)
    regulations.annul(actor=official, version_id=version.id, reason="Court", now=LEFT + 2 * DAY)
    drain(as_of=LEFT + 2 * DAY)
    finding = Finding.objects.get()
    assert finding.state == "withdrawn"
    entry = finding.journal.last()
    assert entry.before == {"state": "confirmed", "version_id": str(version.id)}
    assert entry.because["versions"] == [
        {"version_id": str(version.id), "number": 1, "change": "annulled"}
    ]


def test_a_later_version_of_the_same_ban_adjusts_naming_both_versions(publish, road, drain):
    first = publish()
    road.visit()
    drain(as_of=LEFT)
    findings.confirm(LEFT + DAY)
    second = publish(now=LEFT + 2 * DAY)
    drain(as_of=LEFT + 2 * DAY)
    finding = Finding.objects.get()
    assert (finding.state, finding.version_id) == ("confirmed", second.id)
    entry = finding.journal.last()
    assert (entry.before, entry.after) == (
        {"version_id": str(first.id)},
        {"version_id": str(second.id)},
    )


def test_a_day_that_is_declared_late_makes_no_earlier_act_worse_and_one_taken_back_better(
    publish, road, drain, official
):
    day = TUESDAY.date()
    publish([{**BAN[0], "when": [{"calendar": "episode"}]}])
    calendars.set_days(actor=official, code="episode", days=[day], now=TUESDAY)
    road.visit()
    drain(as_of=LEFT)
    assert Finding.objects.get().state == "provisional"
    calendars.set_days(actor=official, code="episode", days=[], now=LEFT + MINUTE)
    drain(as_of=LEFT + MINUTE)
    assert Finding.objects.get().state == "withdrawn"
    calendars.set_days(actor=official, code="episode", days=[day], now=LEFT + 2 * MINUTE)
    drain(as_of=LEFT + 2 * MINUTE)
    assert Finding.objects.get().state == "provisional"  # as it was known on the day


def test_a_switch_that_is_turned_on_late_makes_no_earlier_act_worse_and_one_turned_off_better(
    publish, road, drain, official
):
    publish([{**BAN[0], "when": [{"calendar": "snow"}]}])
    snow = calendars.create(actor=official, code="snow", name="Snow", now=TUESDAY)
    road.visit()
    calendars.switch_on(actor=official, calendar_id=snow.id, since=TUESDAY, now=LEFT)
    drain(as_of=LEFT)
    assert not Finding.objects.exists()  # nobody could know while it was there
    calendars.switch_off(actor=official, calendar_id=snow.id, since=TUESDAY, now=LEFT + MINUTE)
    calendars.switch_on(
        actor=official, calendar_id=snow.id, since=LEFT + 2 * MINUTE, now=LEFT + 2 * MINUTE
    )
    drain(as_of=LEFT + 2 * MINUTE)
    assert not Finding.objects.exists()


def test_an_act_under_a_switch_is_found_and_withdrawn_when_the_switch_was_a_mistake(
    publish, road, drain, official
):
    publish([{**BAN[0], "when": [{"calendar": "snow"}]}])
    snow = calendars.create(actor=official, code="snow", name="Snow", now=TUESDAY)
    calendars.switch_on(actor=official, calendar_id=snow.id, since=TUESDAY, now=TUESDAY)
    road.visit()
    drain(as_of=LEFT)
    assert Finding.objects.get().state == "provisional"
    calendars.switch_off(actor=official, calendar_id=snow.id, since=TUESDAY, now=LEFT + MINUTE)
    drain(as_of=LEFT + MINUTE)
    finding = Finding.objects.get()
    assert finding.state == "withdrawn"
    assert finding.journal.last().because["topics"] == ["calendar.changed"]


@pytest.fixture
def set_aside(publish, road, drain, actor, official):
    """A confirmed finding of which a dispute was upheld."""
    publish()
    road.visit()
    drain(as_of=LEFT)
    findings.confirm(LEFT + DAY)
    finding = Finding.objects.get()
    opened = disputes.open_dispute(
        actor=actor(), finding_id=finding.id, reason="Police", now=LEFT + DAY
    )
    disputes.decide(
        actor=official, dispute_id=opened.id, upheld=True, reasons="True", now=LEFT + DAY
    )
    finding.refresh_from_db()
    return finding


@pytest.mark.parametrize(
    "later",
    [
        {},
        {"period": Period(ENTERED - 5 * MINUTE, LEFT + 5 * MINUTE)},
        {"period": Period(ENTERED + 5 * MINUTE, LEFT)},
    ],
)
def test_what_a_dispute_set_aside_comes_back_by_no_later_judgement(
    set_aside, publish, road, drain, later
):
    assert (set_aside.state, set_aside.set_aside_at) == ("withdrawn", LEFT + DAY)
    entries = journal(set_aside)
    assert entries == ["opened", "confirmed", "disputed", "withdrawn"]
    road.visit(**later)
    drain(as_of=LEFT + 2 * DAY)
    publish(now=LEFT + 2 * DAY)  # a new version judges all acts anew
    drain(as_of=LEFT + 2 * DAY)
    findings.confirm(LEFT + 4 * DAY)
    assert list(Finding.objects.values_list("id", "state")) == [(set_aside.id, "withdrawn")]
    assert journal(set_aside) == entries
    assert not Finding.objects.standing().exists()


def test_another_visit_after_an_upheld_dispute_is_found(set_aside, road, drain):
    road.visit(id=uuid4(), period=Period(LEFT + 60 * MINUTE, LEFT + 70 * MINUTE))
    drain(as_of=LEFT + 2 * DAY)
    assert Finding.objects.standing().get().id != set_aside.id


def test_a_dispute_of_what_is_annulled_is_settled_otherwise(publish, road, drain, official, actor):
    version = publish()
    road.visit()
    drain(as_of=LEFT)
    finding = Finding.objects.get()
    opened = disputes.open_dispute(actor=actor(), finding_id=finding.id, reason="No", now=LEFT)
    regulations.annul(actor=official, version_id=version.id, reason="Court", now=LEFT + MINUTE)
    drain(as_of=LEFT + MINUTE)
    opened.refresh_from_db()
    assert (opened.state, opened.decided_at) == ("moot", LEFT + MINUTE)


def test_an_incident_whose_visit_is_replaced_in_two_batches_keeps_its_id(publish, road, drain):
    """The old visit goes in one batch of news, the new one comes in the next."""
    publish()
    road.visit()
    drain(as_of=LEFT)
    finding = Finding.objects.get()
    road.withdraw()
    drain(as_of=LEFT + MINUTE)
    road.visit("appeared", id=uuid4(), period=Period(ENTERED - 2 * MINUTE, LEFT))
    drain(as_of=LEFT + 2 * MINUTE)
    now = Finding.objects.get()
    assert (now.id, now.state, now.from_at) == (finding.id, "provisional", ENTERED - 2 * MINUTE)
    assert journal(now) == ["opened", "withdrawn", "adjusted"]


def test_a_visit_that_is_cut_in_two_keeps_one_finding_each_and_none_is_stolen(publish, road, drain):
    """Only the news of the second part are read; the first is judged in its company."""
    publish()
    road.visit()
    drain(as_of=LEFT)
    finding = Finding.objects.get()
    middle = ENTERED + 6 * MINUTE
    road.known[road.first.id] = replace(road.first, period=Period(ENTERED, middle))
    second = replace(road.first, id=uuid4(), period=Period(middle, LEFT))
    road.known[second.id] = second
    road.tell(second.id, "appeared")
    drain(as_of=LEFT + MINUTE)
    longer, shorter = Finding.objects.standing().order_by("from_at")
    assert (longer.id, longer.act_id, longer.until_at) == (finding.id, road.first.id, middle)
    assert (shorter.act_id, shorter.from_at) == (second.id, middle)


def test_opened_plus_adjustments_is_the_current_verdict(publish, road, drain, official):
    publish()
    road.visit(running=True)
    drain(as_of=LEFT)
    road.visit(running=False, period=Period(ENTERED + MINUTE, LEFT + MINUTE))
    drain(as_of=LEFT + MINUTE)
    publish(now=LEFT + 2 * MINUTE)
    drain(as_of=LEFT + 2 * MINUTE)
    findings.confirm(LEFT + 2 * DAY)
    road.visit(period=Period(ENTERED, LEFT))
    drain(as_of=LEFT + 3 * DAY)
    finding = Finding.objects.get()
    told = {}
    for entry in finding.journal.order_by("id"):
        assert all(told.get(name) == value for name, value in entry.before.items())
        told |= entry.after
    now = {
        name: getattr(finding, name).isoformat() if name.endswith("_at") else getattr(finding, name)
        for name in told
    }
    now["version_id"] = str(now["version_id"])
    assert told == now
    assert len(finding.journal.all()) == 5


def test_a_batch_of_visits_costs_no_query_per_visit(
    publish, road, drain, hel, django_assert_max_num_queries
):
    publish()
    drain(as_of=LEFT)
    for number in range(30):
        act = replace(road.first, id=UUID(int=number + 1))
        road.known[act.id] = act
    outbox.add(
        city_id=hel.id,
        topic="visit.changed",
        key=road.lorry.id,
        payload={"ids": list(road.known), "change": "appeared"},
        at=LEFT,
    )
    with django_assert_max_num_queries(50):  # of 30 visits; the runner takes three a pass
        drain(as_of=LEFT)
    assert Finding.objects.count() == 30


def test_a_stay_without_a_booking_makes_a_finding_at_the_curb(hel, carrier, drain, lorry):
    rows = [{"what": {"effect": "require_booking"}}]
    bay = curb_factories.zone(curb_factories.line(hel), rows=rows)
    stay = sessions.Stay(
        id=uuid4(),
        curb_zone_id=bay.id,
        curb_line_id=bay.curb_line_id,
        started_at=ENTERED,
        ended_at=LEFT,
    )
    sessions.replace(
        city_id=hel.id,
        organisation_id=carrier.id,
        vehicle_id=lorry.id,
        stays=[stay],
        since=None,
        at=LEFT,
    )
    drain(as_of=LEFT)
    finding = Finding.objects.get(kind="booking")
    assert (finding.act_kind, finding.curb_zone_id, finding.zone_id) == ("stay", bay.id, None)
    assert finding.evidence["bookings"] == []
    assert CurbSession.objects.count() == 1
