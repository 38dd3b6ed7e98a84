from collections import Counter
from uuid import UUID

import pytest

from kernel.identifiers import (
    SHARDS,
    derived,
    normalise_plate,
    packed,
    ref_id,
    resolve,
    shard_of,
    uuid7,
)

SENDER = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def test_minted_ids_are_version_7_and_strictly_increase():
    minted = [uuid7() for _ in range(1000)]
    assert {(one.version, one.variant) for one in minted} == {(7, "specified in RFC 4122")}
    assert minted == sorted(set(minted))


def test_a_minted_id_carries_its_millisecond(monkeypatch):
    from datetime import UTC, datetime

    from kernel import identifiers

    monkeypatch.setattr(identifiers, "_last", 0)
    # RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC is 0x017F22E279B0.
    monkeypatch.setattr(identifiers, "wall", lambda: datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC))
    assert uuid7().hex.startswith("017f22e279b07")


def test_a_derived_id_is_the_uuid5_of_its_parts():
    # RFC 9562, appendix A.4 has this namespace and name: www.example.com in DNS.
    assert derived(SENDER, "www.example.com") == UUID("2ed6657d-e927-568b-95e1-2665a8aea6a2")


def test_parts_with_a_bar_never_share_an_id_with_more_parts():
    assert derived(SENDER, "stop", "a|b") != derived(SENDER, "stop", "a", "b")
    assert derived(SENDER, "stop", "a\\", "b") != derived(SENDER, "stop", "a\\|b")


def test_a_reference_means_something_else_for_another_sender_and_another_kind():
    other = UUID(int=1)
    ids = {
        ref_id(SENDER, "vehicle", "17"),
        ref_id(SENDER, "trip", "17"),
        ref_id(other, "vehicle", "17"),
    }
    assert len(ids) == 3


def test_a_value_is_an_id_of_ours_or_a_reference_of_the_sender():
    assert resolve(SENDER, "vehicle", "ref:van 7") == ref_id(SENDER, "vehicle", "van 7")
    text = "0190163D-8694-739B-AEA5-966C26F8AD91"
    assert resolve(SENDER, "vehicle", text) == UUID(text)


@pytest.mark.parametrize("value", ["ref:", "van 7", ""])
def test_what_is_neither_an_id_nor_a_reference_is_an_error(value):
    with pytest.raises(ValueError, match=r"."):
        resolve(SENDER, "vehicle", value)


def test_many_ids_are_read_at_once_as_each_alone():
    texts = [str(UUID(int=number**9)) for number in range(40)]
    texts.append("0190163D-8694-739B-AEA5-966C26F8AD91")
    assert packed(texts) == b"".join(UUID(text).bytes for text in texts)
    assert packed([]) == b""


@pytest.mark.parametrize(
    "bad",
    [
        ["0190163d8694739baea5966c26f8ad91"],
        ["{190163d-8694-739b-aea5-966c26f8ad9}"],
        ["0190163d-8694-739b-aea5-966c26f8ad9g"],
        ["0190163d-8694-739b-aea5-966c26f8ad9"],
        ["0190163d-8694-739b-aea5-966c2 f8ad91"],
        ["0190163d-8694-739b-aea5-966c  f8ad91"],
        ["0190163d-8694-739b-aea5--66c26f8ad91"],
        ["０190163d-8694-739b-aea5-966c26f8ad91"],
        # Two of wrong lengths that together read as two ids.
        ["0190163d-8694-739b-aea5-966c26f8ad91" + "0", "190163d-8694-739b-aea5-966c26f8ad91"],
    ],
)
def test_one_id_in_another_form_among_many_is_an_error(bad):
    good = "0190163d-8694-739b-aea5-966c26f8ad91"
    with pytest.raises(ValueError, match=r"."):
        packed([good, *bad, good])


def test_shards_are_stable():
    # CRC-32 of sixteen zero bytes is 0xECBB4B55, of the bytes 0…15 it is 0xCECEE288.
    assert shard_of(UUID(int=0)) == 0x5
    assert shard_of(UUID(bytes=bytes(range(16)))) == 0x8


def test_shards_are_even_also_for_ids_that_end_alike():
    counts = Counter(shard_of(UUID(int=number << 64)) for number in range(3200))
    assert set(counts) == set(range(SHARDS))
    assert all(120 < count < 280 for count in counts.values())


@pytest.mark.parametrize(
    ("written", "plate"),
    [("ab-12 c", "AB12C"), ("HD·ÄÖ 1e", "HDÄÖ1E"), (" xyz 123 ", "XYZ123"), ("ＡＢＣ－１", "ABC1")],
)
def test_plates_are_compared_without_case_blanks_and_dashes(written, plate):
    assert normalise_plate(written) == plate
