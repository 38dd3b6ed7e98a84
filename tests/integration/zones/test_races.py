"""Two officials change two versions of one regulation at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, connections, transaction

from tests import factories, zone_factories
from tests.factories import TUESDAY
from zones.models import Regulation, RegulationVersion
from zones.services import regulations, versions

pytestmark = pytest.mark.django_db(transaction=True)
BAN = [{"what": {"effect": "prohibit"}}]


def waits_for_a_lock(pid):
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE pid = %s AND NOT granted", [pid])
        return cursor.fetchone() is not None


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
    asking, pids = Event(), []

    def other():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pids.append(cursor.fetchone()[0])
                asking.set()
                found = versions.locked(actor, second.id)
                return found.title
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            versions.locked(actor, first.id)
            later = pool.submit(other)
            assert asking.wait(timeout=30)
            while not waits_for_a_lock(pids[0]):
                assert not later.done()
            RegulationVersion.objects.filter(pk=second.id).update(title="By the first")
        assert later.result(timeout=30) == "By the first"
