import pytest
from django.contrib.gis.geos import LineString
from django.urls import reverse

from roads.models import Street, StreetNetwork, View
from routing.models import Plan, Run
from tests import factories
from tests.factories import TUESDAY


@pytest.fixture
def rows(hel, carrier):
    """One row of each kind that the back office shows."""
    whose = {"city": hel, "organisation": carrier, "service_on": TUESDAY.date(), "vehicle_ids": []}
    run = Run.objects.create(**whose, created_at=TUESDAY)
    edges = {"west": 24.9, "south": 60.1, "east": 25.0, "north": 60.2}
    view = {"content": "x", "profile": "van", "key": "free", "path": "p", "created_at": TUESDAY}
    ends = ((24.9, 60.1), (25.0, 60.2))
    return [
        run,
        Plan.objects.create(**whose, run=run, certified_at=TUESDAY, certified_under={}, rounds=1),
        StreetNetwork.objects.create(city=hel, content="x", loaded_at=TUESDAY, **edges),
        View.objects.create(city=hel, **view),
        Street.objects.create(
            city=hel,
            way_id=1,
            street_class="primary",
            drivable=True,
            length_m=10,
            geometry=LineString(*ends, srid=4326),
            drawn=LineString(*ends, srid=3857),
        ),
    ]


def test_officials_can_look_at_streets_runs_and_plans(rows, hel_city, client, domain_clock):
    official = factories.person(hel_city, "city_official")
    official.is_staff = True
    official.save()
    client.force_login(official)

    for row in rows:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        assert client.get(reverse(f"{name}_changelist")).status_code == 200, name
        assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200, name
