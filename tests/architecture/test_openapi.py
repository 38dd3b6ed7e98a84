"""The committed OpenAPI document is what the code serves."""

import json
from pathlib import Path

import pytest
from drf_spectacular.generators import SchemaGenerator

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"


def generated() -> dict:
    """Return the OpenAPI document of the code as plain JSON."""
    return json.loads(
        json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)
    )


def test_the_document_is_openapi_3_1():
    assert generated()["openapi"].startswith("3.1")


def test_the_committed_document_is_the_generated_one():
    if not COMMITTED.exists():
        pytest.fail("commit it: ./hub manage openapi")
    committed = json.loads(COMMITTED.read_text())
    current = generated()
    assert sorted(committed["paths"]) == sorted(current["paths"]), "renew it: ./hub manage openapi"
    assert committed == current, "renew it: ./hub manage openapi"
