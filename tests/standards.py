"""The published schemas and samples, where they lie beside the checkout; they are not ours to
copy. Each schema is corrected as its errata demand, and says for itself what is valid."""

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

STANDARDS = Path("shared") / "standards"
FOUND = [folder / STANDARDS for folder in Path(__file__).resolve().parents]
ROOT = next((path for path in FOUND if path.exists()), FOUND[0])
needed = pytest.mark.skipif(not ROOT.exists(), reason="the published schemas are not here")

# Plain jsonschema checks neither instants nor URIs: it would take `"bizStep": "delivering"`, since
# anything is a URI to it. RFC 3986, section 3: a scheme, a colon, and no character but these.
FORMATS = FormatChecker(["date-time", "uuid"])
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[\w.~:/?#\[\]@!$&'()*+,;=%-]*", flags=re.ASCII)


@FORMATS.checks("uri")
def _is_uri(value: Any) -> bool:
    return not isinstance(value, str) or _URI.fullmatch(value) is not None


def epcis_samples() -> list[Path]:
    """Return the published samples of EPCIS."""
    return sorted((ROOT / "epcis").glob("*.jsonld"))


def otm_samples() -> list[Path]:
    """Return the published samples of OTM."""
    return sorted((ROOT / "otm").glob("*.json"))


@functools.cache
def epcis() -> Any:
    """Return a validator of EPCIS documents and events."""
    assert {"date-time", "uri"} <= set(FORMATS.checkers)
    schema = json.loads((ROOT / "epcis" / "EPCIS-JSON-Schema.json").read_text())
    return Draft7Validator(schema, format_checker=FORMATS)


@functools.cache
def epcis_event(kind: str) -> Any:
    """Return a validator of one kind of EPCIS event inside of a document."""
    schema = json.loads((ROOT / "epcis" / "EPCIS-JSON-Schema.json").read_text())
    named = {"$ref": f"#/definitions/{kind}", "definitions": schema["definitions"]}
    return Draft7Validator(named, format_checker=FORMATS)


@functools.cache
def mds(model: str) -> Any:
    """Return a validator of a model of MDS (`event`, `telemetry`, …).

    Errata: `contains` is a list of words where a schema has to stand; it means their enum. The
    modes are alternatives by `oneOf`, but what several modes allow is valid under each of them.
    """
    models = ROOT / "mds" / "models"
    resources = []
    for path in models.rglob("*.yaml"):
        content = _corrected(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))
        resources.append((path.as_uri(), Resource.from_contents(content, DRAFT202012)))
    registry = Registry().with_resources(resources)
    return Draft202012Validator(
        {"$ref": (models / f"{model}.yaml").as_uri()}, registry=registry, format_checker=FORMATS
    )


def _corrected(node: Any) -> Any:
    if isinstance(node, list):
        return [_corrected(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {name: _corrected(value) for name, value in node.items()}
    if isinstance(node.get("contains"), list):
        made["contains"] = {"enum": node["contains"]}
    modes = node.get("oneOf", [])
    if any("/modes/" in str(one.get("$ref")) for one in modes if isinstance(one, dict)):
        made["anyOf"] = made.pop("oneOf")
    return made


@functools.cache
def _otm() -> Any:
    path = ROOT / "otm" / "otm-api-v5.6.yaml"
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


@functools.cache
def otm(kind: str) -> Any:
    """Return a validator of what is PUT to /api/v5/{kind} of OTM 5.6."""
    api = _otm()
    body = api["paths"][f"/api/v5/{kind}"]["put"]["requestBody"]["content"]["application/json"]
    schema = {"allOf": [body["schema"]], "components": api["components"]}
    return Draft202012Validator(schema, format_checker=FORMATS)
