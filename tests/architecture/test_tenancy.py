"""Every row that belongs to a city says to whom in it."""

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from accounts.querysets import Tenancy, TenantQuerySet
from tests.architecture.test_arrows import FLOOR_OF

# The ground knows no tenants: its rows are read by the platform itself, never through the API.
GROUND = "foundation"
# Rows that only their own services read, and nobody is ever shown.
INTERNAL = {
    "carriers.EventIdentity": "decides what is a duplicate",
    "tracking.FoldState": "what the projection remembers",
}


def label(model):
    return model._meta.label


MODELS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in FLOOR_OF and model._meta.app_label != GROUND
]
TENANT_MODELS = [model for model in MODELS if hasattr(model, "tenancy")]


def of_a_city(model):
    return any(field.name in ("city", "city_id") for field in model._meta.get_fields())


@pytest.mark.parametrize(
    "model", [one for one in MODELS if of_a_city(one) and label(one) not in INTERNAL], ids=label
)
def test_a_model_with_a_city_states_its_tenancy(model):
    assert isinstance(getattr(model, "tenancy", None), Tenancy)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=label)
def test_a_model_with_a_tenancy_is_read_through_visible_to(model):
    assert isinstance(model._default_manager.all(), TenantQuerySet)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=label)
def test_the_paths_of_a_tenancy_lead_to_columns(model):
    tenancy = model.tenancy
    for path in (tenancy.city, tenancy.organisation, tenancy.vehicle, *tenancy.also):
        if path:
            assert column_at(model, path), f"{path} leads nowhere"


def column_at(model, path):
    """Return the field at the end of a path such as `booking__organisation_id`, or None."""
    *steps, last = path.split("__")
    try:
        for step in steps:
            model = model._meta.get_field(step).related_model
        return model._meta.pk if last == "pk" else model._meta.get_field(last)
    except FieldDoesNotExist:
        return next((one for one in model._meta.fields if one.attname == last), None)
