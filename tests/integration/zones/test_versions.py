"""The life of a version: a second person reviews, suspension and resumption are recorded."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from foundation.models import AuditEntry, OutboxMessage
from kernel.periods import Period
from kernel.refusals import Refusal
from kernel.vehicles import VehicleFacts
from tests import zone_factories
from tests.factories import TUESDAY
from zones import selectors
from zones.models import Regulation, RegulationVersion, Suspension
from zones.selectors import feeds
from zones.services import regulations, reviewing, suspending, versions

pytestmark = pytest.mark.django_db

BAN = [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 7500}}]
LORRY = VehicleFacts(gross_weight_kg=12_000)
HOUR = timedelta(hours=1)
AINO, BERTA = UUID(int=1), UUID(int=2)


@pytest.fixture
def machine(actor, hel_city):
    return actor(organisation=hel_city)


@pytest.fixture
def people(machine):
    return [replace(machine, client_id=None, user_id=user) for user in (AINO, BERTA)]


@pytest.fixture
def zone(hel):
    """A zone whose rule bans lorries since the beginning of the year."""
    return zone_factories.zone(hel, rows=BAN, west=24.94, south=60.16, side=0.01)


@pytest.fixture
def ban(zone):
    return RegulationVersion.objects.get(regulation__zone=zone)


def drafted(actor, zone, **more):
    facts = {"rows": BAN, "legal_from": TUESDAY + HOUR, "now": TUESDAY} | more
    regulation = Regulation.objects.get(zone=zone)
    return regulations.add_version(actor=actor, regulation_id=regulation.id, **facts)


def code_of(call, **arguments):
    with pytest.raises(Refusal) as refused:
        call(now=TUESDAY, **arguments)
    return refused.value.code


def ruling(hel, zone, at, known_at=None):
    book = selectors.book(hel.id)
    return [rule.number for rule in book.regulations(zone.id, at, known_at=known_at)]


def test_who_wrote_a_draft_does_not_review_it_and_a_second_person_does(people, zone):
    aino, berta = people
    draft = drafted(aino, zone)
    assert code_of(reviewing.review, actor=aino, version_id=draft.id) == "zones.own_draft"
    reviewed = reviewing.review(actor=berta, version_id=draft.id, now=TUESDAY)
    assert (reviewed.state, reviewed.reviewed_by) == ("reviewed", BERTA)
    entry = AuditEntry.objects.get(action="zones.version_reviewed")
    assert entry.outcome["hash"]


def test_who_changed_a_draft_last_does_not_review_it(people, zone):
    aino, berta = people
    draft = drafted(aino, zone)
    regulations.revise(
        actor=berta, version_id=draft.id, rows=BAN, legal_from=TUESDAY + HOUR, now=TUESDAY
    )
    for writer in people:
        assert code_of(reviewing.review, actor=writer, version_id=draft.id) == "zones.own_draft"


def test_a_machine_reviews_nothing(people, machine, zone):
    draft = drafted(people[0], zone)
    assert code_of(reviewing.review, actor=machine, version_id=draft.id) == "zones.person_needed"


def test_neither_a_carrier_nor_another_city_reviews(actor, carrier, hd, people, zone):
    from accounts.services import setup

    draft = drafted(people[0], zone)
    stranger = replace(actor(organisation=carrier), user_id=BERTA)
    assert code_of(reviewing.review, actor=stranger, version_id=draft.id) == "zones.city_only"
    neighbour = replace(actor(organisation=setup.city_organisation(hd)), user_id=BERTA)
    for step in (reviewing.review, suspending.resume):
        assert code_of(step, actor=neighbour, version_id=draft.id) == "zones.version_not_found"


def test_what_is_reviewed_is_not_changed_until_the_review_is_withdrawn(people, zone):
    aino, berta = people
    draft = drafted(aino, zone)
    reviewing.review(actor=berta, version_id=draft.id, now=TUESDAY)
    wording = {"version_id": draft.id, "rows": [], "legal_from": TUESDAY}
    assert code_of(regulations.revise, actor=aino, **wording) == "zones.state_differs"
    with pytest.raises(IntegrityError, match="reviewed does not change"), transaction.atomic():
        RegulationVersion.objects.filter(pk=draft.pk).update(rows=[])
    back = reviewing.unreview(actor=aino, version_id=draft.id, reason="A typo", now=TUESDAY)
    assert (back.state, back.reviewed_by) == ("draft", None)
    assert regulations.revise(actor=aino, now=TUESDAY, **wording).rows == []


def test_the_database_refuses_a_review_by_the_writer_and_a_leap_between_states(people, zone, ban):
    draft = drafted(people[0], zone)
    own = {"state": "reviewed", "reviewed_at": TUESDAY, "reviewed_by": AINO}
    with pytest.raises(IntegrityError, match="reviewed_by_another"), transaction.atomic():
        RegulationVersion.objects.filter(pk=draft.pk).update(**own)
    with pytest.raises(IntegrityError, match="does not go from"), transaction.atomic():
        RegulationVersion.objects.filter(pk=ban.pk).update(state="draft")


def test_a_suspended_version_does_not_rule_and_a_resumed_one_does_again(hel, machine, zone, ban):
    noon, evening = TUESDAY + 2 * HOUR, TUESDAY + 9 * HOUR
    suspended = suspending.suspend(
        actor=machine, version_id=ban.id, reason="A march", since=noon, now=TUESDAY
    )
    assert suspended.state == "suspended"
    before = noon - timedelta(seconds=1)
    assert [ruling(hel, zone, at) for at in (before, noon, evening)] == [[1], [], []]
    resumed = suspending.resume(actor=machine, version_id=ban.id, since=evening, now=noon)
    assert resumed.state == "published"
    last = evening - timedelta(seconds=1)
    assert [ruling(hel, zone, at) for at in (before, noon, last, evening)] == [[1], [], [], [1]]


def test_what_was_believed_of_a_suspension_has_an_answer(hel, machine, zone, ban):
    noon, evening = TUESDAY + 2 * HOUR, TUESDAY + 9 * HOUR
    suspending.suspend(actor=machine, version_id=ban.id, reason="A march", now=TUESDAY)
    suspending.resume(actor=machine, version_id=ban.id, since=noon, now=noon)
    assert ruling(hel, zone, evening) == [1]
    assert ruling(hel, zone, evening, known_at=noon - timedelta(seconds=1)) == []
    assert ruling(hel, zone, evening, known_at=TUESDAY - timedelta(seconds=1)) == [1]


def test_while_a_version_is_suspended_no_earlier_one_takes_its_place(hel, machine, zone, ban):
    second = drafted(machine, zone, legal_from=TUESDAY)
    regulations.publish(actor=machine, version_id=second.id, now=TUESDAY)
    suspending.suspend(actor=machine, version_id=second.id, reason="A court", now=TUESDAY)
    assert ruling(hel, zone, TUESDAY + HOUR) == []
    assert ruling(hel, zone, TUESDAY - HOUR) == [1]


def test_a_suspension_that_would_end_before_it_began_never_was(hel, machine, zone, ban):
    suspending.suspend(
        actor=machine, version_id=ban.id, reason="A march", since=TUESDAY + 5 * HOUR, now=TUESDAY
    )
    suspending.resume(actor=machine, version_id=ban.id, since=TUESDAY + HOUR, now=TUESDAY + HOUR)
    assert ruling(hel, zone, TUESDAY + 6 * HOUR) == [1]
    assert Suspension.objects.filter(recorded_until__isnull=True).count() == 0


def test_only_what_is_published_is_suspended_and_only_what_is_suspended_resumed(machine, zone, ban):
    draft = drafted(machine, zone)
    wrong = {"actor": machine, "reason": "x", "version_id": draft.id}
    assert code_of(suspending.suspend, **wrong) == "zones.state_differs"
    assert code_of(suspending.resume, actor=machine, version_id=ban.id) == "zones.state_differs"


def test_a_recorded_suspension_never_changes(machine, ban):
    suspending.suspend(actor=machine, version_id=ban.id, reason="A march", now=TUESDAY)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        Suspension.objects.update(legal_until=TUESDAY + HOUR)
    with pytest.raises(IntegrityError, match="does not change"), transaction.atomic():
        Suspension.objects.all().delete()


def test_suspending_tells_the_floors_above(machine, zone, ban):
    suspending.suspend(actor=machine, version_id=ban.id, reason="A march", now=TUESDAY)
    news = OutboxMessage.objects.filter(topic="regulation.published").latest("id").payload
    assert (news["change"], news["version_id"]) == ("suspended", str(ban.id))
    assert news["since"] == "2026-05-12T07:00:00Z"
    assert AuditEntry.objects.get(action="zones.version_suspended").inputs["reason"] == "A march"


def test_an_act_during_a_suspension_breaks_nothing_even_when_it_is_resumed_backwards(
    hel, machine, zone, ban
):
    """The rule ruled by the books of the evening, but not by those of the time of the act."""
    visit = Period(TUESDAY + HOUR, TUESDAY + 2 * HOUR)
    assert len(selectors.book(hel.id).judge(zone.id, visit, LORRY)) == 1
    suspending.suspend(actor=machine, version_id=ban.id, reason="A march", now=TUESDAY)
    assert selectors.book(hel.id).judge(zone.id, visit, LORRY) == []
    suspending.resume(
        actor=machine, version_id=ban.id, since=TUESDAY + HOUR, now=TUESDAY + 5 * HOUR
    )
    assert selectors.book(hel.id).judge(zone.id, visit, LORRY) == []


def test_who_is_inside_when_a_suspension_ends_has_the_time_to_leave(hel, machine, zone, ban):
    version = drafted(machine, zone, legal_from=TUESDAY - HOUR, vacate_by_s=600)
    regulations.publish(actor=machine, version_id=version.id, now=TUESDAY - HOUR)
    suspending.suspend(actor=machine, version_id=version.id, reason="A march", now=TUESDAY)
    suspending.resume(
        actor=machine, version_id=version.id, since=TUESDAY + HOUR, now=TUESDAY + HOUR / 2
    )
    visit = Period(TUESDAY + HOUR / 2, TUESDAY + 2 * HOUR)
    breach = selectors.book(hel.id).judge(zone.id, visit, LORRY)[0]
    # The ban rules again after an hour; ten minutes to leave from there.
    assert breach.period == Period(TUESDAY + HOUR + timedelta(minutes=10), visit.end)


def test_what_rules_until_its_successor_begins_can_be_suspended_until_then(machine, zone, ban):
    begins = TUESDAY + 24 * HOUR
    second = drafted(machine, zone, legal_from=begins)
    regulations.publish(actor=machine, version_id=second.id, now=TUESDAY)
    assert versions.supersede(begins - HOUR) == 0
    told = {"actor": machine, "version_id": ban.id}
    assert suspending.suspend(reason="A march", now=TUESDAY, **told).state == "suspended"
    assert suspending.resume(now=TUESDAY + HOUR, **told).state == "published"
    before = feeds.mark(zone.city_id)
    assert versions.supersede(begins) == 1
    ban.refresh_from_db(), second.refresh_from_db()
    assert (ban.state, second.state) == ("superseded", "published")
    assert feeds.mark(zone.city_id) > before
    told_since = feeds.zones(zone.city_id, begins - HOUR, begins)
    assert [one["id"] for one in told_since] == [zone.id]
    assert feeds.zones(zone.city_id, begins + HOUR, begins + 2 * HOUR) == []
    assert versions.supersede(begins) == 0
    assert code_of(suspending.suspend, reason="Late", **told) == "zones.state_differs"


def test_an_earlier_version_is_named_published_again_when_the_later_one_is_annulled(
    machine, zone, ban
):
    second = drafted(machine, zone, legal_from=TUESDAY)
    regulations.publish(actor=machine, version_id=second.id, now=TUESDAY)
    ban.refresh_from_db()
    assert ban.state == "superseded"
    regulations.annul(actor=machine, version_id=second.id, reason="A court", now=TUESDAY + HOUR)
    ban.refresh_from_db()
    assert ban.state == "published"
