"""The committed OpenAPI document is what the code serves."""

from pathlib import Path

import yaml

from foundation.api.openapi import document

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_document_is_openapi_3_1():
    assert yaml.safe_load(document())["openapi"].startswith("3.1")


def test_the_committed_document_is_the_generated_one():
    current, committed = document(), COMMITTED.read_text()
    paths = [sorted(yaml.safe_load(text)["paths"]) for text in (current, committed)]
    assert paths[0] == paths[1], "renew it: ./hub manage openapi"
    assert current == committed, "renew it: ./hub manage openapi"


def test_every_reference_in_the_document_leads_somewhere():
    made = yaml.safe_load(document())

    def references(node):
        if isinstance(node, dict):
            yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in set(references(made)):
        target = made
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target
