"""Two workers look at one plan when rules change twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from accounts.services import setup
from routing.models import Plan
from routing.services import rechecking
from tests import curb_factories, factories, zone_factories
from tests.factories import TUESDAY
from tests.integration.routing.test_new_rules import INSIDE, NO_DIESEL, planned
from tests.meanwhile import beside
from zones.models import RegulationVersion
from zones.services import suspending

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_gets_a_plan_later_looks_at_it_under_the_later_rules(hel, carrier):
    """The one has read the rules, and waits for the plan while one of them is suspended."""
    official = factories.actor_of(setup.city_organisation(hel))
    zone = zone_factories.zone(hel, rows=NO_DIESEL, west=24.93, south=60.16, side=0.03)
    version = RegulationVersion.objects.get()
    plan = planned(curb_factories.van(carrier), "accepted", INSIDE)

    def look() -> int:
        return rechecking.look_again(city=hel, zone_ids={zone.id}, now=TUESDAY)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Plan.objects.select_for_update().get()
            later = beside(pool, look)
            suspending.suspend(actor=official, version_id=version.id, reason="March", now=TUESDAY)
        assert later.result(timeout=30) == 0
    plan.refresh_from_db()
    assert plan.infeasible == []
    assert look() == 0
