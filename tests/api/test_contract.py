"""Answers are what the committed description of the API says they are."""

import pytest
import yaml
from django.db import transaction
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from foundation.api.openapi import document
from tests.api import tenants
from tests.api.tenants import BODIES, OWNERS, QUERIES

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def described():
    return yaml.safe_load(document())


@pytest.fixture
def world(hel, hd, domain_clock):
    return tenants.build(hel, hd)


def cases():
    return [
        (endpoint, method)
        for endpoint in tenants.endpoints()
        for method in endpoint.methods
        if endpoint.name not in ("schema", "api-docs")
        and not set(endpoint.parameters) - set(OWNERS)
        and (method == "get" or endpoint.parameters)
    ]


def operation_of(described, endpoint, method):
    """Return what the document says about a method of an endpoint."""
    named = {parameter: "{" + parameter + "}" for parameter in endpoint.parameters}
    return described["paths"][endpoint.path(named)][method]


def fault(described, operation, answer):
    """Return what is wrong with an answer by its description, or None."""
    said = operation["responses"].get(str(answer.status_code))
    if said is None:
        return f"{answer.status_code} is not described: {answer.content[:200]}"
    if not answer.content:
        return None
    media = answer["Content-Type"].split(";")[0]
    if media not in said.get("content", {}):
        return f"{answer.status_code} as {media} is not described"
    if not media.endswith("json"):
        return None
    schema = said["content"][media]["schema"] | {"components": described["components"]}
    error = best_match(Draft202012Validator(schema).iter_errors(answer.json()))
    return None if error is None else f"{error.json_path}: {error.message[:200]}"


def ask(client, endpoint, method, ids):
    sent = BODIES.get(endpoint.name)
    sent = sent(ids) if callable(sent) else sent
    if method == "get":
        return client.get(endpoint.path(ids), QUERIES.get(endpoint.name, {}))
    return getattr(client, method)(endpoint.path(ids), sent or {}, format="json")


def test_answers_to_owners_and_strangers_are_as_described(world, described):
    faults = {}
    for endpoint, method in cases():
        operation = operation_of(described, endpoint, method)
        for who in (world.owner, world.hel_city, world.hd_city):
            with transaction.atomic():
                answer = ask(tenants.everything(who), endpoint, method, world.ids)
                wrong = fault(described, operation, answer)
                if wrong:
                    faults[f"{method} {endpoint} {who.code}"] = wrong
                transaction.set_rollback(True)
    assert faults == {}
