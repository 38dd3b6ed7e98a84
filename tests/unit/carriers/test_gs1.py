"""GS1 keys: check digits worked out by hand, URNs and Digital Links of the standards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.adapters import gs1, units
from carriers.adapters.gs1 import Key


def test_a_check_digit_is_worked_out_as_the_general_specifications_do():
    # GLN 629104150021?: 6+1·… from the right weights 3,1: 1·3+2·1+0·3+0·1+5·3+1·1+4·3+0·1+1·3+9·1
    # +2·3+6·1 = 3+2+0+0+15+1+12+0+3+9+6+6 = 57; 60 − 57 = 3 (General Specifications, 7.9).
    assert gs1.check_digit("629104150021") == "3"
    # SSCC 37610425002123456?: 6·3+5+4·3+3+2·3+1+2·3+0+0·3+5+2·3+4+0·3+1+6·3+7+3·3
    # = 18+5+12+3+6+1+6+0+0+5+6+4+0+1+18+7+9 = 101; 110 − 101 = 9.
    assert gs1.check_digit("37610425002123456") == "9"
    assert gs1.check_digit("000000000000") == "0"


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        # Tag Data Standard 2.0, table of examples: the URN and the element string beside it.
        ("urn:epc:id:sscc:0614141.1234567890", Key("sscc", "106141412345678908")),
        ("urn:epc:id:sgln:0614141.12345.400", Key("gln", "0614141123452", "400")),
        ("urn:epc:id:grai:0614141.12345.400", Key("grai", "00614141123452400")),
        ("urn:epc:id:giai:0614141.12345400", Key("giai", "061414112345400")),
        ("urn:epc:id:sgln:0614141.07346.0", Key("gln", "0614141073467")),
        ("urn:epc:id:sgln:4012345.00001.A%2FB", Key("gln", "4012345000016", "A/B")),
        ("https://id.gs1.org/00/106141412345678908", Key("sscc", "106141412345678908")),
        ("https://id.gs1.org/414/0614141073467/254/1234", Key("gln", "0614141073467", "1234")),
        ("https://goods.example/x/8003/00614141123452400?a=1", Key("grai", "00614141123452400")),
        ("http://id.gs1.org/8004/061414112345400", Key("giai", "061414112345400")),
    ],
)
def test_a_key_is_read_from_a_urn_and_from_a_digital_link(uri, key):
    assert gs1.parse(uri) == key


@pytest.mark.parametrize(
    "uri",
    [
        "urn:epc:id:sgtin:0614141.107346.2017",
        "urn:uuid:0b0e7c9a-1111-4222-8333-444455556666",
        "https://example.org/anything",
        "geo:60.17,24.94",
    ],
)
def test_what_is_no_such_key_is_no_fault(uri):
    assert gs1.parse(uri) is None


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("https://id.gs1.org/00/106141412345678907", "would be 8"),
        ("https://id.gs1.org/414/0614141073460", "would be 7"),
        ("https://id.gs1.org/8003/00614141123451400", "would be 2"),
        ("https://id.gs1.org/8003/10614141123452400", "A GRAI is 0"),
        ("https://id.gs1.org/00/12345", "has 18 digits"),
        ("https://id.gs1.org/414/٠614141073467", "has 13 digits"),
        ("urn:epc:id:sscc:0614141.123456789", "has 17 digits"),
        ("urn:epc:id:sscc:061.12345678901234", "company prefix"),
        ("urn:epc:id:sgln:0614141.07346", "has 3 parts"),
        ("urn:epc:id:giai:0614141." + "1" * 31, "at most 30"),
        ("https://id.gs1.org/8004/ABC", "company prefix"),
    ],
)
def test_a_key_that_breaks_its_rules_is_refused_with_a_sentence(uri, sentence):
    with pytest.raises(ValueError, match=sentence):
        gs1.parse(uri)


@pytest.mark.law
@given(st.text("0123456789", min_size=12, max_size=17), st.data())
def test_one_wrong_digit_is_always_found(digits, data):
    """Weights 3 and 1 are both prime to 10, so a single other digit changes the sum."""
    whole = digits + gs1.check_digit(digits)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != whole[place]]))
    wrong = whole[:place] + other + whole[place + 1 :]
    assert gs1.check_digit(wrong[:-1]) != wrong[-1]


@pytest.mark.parametrize(
    ("value", "unit", "mps"),
    [(36, "km/h", 10), (36, "kmh", 10), (36, "KMH", 10), (10, "m/s", 10), (10, "2M", 10),
     (10, "mph", 4.4704), (36, " Km / H ", 10), (18, "kn", 9.26)],
)  # fmt: skip
def test_a_speed_is_read_in_every_unit_that_people_write(value, unit, mps):
    assert units.speed_mps(value, unit) == pytest.approx(mps)


def test_a_heading_stays_below_360():
    assert units.heading_deg(360, "deg") == 0
    assert units.heading_deg(-90, "degrees") == 270
    assert units.heading_deg(3.141592653589793, "rad") == pytest.approx(180)
    assert 0 <= units.heading_deg(-1e-15, "deg") < 360


@pytest.mark.parametrize("unit", ["furlong", "", "km"])
def test_a_unit_that_is_not_known_is_never_assumed(unit):
    with pytest.raises(ValueError, match="not known"):
        units.speed_mps(1, unit)
