"""The page of calendars: what holds, and switches turned on and off."""

from datetime import date

import pytest
from django.urls import reverse

from tests import factories, zone_factories
from tests.factories import TUESDAY
from zones import selectors
from zones.models import Calendar

pytestmark = pytest.mark.django_db

BAN = {"id": "snow", "what": {"effect": "prohibit"}, "when": [{"calendar": "snow"}]}


@pytest.fixture
def official(client, domain_clock, hel, hel_city):
    client.force_login(factories.person(hel_city, "city_official"))
    return client


@pytest.fixture
def snow(hel):
    zone_factories.zone(hel, rows=[BAN], west=24.94, south=60.16, side=0.01)
    return Calendar.objects.create(city=hel, code="snow", name="Snow emergency")


def page(client):
    answer = client.get(reverse("portal:calendars"))
    assert answer.status_code == 200
    return answer.content.decode()


def send(client, name, /, *args, **sent):
    return client.post(reverse(f"portal:{name}", args=args), sent)


def times(city):
    return selectors.book(city.id).days().switched.get("snow", ())


def test_a_switch_is_turned_on_and_off_and_the_page_names_the_rules_that_ask_for_it(
    official, hel, snow
):
    assert Calendar.objects.get().name in page(official)
    assert send(official, "calendars", calendar=snow.id).status_code == 302
    (time,) = times(hel)
    assert (time.start, time.end) == (TUESDAY, None)
    shown = page(official)
    assert '<span class="tag warn">on</span>' in shown
    assert "until it is switched off" in shown
    assert selectors.book(hel.id).cards  # the zone's rule is in the book
    regulation = next(iter(selectors.book(hel.id).versions.values()))[0].code
    assert f"<td>{regulation}</td>" in shown
    assert send(official, "calendar-off", snow.id).status_code == 302
    assert times(hel) == ()  # on and off in one instant: it never was on
    assert '<span class="tag ">off</span>' in page(official)
    assert send(official, "calendar-off", snow.id).status_code == 302  # twice is no fault


def test_a_switch_is_announced_in_the_citys_time_and_what_is_wrong_is_said_beside_the_field(
    official, hel, snow
):
    typed = {"calendar": snow.id, "since": "2026-05-13T06:00", "until": "2026-05-13T05:00"}
    answer = send(official, "calendars", **typed)
    assert (answer.status_code, times(hel)) == (422, ())
    assert 'id="until-error">It ends before it begins.' in answer.content.decode()
    answer = send(official, "calendars", **typed | {"since": "tomorrow"})
    assert 'id="since-error">This is no day and time.' in answer.content.decode()
    assert send(official, "calendars", since="").status_code == 422
    assert send(official, "calendars", **typed | {"until": ""}).status_code == 302
    (time,) = times(hel)
    assert time.start.isoformat() == "2026-05-13T03:00:00+00:00"
    assert '<span class="tag ">off</span>' in page(official)


def test_a_calendar_is_made_once_and_strangers_neither_see_nor_switch_it(
    official, hel, hd, snow, client
):
    assert send(official, "new-calendar", name="Market", code="market").status_code == 302
    assert send(official, "new-calendar", name="Market", code="market").status_code == 422
    assert send(official, "new-calendar", name="", code="no spaces").status_code == 422
    theirs = Calendar.objects.create(city=hd, code="smog", name="Feinstaub")
    assert "Feinstaub" not in page(official)
    assert send(official, "calendars", calendar=theirs.id).status_code == 404
    assert send(official, "calendar-off", theirs.id).status_code == 404
    assert not theirs.switches.exists()


def test_an_address_that_forms_are_sent_to_answers_who_opens_it_with_a_page(official, snow):
    for name, args in (("calendar-days", ()), ("calendar-off", (snow.id,)), ("new-calendar", ())):
        answer = official.get(reverse(f"portal:{name}", args=args))
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert "This is not a page to open" in answer.content.decode()


def test_a_day_is_put_in_and_taken_out_by_its_form(official, hel, hd, snow):
    sent = {"days_of": snow.id, "day": "2026-12-24"}
    answer = send(official, "calendar-days", **sent | {"day": "24th"}, do="put")
    assert answer.status_code == 422
    assert 'id="day-error">This is no day.' in answer.content.decode()
    assert send(official, "calendar-days", **sent, do="put").status_code == 302
    assert selectors.book(hel.id).days().named["snow"] == {date(2026, 12, 24)}
    assert "Thu 24 Dec 2026" in page(official)
    assert send(official, "calendar-days", **sent, do="withdraw").status_code == 302
    assert "24 Dec 2026" not in page(official)
    theirs = Calendar.objects.create(city=hd, code="smog", name="Feinstaub")
    assert send(official, "calendar-days", **sent | {"days_of": theirs.id}).status_code == 404
    assert not theirs.days.exists()
