"""The chain of hashes: whoever knows a head knows all that lies before it."""

from dataclasses import replace
from hashlib import sha256

import pytest

from compliance import chain
from compliance.chain import Break

FIRST = chain.seal(1, "", [("finding", {"id": "a"}), ("event", {"lng": 24.94, "at": "ä"})])
SECOND = chain.seal(2, FIRST.head, [("finding", {"id": "a", "state": "withdrawn"})])


def test_a_link_is_the_sha256_of_what_lies_before_kind_and_content():
    text = '["","event",{"a":1,"b":"ö"}]'
    assert chain.link("", "event", {"b": "ö", "a": 1}) == sha256(text.encode()).hexdigest()


def test_the_head_is_the_hash_of_the_last_entry_and_the_next_bundle_follows_on_it():
    entries = chain.entries_of(FIRST.document)
    assert [entry.kind for entry in entries] == ["finding", "event"]
    assert entries[-1].hash == FIRST.head
    assert chain.entries_of(SECOND.document)[0].hash == chain.link(
        FIRST.head, "finding", {"id": "a", "state": "withdrawn"}
    )


def test_an_untouched_chain_holds():
    assert chain.first_break([FIRST, SECOND]) is None
    assert chain.first_break([]) is None


@pytest.mark.parametrize(
    ("old", "new", "entry", "kind"),
    [
        ('"id":"a"', '"id":"b"', 0, "finding"),
        ("24.94", "24.95", 1, "event"),
        ('"kind":"event"', '"kind":"fact"', 1, "fact"),
        ('"ä"', '"a"', 1, "event"),
    ],
)
def test_what_was_changed_in_an_entry_is_named(old, new, entry, kind):
    touched = replace(FIRST, document=FIRST.document.replace(old, new))
    assert touched.document != FIRST.document
    assert chain.first_break([touched, SECOND]) == Break(1, entry, kind)


def test_an_entry_that_was_taken_out_is_missed():
    only_first = chain.seal(1, "", [("finding", {"id": "a"})])
    cut = replace(FIRST, document=only_first.document)
    assert chain.first_break([cut]) == Break(1, 1, "")


def test_a_bundle_that_was_written_anew_breaks_the_one_after_it():
    forged = chain.seal(1, "", [("finding", {"id": "b"})])
    assert chain.first_break([forged]) is None  # which is why heads are told
    assert chain.first_break([forged, SECOND]) == Break(2, 0, "")


def test_a_bundle_that_was_taken_away_is_missed():
    assert chain.first_break([SECOND]) == Break(2, 0, "")


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"kind":"x"}]', "[]"])
def test_what_is_no_document_is_no_proof(text):
    assert chain.first_break([replace(FIRST, document=text)]) == Break(1, 0, "")


def test_blanks_between_entries_are_a_change_too():
    spaced = replace(FIRST, document=FIRST.document.replace(",", ", ", 1))
    assert chain.first_break([spaced]) == Break(1, 2, "")
