"""The published schemas as oracles: what they take we take, what they refuse we refuse."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.adapters.epcis import translate as epcis
from tests import mutations, standards


@standards.needed
@pytest.mark.law
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32))
def test_an_event_of_epcis_is_read_exactly_when_the_published_schema_takes_it(seed):
    """But for U+0000, which no text of ours may hold."""
    rng = random.Random(seed)
    samples = [event for path in standards.epcis_samples() for event in events_in(path)]
    ours = [message for dialect, _, message in mutations.SEEDS if dialect == "epcis"]
    event = mutations.mutated(rng.choice(samples + ours), rng)
    if "\\u0000" in json.dumps(event):
        return
    document = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-12T07:00:00Z",
        "epcisBody": {"eventList": [event]},
    }
    taken = not isinstance(epcis.read("events", json.dumps(event).encode()), list)
    assert taken is standards.epcis().is_valid(document)


def events_in(path):
    """Return the events of a sample."""
    body = json.loads(path.read_text())["epcisBody"]
    return body.get("eventList") or body["queryResults"]["resultsBody"]["eventList"]


@standards.needed
def test_the_errata_of_mds_are_still_there():
    """When the published schemas are mended, our corrections go."""
    import yaml
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    path = standards.ROOT / "mds" / "models" / "modes" / "delivery-robots" / "event.yaml"
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema(yaml.safe_load(path.read_text()))
