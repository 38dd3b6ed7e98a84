"""City packs: what is wrong is named, the right ones load, and twice is as once."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiClient, City, Organisation, User
from curbs.models import CurbZone
from foundation import clock
from roads.models import Street
from tests import heidelberg_pack
from zones.models import AccessZone, RegulationVersion

HELSINKI = Path(__file__).resolve().parents[3] / "cities" / "helsinki"

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(tmp_path):
    """A copy of the demo city's pack that a test may spoil."""
    return Path(shutil.copytree(HELSINKI, tmp_path / "helsinki"))


@pytest.fixture
def var(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def eve(db):
    """A clock after the publication dates in the demo city's pack."""
    clock.start_demo(datetime.fromisoformat("2026-09-14T12:00:00+03:00"))


def spoil(pack, name, change):
    path = pack / name
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def refusal_of(pack):
    with pytest.raises(CommandError) as refused:
        call_command("city_load", pack)
    return str(refused.value)


def test_a_folder_without_a_city_file_is_refused(tmp_path):
    assert "city.toml#" in refusal_of(tmp_path)


def test_every_fault_is_named_with_file_and_pointer(pack):
    spoil(pack, "regulations.json", lambda all_: all_[1].update(zone="nowhere"))
    spoil(
        pack,
        "curbs.geojson",
        lambda curbs: curbs["features"][2]["properties"].update(policy="unheard-of"),
    )

    text = refusal_of(pack)

    assert "regulations.json#/1/zone: “nowhere” is not known." in text
    assert "curbs.geojson#/features/2/properties/policy: “unheard-of” is not known." in text
    assert not City.objects.exists()


def test_a_rule_that_is_not_in_the_rule_language_is_named(pack):
    def change(regulations):
        regulations[0]["versions"][0]["rows"][0]["who"]["euro_below"] = "seven"

    spoil(pack, "regulations.json", change)

    assert "regulations.json#/0/versions/0/rows/0/who/euro_below" in refusal_of(pack)


def test_a_member_that_nobody_knows_is_refused_where_it_stands(pack):
    spoil(pack, "zones.geojson", lambda z: z["features"][0]["properties"].update(colour="red"))

    assert "zones.geojson#/features/0/properties" in refusal_of(pack)


def test_the_demo_city_loads_and_a_second_time_changes_nothing(eve, var):
    call_command("city_load", HELSINKI)
    before = (
        Organisation.objects.count(),
        User.objects.count(),
        ApiClient.objects.count(),
        AccessZone.objects.count(),
        RegulationVersion.objects.count(),
        CurbZone.objects.count(),
        Street.objects.count(),
    )
    call_command("city_load", HELSINKI)

    assert before[:6] == (6, 5, 6, 5, 4, 19)
    assert before[6] > 500
    assert before == (
        Organisation.objects.count(),
        User.objects.count(),
        ApiClient.objects.count(),
        AccessZone.objects.count(),
        RegulationVersion.objects.count(),
        CurbZone.objects.count(),
        Street.objects.count(),
    )


@pytest.fixture
def heidelberg(tmp_path, var, db):
    if not heidelberg_pack.available():
        pytest.skip(heidelberg_pack.MISSING)
    pack = heidelberg_pack.make(tmp_path / "heidelberg")
    clock.start_demo(datetime.fromisoformat("2026-09-14T12:00:00+02:00"))
    call_command("city_load", pack)
    return City.objects.get(code="heidelberg")


# Bismarckplatz lies in the former low-emission zone, and on no street with delivery windows.
IN_THE_OLD_ZONE = {"lng": 8.6930, "lat": 49.4095}


def may(client, at, place=IN_THE_OLD_ZONE, **facts):
    answer = client.post(
        "/api/v1/decisions",
        {"facts": {"category": "N1", **facts}, "place": place, "at": at},
        format="json",
    )
    assert answer.status_code == 200, answer.json()
    verdict = answer.json()
    return "undetermined" if verdict["access"] == "undetermined" else verdict["admissible"]


def test_heidelberg_loads_and_its_dated_rules_decide_right(heidelberg):
    from tests import factories

    client = factories.api_client(Organisation.objects.get(code="neckar-kurier"))
    group_2 = {"stickers": {"de": "2"}}
    group_4 = {"stickers": {"de": "4"}}

    assert may(client, "2009-12-31T23:59:59+01:00", **group_2) is True
    assert may(client, "2011-06-01T12:00:00+02:00", **group_2) is True
    assert may(client, "2011-12-31T23:59:59+01:00", **group_2) is True
    assert may(client, "2012-01-01T00:00:00+01:00", **group_2) is False
    assert may(client, "2020-06-01T12:00:00+02:00", **group_2) is False
    assert may(client, "2020-06-01T12:00:00+02:00", **group_4) is True
    assert may(client, "2020-06-01T12:00:00+02:00") == "undetermined"
    assert may(client, "2023-03-01T00:00:00+01:00", **group_2) is True

    middle = heidelberg_pack.delivery_streets().representative_point()
    street = {"lng": middle.x, "lat": middle.y}
    # 2026-09-15 is a Tuesday, 2026-09-20 a Sunday
    tuesday, sunday = "2026-09-15T{}:00+02:00", "2026-09-20T{}:00+02:00"
    assert may(client, tuesday.format("06:00"), place=street) is True
    assert may(client, tuesday.format("10:59"), place=street) is True
    assert may(client, tuesday.format("11:00"), place=street) is False
    assert may(client, sunday.format("08:00"), place=street) is False
    assert CurbZone.objects.filter(city=heidelberg).count() == 4
