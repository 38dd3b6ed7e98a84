"""Makers of rows for tests: cities, organisations, people, clients with tokens."""

import hashlib
import itertools
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from oauth2_provider.models import AccessToken
from rest_framework.test import APIClient

from accounts import resolving
from accounts.actors import Actor
from accounts.models import City, Mandate, Organisation, User
from accounts.services import setup
from accounts.tokens import Token
from kernel.clock import wall

_numbers = itertools.count(1)

# A fixed working Tuesday, 10:00 in Helsinki and 09:00 in Heidelberg.
TUESDAY = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)


def helsinki(**changes: Any) -> City:
    """Return the city of most tests: Helsinki, metres in ETRS-GK25 (EPSG 3879)."""
    facts: dict[str, Any] = {
        "code": "hel",
        "name": "Helsinki",
        "time_zone": "Europe/Helsinki",
        "currency": "EUR",
        "srid": 3879,
        "country": "FI",
        "languages": ["en", "fi", "sv"],
    }
    return setup.create_city(**(facts | changes))


def heidelberg(**changes: Any) -> City:
    """Return the second city, which must never see the first: Heidelberg, UTM 32 N."""
    facts: dict[str, Any] = {
        "code": "hd",
        "name": "Heidelberg",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "srid": 25832,
        "country": "DE",
        "subdivision": "BW",
        "languages": ["de", "en"],
        "host": "heidelberg.test",
    }
    return setup.create_city(**(facts | changes))


def organisation(city: City, code: str | None = None, kind: str = "carrier") -> Organisation:
    """Return an organisation of a city, a carrier unless said otherwise."""
    code = code or f"carrier-{next(_numbers)}"
    return setup.create_organisation(city=city, code=code, name=code.title(), kind=kind)


def person(
    organisation: Organisation, role: str = "carrier_planner", password: str = "a long password"
) -> User:
    """Return a person with a role in an organisation."""
    number = next(_numbers)
    return setup.create_person(
        email=f"person{number}@example.org",
        name=f"Person {number}",
        organisation=organisation,
        role=role,
        password=password,
    )


def token(organisation: Organisation, client_scopes: Any = None, **changes: Any) -> str:
    """Return a bearer token of a new machine client of an organisation.

    Without scopes it gets all that such an organisation can hold.
    """
    from accounts.scopes import CARRIER, CITY, ENFORCEMENT_CHECK

    if client_scopes is None:
        client_scopes = CITY | {ENFORCEMENT_CHECK} if organisation.kind == "city" else CARRIER
    client = setup.create_client(
        organisation=organisation, name=f"client {next(_numbers)}", client_scopes=client_scopes
    ).client
    text = secrets.token_urlsafe(24)
    AccessToken.objects.create(
        application=client,
        token="",
        token_checksum=hashlib.sha256(text.encode()).hexdigest(),
        expires=changes.get("expires", wall() + timedelta(hours=1)),
        scope=" ".join(sorted(client_scopes)),
    )
    return text


def api_client(organisation: Organisation, client_scopes: Any = None) -> APIClient:
    """Return a test client that sends a token of an organisation; errors come as answers."""
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token(organisation, client_scopes)}")
    return client


def actor_of(organisation: Organisation, *client_scopes: str, at: datetime = TUESDAY) -> Actor:
    """Return the actor of a new machine client (all scopes when none is named)."""
    from accounts.scopes import CARRIER, CITY, ENFORCEMENT_CHECK

    everything = CITY | {ENFORCEMENT_CHECK} if organisation.kind == "city" else CARRIER
    client = setup.create_client(
        organisation=organisation,
        name=f"client {next(_numbers)}",
        client_scopes=client_scopes or everything,
    ).client
    return resolving.actor_of_token(Token(client, frozenset(client.scopes), True), at)


def mandate(principal: Organisation, agent: Organisation, *scopes: str, **changes: Any) -> Mandate:
    """Return a mandate in force since the day before TUESDAY."""
    facts: dict[str, Any] = {
        "city": principal.city,
        "principal": principal,
        "agent": agent,
        "scopes": list(scopes),
        "starts_at": TUESDAY - timedelta(days=1),
        "created_at": TUESDAY - timedelta(days=1),
    }
    return Mandate.objects.create(**(facts | changes))
