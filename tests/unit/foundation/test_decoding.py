"""Pointers and completeness of the reasons against a body; needs no database."""

from typing import Annotated

import msgspec
import pytest

from foundation.api.decoding import MOST_REASONS, decode, reasons_against
from kernel import shapes
from kernel.refusals import Refusal


class Place(msgspec.Struct, forbid_unknown_fields=True):
    lng: Annotated[float, msgspec.Meta(ge=-180, le=180)]
    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]


class Trip(msgspec.Struct):
    name: str
    stops: Annotated[list[Place], msgspec.Meta(min_length=2)]
    depot: Place | None = None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", ""),
        ("$.a", "/a"),
        ("$[0].a", "/0/a"),
        ("$.stops[12].place.lng", "/stops/12/place/lng"),
        ("$.a/b~c", "/a~1b~0c"),
    ],
)
def test_a_path_of_msgspec_becomes_a_json_pointer(path, expected):
    assert shapes.pointer(shapes.steps_of(path)) == expected


def test_a_sound_body_is_decoded():
    trip = decode(b'{"name": "a", "stops": [{"lng": 1, "lat": 2}, {"lng": 3, "lat": 4}]}', Trip)
    assert trip.stops[1] == Place(3.0, 4.0)


def test_every_error_of_a_nested_body_is_named():
    raw = (
        b'{"name": 7, "stops": [{"lng": 181, "lat": 91}, {"lng": 1, "lat": 2, "x": 3}],'
        b' "depot": {"lng": 0}}'
    )
    with pytest.raises(Refusal) as caught:
        decode(raw, Trip)
    assert [reason.pointer for reason in caught.value.reasons] == [
        "/name",
        "/stops/0/lng",
        "/stops/0/lat",
        "/stops/1/x",  # unknown
        "/depot/lat",  # missing
    ]


def test_what_is_wrong_with_a_list_as_a_whole_is_named_too():
    reasons = reasons_against({"name": "a", "stops": [{"lng": 1, "lat": 2}]}, Trip)
    assert [reason.pointer for reason in reasons] == ["/stops"]


def test_of_a_long_list_the_first_fifty_errors_are_told_and_the_rest_is_not_looked_at():
    wrong, right = {"lng": 181, "lat": 2}, {"lng": 1, "lat": 2}
    reasons = reasons_against({"name": "a", "stops": [right, *[wrong] * 60_000]}, Trip)
    assert [reasons[0].pointer, reasons[-1].pointer] == ["/stops/1/lng", "/stops/50/lng"]
    assert len(reasons) == MOST_REASONS == 50


def test_a_body_that_is_not_even_an_object_has_one_reason():
    with pytest.raises(Refusal) as caught:
        decode(b"[1, 2]", Trip)
    assert [reason.pointer for reason in caught.value.reasons] == [""]
    assert caught.value.status == 422


def test_texts_that_no_database_can_store_are_refused_by_their_pointer():
    raw = b'{"name": "a\\u0000b", "stops": [{"lng": 1, "lat": 2}, {"lng": 3, "lat": 4}]}'
    with pytest.raises(Refusal) as caught:
        decode(raw, Trip)
    assert [reason.pointer for reason in caught.value.reasons] == ["/name"]


def test_an_escaped_backslash_before_u0000_is_just_text():
    raw = b'{"name": "a\\\\u0000", "stops": [{"lng": 1, "lat": 2}, {"lng": 3, "lat": 4}]}'
    assert decode(raw, Trip).name == "a\\u0000"
