"""The impact of a draft over HTTP, and publishing with it."""

import pytest

from tests import factories
from tests.api.test_zones import city, regulation, written, zone  # noqa: F401

pytestmark = pytest.mark.django_db
IMPACT = "/api/v1/reports/impact"


def test_a_draft_is_published_with_its_impact_and_what_becomes_of_bookings(
    client,
    city,  # noqa: F811
    regulation,  # noqa: F811
):
    draft = written(city, regulation).json()
    path = f"/api/v1/regulations/versions/{draft['id']}/publish"
    without = city.post(path, {"bookings": "cancel"}, format="json")
    assert without.status_code == 422
    assert "impact_id" in without.json()["detail"]
    impact = city.get(IMPACT, {"draft": draft["id"]}).json()
    assert (impact["state"], impact["draft"], impact["total"]) == ("done", draft["id"], 0)
    assert city.get(f"{IMPACT}/{impact['id']}").json() == impact
    sent = {"impact_id": impact["id"], "bookings": "grandfather"}
    assert city.post(path, {**sent, "bookings": "burn"}, format="json").status_code == 422
    answer = city.post(path, sent, format="json")
    assert (answer.status_code, answer.json()["state"]) == (200, "published")
    assert client.get(path.removesuffix("/publish")).json()["bookings"] == "grandfather"
    again = city.get(IMPACT, {"draft": draft["id"]})
    assert (again.status_code, again.json()["code"]) == (409, "zones.not_a_draft")


@pytest.mark.parametrize("query", [{}, {"draft": "nonsense"}])
def test_a_draft_has_to_be_named(city, query):  # noqa: F811
    answer = city.get(IMPACT, query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "draft"


def test_an_impact_is_the_citys_alone(api, city, regulation, carrier, hd):  # noqa: F811
    draft = written(city, regulation).json()
    impact = city.get(IMPACT, {"draft": draft["id"]}).json()
    neighbour = factories.api_client(_city_of(hd))
    for path, query in ((IMPACT, {"draft": draft["id"]}), (f"{IMPACT}/{impact['id']}", {})):
        assert api(organisation=carrier).get(path, query).status_code == 403
        assert neighbour.get(path, query).status_code == 404


def _city_of(hd):
    from accounts.services import setup

    return setup.city_organisation(hd)
