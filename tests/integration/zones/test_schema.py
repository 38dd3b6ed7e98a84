"""The documented JSON Schema says what the reader of rules says."""

import json
from pathlib import Path

import jsonschema
import pytest

from zones import language

DOCS = Path(__file__).parents[3] / "docs"


def test_the_example_in_the_documentation_is_in_the_language_and_in_its_schema():
    text = (DOCS / "rule-language.md").read_text()
    example = json.loads(text.split("```json")[1].split("```")[0])
    assert language.read(example)[1] == []
    jsonschema.validate(example, language.schema())


@pytest.mark.parametrize(
    "row",
    [
        {"what": {"effect": "forbid"}},
        {"what": {"effect": "warn"}, "who": {"wheels": 4}},
        {"what": {"effect": "warn"}, "when": [{"from": "25:00"}]},
        {"who": {}},
    ],
)
def test_what_the_reader_refuses_for_its_shape_the_schema_refuses(row):
    assert language.read([row])[1]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([row], language.schema())
