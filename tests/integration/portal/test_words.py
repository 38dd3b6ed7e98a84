"""Dates as people write them in each language."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from portal import words

HELSINKI = ZoneInfo("Europe/Helsinki")
SEPTEMBER = datetime(2026, 9, 1, 14, 5, 9, tzinfo=HELSINKI)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Tue 1 Sep", "1 Sep 2026", "Tuesday 1 September 2026", "Tue 14:05"]),
        ("de", ["Di 1. Sep", "1. Sep 2026", "Dienstag, 1. September 2026", "Di 14:05"]),
        ("fr", ["mar 1er sep", "1er sep 2026", "mardi 1er septembre 2026", "mar 14:05"]),
    ],
)
def test_dates_are_written_as_the_language_does(language, said):
    day = date(2026, 9, 1)
    with translation.override(language):
        found = [words.weekday(day), words.dated(day), words.in_full(day)]
        found.append(words.lately(SEPTEMBER, HELSINKI))
    assert found == said


def test_a_period_is_said_with_its_years_and_without_midnights():
    midnight = datetime(2026, 9, 1, tzinfo=HELSINKI)
    with translation.override("de"):
        assert words.period(midnight, None, HELSINKI) == "ab 1. Sep 2026"
        said = words.span(SEPTEMBER, SEPTEMBER + timedelta(minutes=30), HELSINKI)
    assert said == "Di 1. Sep 14:05–14:35"


def test_a_period_that_ends_at_midnight_is_said_with_its_last_day():
    start, end = (datetime(2026, month, 1, tzinfo=HELSINKI) for month in (5, 7))
    later = end + timedelta(hours=6)
    with translation.override("en"):
        assert words.period(start, end, HELSINKI) == "1 May 2026 – 30 Jun 2026"
        assert words.period(start, later, HELSINKI) == "1 May 2026 – 1 Jul 2026 06:00"


@pytest.mark.parametrize(
    ("language", "price", "title"),
    [
        ("en", "€1.50", "No access: Kamppi"),
        ("de", "1,50\xa0€", "No access: Kamppi"),
        ("fr", "1,50\xa0€", "No access\xa0: Kamppi"),
    ],
)
def test_prices_and_colons_stand_as_the_language_has_them(language, price, title):
    with translation.override(language):
        assert words.money(150, "EUR") == price
        assert words.labelled("No access", "Kamppi") == title
