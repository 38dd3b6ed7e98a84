"""`./hub manage client`: who runs the platform makes clients and gives them new secrets."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiClient
from kernel.clock import wall

pytestmark = pytest.mark.django_db


def told(*words):
    out = StringIO()
    call_command("client", *words, stdout=out)
    return out.getvalue()


def secret_of(text):
    return text.splitlines()[0].rpartition(": ")[2]


def test_a_steward_of_the_city_is_made_and_its_secret_rotated(hel_city):
    scopes = ("events:write", "events:steward")
    first = secret_of(told("create", "mender", "--organisation", "city", "--scopes", *scopes))
    client = ApiClient.objects.get(client_id="mender")
    assert (client.organisation, client.scopes) == (hel_city, ["events:steward", "events:write"])
    assert client.knows_secret(first, wall())
    text = told("rotate", "mender")
    assert "The one before works 7 days longer." in text
    client.refresh_from_db()
    assert client.knows_secret(first, wall())
    assert client.knows_secret(secret_of(text), wall())
    last = secret_of(told("rotate", "mender", "--at-once"))
    client.refresh_from_db()
    assert client.knows_secret(last, wall())
    assert not client.knows_secret(secret_of(text), wall())
    assert told().startswith("mender: ")
    told("deactivate", "mender")
    assert told().startswith("mender (deactivated): ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create", "x", "--organisation", "nope", "--scopes", "events:write"), "no organisation"),
        (("create", "x", "--organisation", "blue-vans", "--scopes", "magic"), "No such scope"),
        (("create", "x", "--organisation", "blue-vans", "--scopes", "events:steward"), "steward"),
        (("rotate", "nobody"), "There is no client 'nobody'."),
        (("deactivate", "nobody"), "There is no client 'nobody'."),
    ],
)
def test_what_cannot_be_done_is_said(carrier, words, sentence):
    with pytest.raises(CommandError, match=sentence):
        told(*words)
    assert not ApiClient.objects.filter(client_id="x").exists()


def test_a_client_is_not_made_twice(hel_city):
    words = ("create", "mender", "--organisation", "city", "--scopes", "events:write")
    told(*words)
    with pytest.raises(CommandError, match="rotate"):
        told(*words)
