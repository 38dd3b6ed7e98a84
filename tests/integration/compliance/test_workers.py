"""Two workers judge the same visit at the same time: one finding, one opening."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, transaction

from compliance.models import Finding, FindingJournal
from compliance.rules import Act, ActKind
from compliance.services import findings
from kernel.periods import Period
from tests import curb_factories, factories
from tests.factories import TUESDAY
from tests.integration.compliance.test_judging import BAN, DAY, ENTERED, LEFT, SQUARE
from zones.services import grounds, regulations

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_open_one_finding(hel, carrier, hel_city):
    official = factories.actor_of(hel_city)
    since = {"legal_from": TUESDAY - DAY, "now": TUESDAY - DAY}
    zone = grounds.create(
        actor=official, code="z", name="Z", kind="weight", geometry=SQUARE, **since
    )
    rule = regulations.create(
        actor=official, zone_id=zone.id, code="heavy", title="Heavy", now=TUESDAY - DAY
    )
    draft = regulations.add_version(actor=official, regulation_id=rule.id, rows=BAN, **since)
    regulations.publish(actor=official, version_id=draft.id, now=TUESDAY - DAY)
    lorry = curb_factories.van(carrier, gross_weight_kg=12_000)
    act = Act(
        kind=ActKind.VISIT,
        id=uuid4(),
        city_id=hel.id,
        organisation_id=carrier.id,
        vehicle_id=lorry.id,
        place_id=zone.id,
        period=Period(ENTERED, LEFT),
        running=False,
    )
    start, failures = threading.Barrier(4), []

    def work():
        try:
            start.wait()
            with transaction.atomic():
                findings.lock(hel.id, [lorry.id])
                findings.rejudge(city=hel, acts=[act], because={"topics": []}, as_of=LEFT)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert Finding.objects.count() == 1
    assert list(FindingJournal.objects.values_list("entry", flat=True)) == ["opened"]
