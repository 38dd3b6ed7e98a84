"""Two who change the rules of a city at the same moment."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.services import setup
from tests import factories, zone_factories
from tests.factories import TUESDAY
from tests.meanwhile import beside
from zones.models import Regulation, RegulationVersion
from zones.services import importing, regulations, versions

pytestmark = pytest.mark.django_db(transaction=True)
BAN = [{"what": {"effect": "prohibit"}}]
SQUARE = [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]


def test_who_changes_one_version_may_change_its_neighbour_without_a_deadlock(hel):
    zone = zone_factories.zone(hel, rows=BAN, west=24.94, south=60.16, side=0.01)
    actor = factories.actor_of(zone.city.organisations.get(kind="city"))
    regulation = Regulation.objects.get(zone=zone)
    first = regulation.versions.get()
    second = regulations.add_version(
        actor=actor,
        regulation_id=regulation.id,
        rows=BAN,
        legal_from=TUESDAY + timedelta(hours=1),
        now=TUESDAY,
    )
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            versions.locked(actor, first.id)
            later = beside(pool, lambda: versions.locked(actor, second.id).title)
            RegulationVersion.objects.filter(pk=second.id).update(title="By the first")
        assert later.result(timeout=30) == "By the first"


def test_who_publishes_and_a_file_with_new_ground_do_not_wait_for_each_other(hel):
    """The file has a new zone, which counts a change of the rules, and then a known rule."""
    actor = factories.actor_of(setup.city_organisation(hel))
    taken = {"actor": actor, "form": "zfe", "now": TUESDAY}
    importing.take(files=[("first", of_zones(old="V4"))], **taken)
    draft = RegulationVersion.objects.get()
    files = [("second", of_zones(new="V4", old="V3"))]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            versions.locked(actor, draft.id)
            later = beside(pool, lambda: importing.take(files=files, **taken))
            regulations.publish(actor=actor, version_id=draft.id, now=TUESDAY)
        told = later.result(timeout=30)
    assert (told.zones, told.regulations, told.refused) == (1, 2, 0)


def of_zones(**worst):
    """Return a file of zones, by id, with the worst sticker that each admits."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"id": id_, "date_debut": "2026-01-01", "vul_critair": sticker},
                    "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
                }
                for id_, sticker in worst.items()
            ],
        }
    ).encode()
