"""Many instants at once are read as each alone."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import instants

Y2000 = datetime(2000, 1, 1, tzinfo=UTC)


def micros(text):
    return (datetime.fromisoformat(text) - Y2000) // timedelta(microseconds=1)


zones = st.sampled_from([0, 60, 120, -570, 345, -1])


@pytest.mark.law
@given(
    st.lists(st.datetimes(), min_size=1, max_size=8),
    zones,
    st.sampled_from(["microseconds", "milliseconds", "seconds"]),
)
def test_instants_of_one_layout_are_read_as_the_standard_library_reads_each(found, zone, precision):
    at = timezone(timedelta(minutes=zone))
    texts = [one.replace(tzinfo=at).isoformat(timespec=precision) for one in found]
    assert instants.micros(texts).tolist() == [micros(text) for text in texts]


def test_zulu_lower_case_and_any_number_of_digits():
    assert instants.micros(["2000-01-01T00:00:01Z", "2000-01-02t00:00:00z"]) is None
    assert instants.micros(["2000-01-02t00:00:00z"]).tolist() == [86_400_000_000]
    assert instants.micros(["2000-01-01T00:00:00.5Z"]).tolist() == [500_000]
    assert instants.micros(["2000-01-01T00:00:00.00001Z"]).tolist() == [10]
    assert instants.micros([]).tolist() == []


@pytest.mark.parametrize(
    "odd",
    [
        "2026-05-12 09:00:00Z",
        "2026-05-12T09:00:00",
        "2026-05-12T09:00:00+0300",
        "2026-05-12T09:00Z",
        "2026-05-12T09:00:00,5Z",
        "2026-05-12T09:00:00.Z",
        "2026-05-12T09:00:00.1234567Z",
        "2026-05-12T24:00:00Z",
        "2026-05-12T23:60:00Z",
        "2026-05-12T23:59:60Z",
        "2026-02-29T09:00:00Z",
        "2026-13-01T09:00:00Z",
        "0000-01-01T09:00:00Z",
        "2026-05-12T09:00:00+24:00",
        "2026-05-12T09:00:00+00:60",
        "２026-05-12T09:00:00Z",
        "2026-05-12T09:00:0/Z",
        "2026-05-12T09:00:0:Z",
        "",
    ],
)
def test_what_is_not_sound_or_unlike_the_others_is_left_to_be_read_alone(odd):
    good = "2026-05-12T09:00:00Z"
    assert instants.micros([good, good]) is not None
    for texts in ([odd], [odd, odd], [good, odd], [odd, good]):
        assert instants.micros(texts) is None, texts


def test_another_offset_is_another_layout():
    assert instants.micros(["2026-05-12T09:00:00+02:00", "2026-05-12T09:00:00+03:00"]) is None
    assert instants.micros(["2026-05-12T09:00:00+02:00", "2026-05-12T09:00:00-02:00"]) is None
