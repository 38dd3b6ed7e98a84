"""A zone is split in the portal: looked at first, then done, and refused in words."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from tests import factories, zone_factories
from tests.factories import TUESDAY
from zones import selectors
from zones.models import AccessZone, RegulationVersion
from zones.services import grounds, permits, regulations

NO_LORRIES = {"who": {"category": ["N2", "N3"]}, "what": {"effect": "prohibit"}}
ACROSS = {"type": "LineString", "coordinates": [[24.942, 60.15], [24.942, 60.18]]}
NEXT_WEEK = datetime(2026, 5, 18, 21, tzinfo=UTC)  # midnight of 19 May in Helsinki
AFTER = {"since": "2026-05-19", "drawn": json.dumps(ACROSS)}
DONE = {"do": "split", "fate-1": "stays", "fate-2": "new_zone", "name": "West", "code": "west",
        "take": "rules"}  # fmt: skip


@pytest.fixture
def official(client, domain_clock, hel_city):
    client.force_login(factories.person(hel_city, "city_official"))
    return client


@pytest.fixture
def zone(hel):
    """A square from 24.94, 60.16 with side 0.01, and one rule."""
    return zone_factories.zone(hel, rows=[NO_LORRIES], west=24.94, south=60.16, side=0.01)


def split(client, zone, **sent):
    return client.post(reverse("portal:split-zone", args=[zone.id]), {**AFTER, **sent})


def seen(client, zone, **sent):
    """Look at the parts, and return the hash that the page carries of them."""
    text = split(client, zone, do="show", **sent).content.decode()
    return text.split('name="seen" value="')[1].split('"')[0]


def extents(zone, at):
    bounds = selectors.book(zone.city_id).geometry(zone.id, at).bounds
    return tuple(round(degrees, 9) for degrees in bounds)


def test_the_parts_are_shown_and_nothing_is_done(official, zone):
    answer = split(official, zone, do="show")
    text = answer.content.decode()
    # A degree is 55,522 by 111,414 m there: 444.2 and 111.0 m by 1,114.1 m.
    assert "Part 1, 49.5 ha" in text
    assert "Part 2, 12.4 ha" in text
    assert zone.geometries.count() == 1


def test_from_the_day_on_there_are_two_zones_and_before_it_one(official, zone):
    answer = split(official, zone, **DONE, seen=seen(official, zone))
    west = AccessZone.objects.get(code="west")
    assert answer.url == reverse("portal:rule-zone", args=[west.id])
    before = NEXT_WEEK - timedelta(seconds=1)
    assert extents(zone, before) == (24.94, 60.16, 24.95, 60.17)
    assert selectors.book(zone.city_id).geometry(west.id, before) is None
    assert extents(zone, NEXT_WEEK) == (24.942, 60.16, 24.95, 60.17)
    assert extents(west, NEXT_WEEK) == (24.94, 60.16, 24.942, 60.17)
    made = west.geometries.get()
    assert (made.legal_from, made.recorded_from) == (NEXT_WEEK, TUESDAY)
    assert made.grace_s == 30
    assert west.kind == zone.kind


def test_its_rules_are_drafts_and_its_permits_hold_in_both(official, zone, hel_city):
    actor = factories.actor_of(hel_city)
    facts = {"kind": "heavy_day", "starts_at": TUESDAY, "now": TUESDAY, "zone_ids": [zone.id]}
    held = permits.issue(actor=actor, plate="A 1", **facts)
    ended = permits.issue(actor=actor, plate="A 2", ends_at=NEXT_WEEK, **facts)
    split(official, zone, **DONE, seen=seen(official, zone))
    west = AccessZone.objects.get(code="west")
    draft = RegulationVersion.objects.get(regulation__zone=west)
    assert (draft.state, draft.rows, draft.legal_from) == ("draft", [NO_LORRIES], NEXT_WEEK)
    assert list(west.permits.all()) == [held]
    assert list(ended.zones.all()) == [zone]


def test_what_rules_until_its_successor_begins_is_taken_along_too(official, zone, hel_city):
    actor, autumn = factories.actor_of(hel_city), NEXT_WEEK + timedelta(days=100)
    first = RegulationVersion.objects.get(regulation__zone=zone)
    told = {"actor": actor, "now": TUESDAY}
    second = regulations.add_version(
        regulation_id=first.regulation_id, rows=[{"what": {"effect": "prohibit"}}],
        legal_from=autumn, **told,
    )  # fmt: skip
    regulations.publish(version_id=second.id, **told)
    split(official, zone, **DONE, seen=seen(official, zone))
    drafts = RegulationVersion.objects.filter(regulation__zone__code="west").order_by("number")
    assert [(d.rows, d.legal_from) for d in drafts] == [
        ([NO_LORRIES], NEXT_WEEK),
        ([{"what": {"effect": "prohibit"}}], autumn),
    ]


def test_rules_are_left_behind_when_asked(official, zone):
    sent = {name: text for name, text in DONE.items() if name != "take"}
    split(official, zone, **sent, seen=seen(official, zone))
    assert not AccessZone.objects.get(code="west").regulations.exists()


def test_a_part_is_given_up(official, zone):
    sent = {"do": "split", "fate-1": "stays", "fate-2": "given_up"}
    answer = split(official, zone, **sent, seen=seen(official, zone))
    assert answer.url == reverse("portal:rule-zone", args=[zone.id])
    assert AccessZone.objects.count() == 1
    assert extents(zone, NEXT_WEEK) == (24.942, 60.16, 24.95, 60.17)


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"code": "no blanks"}, "code", "Give a code of letters, digits and hyphens."),
        ({"name": ""}, "name", "Give the zone a name of at most 160 characters."),
        ({"fate-2": "stays"}, "fate-1", "one at least stays, and one does not"),
        ({"fate-1": "new_zone"}, "fate-1", "one at least stays, and one does not"),
        ({"fate-2": "sold"}, "fate-1", "Choose for every part"),
        ({"since": "never"}, "since", "Give the first day."),
        ({"since": "2020-01-01"}, "since", "Another ground of this zone begins on"),
        ({"seen": "0" * 64}, "drawn", "The parts are others than those that were shown."),
        ({"drawn": ""}, "drawn", "This is no GeoJSON"),
        ({"drawn": '{"type": "LineString", "coordinates": [[24.942, 60.16]]}'}, "drawn",
         "Draw one line of at least two points."),
        ({"drawn": '{"type": "LineString", "coordinates": [[24.942, 60.15], [24.942, 60.165]]}'},
         "drawn", "The line does not cross the zone from edge to edge."),
        ({"drawn": '{"type": "LineString", "coordinates": [[24.94000001, 60], [24.94000001, 61]]}'},
         "drawn", "The line cuts off less than a square metre."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_done(
    official, zone, changed, field, said
):
    answer = split(official, zone, **{**DONE, "seen": seen(official, zone), **changed})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert f'id="{field}-error"' in text
    assert AccessZone.objects.count() == 1
    assert zone.geometries.count() == 1


def test_a_code_that_is_taken_leaves_the_zone_whole(official, zone):
    sent = {**DONE, "code": zone.code}
    answer = split(official, zone, **sent, seen=seen(official, zone))
    assert "Another zone has this code." in answer.content.decode()
    assert zone.geometries.count() == 1


def test_a_ground_with_a_successor_is_not_split_before_it(official, zone, hel_city):
    square = [[24.94, 60.16], [24.96, 60.16], [24.96, 60.17], [24.94, 60.17], [24.94, 60.16]]
    grounds.set_ground(
        actor=factories.actor_of(hel_city),
        zone_id=zone.id,
        geometry={"type": "Polygon", "coordinates": [square]},
        legal_from=NEXT_WEEK + timedelta(days=30),
        now=TUESDAY,
    )
    answer = split(official, zone, do="show")
    assert answer.status_code == 422
    said = "Another ground of this zone begins on 2026-06-18; split that one."
    assert said in answer.content.decode()
    assert split(official, zone, do="show", since="2026-06-18").status_code == 200


def test_another_citys_zone_is_not_there_to_be_split(official, hd):
    theirs = zone_factories.zone(hd, rows=[NO_LORRIES], west=8.68, south=49.4, side=0.01)
    assert split(official, theirs, do="show").status_code == 404
    assert official.get(reverse("portal:split-zone", args=[theirs.id])).status_code == 404


def look(client, **sent):
    return client.post(reverse("portal:look-at-boundary"), sent)


def test_what_is_drawn_is_looked_at_and_every_fault_has_its_place(official):
    outer = [[24.94, 60.16], [24.96, 60.16], [24.96, 60.18], [24.94, 60.18], [24.94, 60.16]]
    away = [[24.97, 60.16], [24.99, 60.16], [24.99, 60.18], [24.97, 60.18], [24.97, 60.16]]
    sound = json.dumps({"type": "Polygon", "coordinates": [outer]})
    # A degree is 55,513 by 111,415 m there: 0.02 by 0.02 of one are 1,110.3 by 2,228.3 m.
    assert look(official, drawn=sound).json() == {
        "faults": [], "size": "247.4 ha", "mended": [], "geometry": None,
    }  # fmt: skip
    bow = [outer[0], outer[2], outer[1], outer[3], outer[0]]
    faults = look(
        official,
        drawn=json.dumps({"type": "MultiPolygon", "coordinates": [[bow], [outer, away]]}),
    ).json()["faults"]
    assert faults == [
        {"text": "Part 1: The boundary crosses itself, at longitude 24.950000,"
                 " latitude 60.170000.", "at": [24.95, 60.17]},
        {"text": "Part 2: Hole 1 lies outside of its area, at longitude 24.980000,"
                 " latitude 60.170000.", "at": [24.98, 60.17]},
    ]  # fmt: skip


def test_what_the_line_left_whole_stays_unless_chosen_otherwise(official, hel, hel_city):
    """A square that the line does not touch, and one that it cuts at a quarter."""

    def square(west, side):
        east, north = west + side, 60.16 + side
        return [[[west, 60.16], [east, 60.16], [east, north], [west, north], [west, 60.16]]]

    zone = zone_factories.zone(hel, rows=[NO_LORRIES], west=24.9, south=60.16, side=0.01)
    pair = [square(24.9, 0.01), square(24.94, 0.008)]
    grounds.set_ground(
        actor=factories.actor_of(hel_city),
        zone_id=zone.id,
        geometry={"type": "MultiPolygon", "coordinates": pair},
        legal_from=TUESDAY,
        now=TUESDAY,
    )
    text = split(official, zone, do="show").content.decode()
    chosen = re.findall(r'name="fate-(\d)" value="(\w+)"[^>]*\schecked', text)
    assert chosen == [("1", "stays"), ("2", "stays"), ("3", "new_zone")]
