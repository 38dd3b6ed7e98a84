"""`visible_to`: the one way to see rows."""

from datetime import timedelta
from uuid import UUID

import pytest

from accounts.actors import Actor
from accounts.models import Mandate
from accounts.querysets import sees
from accounts.services import mandates
from carriers.models import Vehicle
from foundation.models import AuditEntry
from kernel.refusals import Refusal
from tests import factories, fleet
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db

VAN, TRUCK = UUID(int=7), UUID(int=8)


def seen(actor, scope="mandates:write"):
    return set(Mandate.objects.visible_to(actor, scope))


def test_an_organisation_sees_what_it_gave_and_what_it_holds(actor, carrier, other_carrier, tpl):
    given = factories.mandate(carrier, tpl, "curbs:book")
    held = factories.mandate(other_carrier, carrier, "curbs:book")
    factories.mandate(other_carrier, tpl, "curbs:book")
    assert seen(actor()) == {given, held}


def test_without_the_scope_nothing_is_seen(actor, carrier, tpl):
    factories.mandate(carrier, tpl, "curbs:book")
    assert seen(actor("curbs:book")) == set()
    assert seen(actor(), scope=None) == set()


def test_the_public_sees_nothing_that_is_not_public(hel, carrier, tpl):
    factories.mandate(carrier, tpl, "curbs:book")
    assert seen(Actor.public(hel)) == set()
    assert seen(Actor.public(hel), scope=None) == set()


def test_the_city_sees_its_own_city_only(actor, hel_city, carrier, tpl, hd_carrier, hd):
    ours = factories.mandate(carrier, tpl, "curbs:book")
    factories.mandate(hd_carrier, factories.organisation(hd), "curbs:book")
    official = factories.actor_of(hel_city, "mandates:write")
    assert seen(official) == {ours}


def actor_at(organisation, instant, scope="curbs:book"):
    return factories.actor_of(organisation, scope, at=instant)


def test_a_mandate_is_in_force_from_its_first_instant_until_before_its_last(carrier, tpl):
    factories.mandate(
        carrier, tpl, "curbs:book", starts_at=TUESDAY, ends_at=TUESDAY + timedelta(hours=1)
    )
    instants = {
        TUESDAY - timedelta(microseconds=1): 0,
        TUESDAY: 1,
        TUESDAY + timedelta(minutes=59): 1,
        TUESDAY + timedelta(hours=1): 0,
    }
    assert {at: len(actor_at(tpl, at).grants) for at in instants} == instants


def test_a_mandate_reaches_its_scopes_and_vehicles_only(carrier, tpl):
    factories.mandate(carrier, tpl, "curbs:book", vehicle_ids=[VAN])
    agent = actor_at(tpl, TUESDAY)
    assert agent.acts_for(carrier.id, "curbs:book", VAN)
    assert not agent.acts_for(carrier.id, "curbs:book", TRUCK)
    assert not agent.acts_for(carrier.id, "findings:read", VAN)
    assert agent.acts_for(tpl.id, "curbs:book", TRUCK)


def test_an_agent_needs_the_scope_itself_too(carrier, tpl):
    factories.mandate(carrier, tpl, "curbs:book")
    agent = actor_at(tpl, TUESDAY, scope="curbs:read")
    assert not agent.acts_for(carrier.id, "curbs:book")
    assert agent.organisation_ids("curbs:book") == frozenset()


def test_a_mandate_from_another_city_reaches_nothing(hd_carrier, tpl):
    factories.mandate(hd_carrier, tpl, "curbs:book", city=tpl.city)
    assert actor_at(tpl, TUESDAY).grants == ()


def use(agent, organisation, vehicle_id=None):
    return mandates.use(
        actor=agent,
        organisation_id=organisation.id,
        scope="curbs:book",
        vehicle_id=vehicle_id,
        action="booking.held",
        subject="booking 1",
        at=TUESDAY,
    )


def test_every_use_of_a_mandate_is_audited_with_principal_and_agent(carrier, tpl):
    mandate = factories.mandate(carrier, tpl, "curbs:book")
    grant = use(actor_at(tpl, TUESDAY), carrier)
    assert grant.mandate_id == mandate.id
    entry = AuditEntry.objects.get()
    assert (entry.organisation_id, entry.on_behalf_of) == (tpl.id, carrier.id)
    assert (entry.action, entry.inputs["mandate_id"]) == ("booking.held", str(mandate.id))


def test_acting_for_oneself_uses_no_mandate(tpl):
    assert use(actor_at(tpl, TUESDAY), tpl) is None
    assert not AuditEntry.objects.exists()


def test_acting_without_a_mandate_is_refused_as_if_nothing_were_there(carrier, tpl):
    with pytest.raises(Refusal) as caught:
        use(actor_at(tpl, TUESDAY), carrier)
    assert (caught.value.code, caught.value.status) == ("accounts.no_mandate", 404)


def test_a_row_at_hand_is_seen_by_whom_a_query_shows_it(carrier, other_carrier, tpl, hel_city):
    owners = (carrier, carrier, other_carrier)
    mine, theirs, others = (fleet.vehicle(one, ref) for ref, one in zip("abc", owners, strict=True))
    factories.mandate(carrier, tpl, "curbs:book", vehicle_ids=[theirs.id])
    factories.mandate(other_carrier, tpl, "findings:read")
    expected = {carrier: {mine, theirs}, tpl: {theirs}, hel_city: {mine, theirs, others}}
    for organisation, rows in expected.items():
        agent = actor_at(organisation, TUESDAY)
        assert set(Vehicle.objects.visible_to(agent, "curbs:book")) == rows
        assert {row for row in (mine, theirs, others) if sees(agent, row, "curbs:book")} == rows
        assert not any(sees(agent, row, "findings:read") for row in (mine, theirs, others))


def test_a_row_of_another_city_is_seen_by_nobody_here(hd_carrier, hel_city):
    assert not sees(actor_at(hel_city, TUESDAY), fleet.vehicle(hd_carrier, "x"), "curbs:book")
