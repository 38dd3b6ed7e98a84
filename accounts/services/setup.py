"""Setting up a city: itself, its organisations, people and machine clients. Each is idempotent."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import codes
from accounts.actors import CITY_ROLES, Actor
from accounts.models import ApiClient, City, Membership, Organisation, User
from accounts.scopes import CITY_ONLY
from foundation.scopes import REGISTRY
from kernel.refusals import Refusal

SHORTEST_SECRET = 16


@dataclass(frozen=True)
class NewClient:
    """A client with its secret, which is shown once and kept only as a hash."""

    client: ApiClient
    secret: str

    @property
    def client_id(self) -> str:
        return self.client.client_id


@transaction.atomic
def create_city(
    *,
    code: str,
    name: str,
    time_zone: str,
    currency: str,
    srid: int,
    country: str,
    languages: Iterable[str] = ("en",),
    subdivision: str = "",
    host: str = "",
    settings: dict[str, Any] | None = None,
) -> City:
    """Return the city with this code, made or brought up to date, and make its own organisation.

    That organisation has the code `city` and the kind city; officials are members of it.
    """
    city, _made = City.objects.update_or_create(
        code=code,
        defaults={
            "name": name,
            "host": host,
            "time_zone": time_zone,
            "currency": currency,
            "languages": list(languages),
            "country": country,
            "subdivision": subdivision,
            "srid": srid,
            "settings": settings or {},
        },
    )
    create_organisation(city=city, code="city", name=name, kind=Organisation.Kind.CITY)
    return city


@transaction.atomic
def create_organisation(*, city: City, code: str, name: str, kind: str) -> Organisation:
    """Return the city's organisation with this code, made or brought up to date."""
    organisation, _made = Organisation.objects.update_or_create(
        city=city, code=code, defaults={"name": name, "kind": kind}
    )
    return organisation


def city_organisation(city: City) -> Organisation:
    """Return the organisation that is the city itself."""
    return Organisation.objects.get(city=city, kind=Organisation.Kind.CITY, code="city")


@transaction.atomic
def create_person(
    *,
    email: str,
    name: str,
    organisation: Organisation,
    role: str,
    password: str | None = None,
    language: str = "",
    staff: bool | None = None,
) -> User:
    """Return the person with this address, a member of an organisation in a role.

    `staff` opens the back office; by default to city officials only. A password is set for new
    people only. The address counts as verified. Raises `accounts.role_of_the_city` when somebody
    outside of the city's own organisation is to have a role of the city.
    """
    if role in CITY_ROLES and organisation.kind != Organisation.Kind.CITY:
        raise Refusal(codes.ROLE_OF_THE_CITY, _("Only the city's own people have this role."))
    first, _blank, last = name.partition(" ")
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(
            email, password, first_name=first, last_name=last, language=language
        )
    if role == "city_official" if staff is None else staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
    _verify(user)
    return user


def _verify(user: User) -> None:
    from allauth.account.models import EmailAddress

    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


@transaction.atomic
def create_client(
    *,
    organisation: Organisation,
    name: str,
    client_scopes: Iterable[str],
    client_id: str | None = None,
    secret: str | None = None,
) -> NewClient:
    """Return a new machine client and its secret; with a known `client_id`, the same client with
    new scopes and a new secret.

    Leave the secret out: ours is random; a chosen one is for demos, and its hash is a fast one.
    Raises ValueError for one that is too short, `accounts.scope_unknown`, and
    `accounts.scope_not_grantable` for a scope of the city in another organisation's hands.
    """
    wanted = sorted(set(client_scopes))
    unknown = [scope for scope in wanted if scope not in REGISTRY]
    if unknown:
        raise Refusal(codes.SCOPE_UNKNOWN, _("No such scope."), scopes=unknown)
    beyond = [] if organisation.kind == Organisation.Kind.CITY else sorted(CITY_ONLY & {*wanted})
    if beyond:
        raise Refusal(codes.SCOPE_NOT_YOURS, _("Only the city has this scope."), scopes=beyond)
    secret = secret or secrets.token_urlsafe(32)
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a secret has at least {SHORTEST_SECRET} characters")
    client = ApiClient.objects.filter(client_id=client_id).first() if client_id else None
    if client is None:
        client = ApiClient(
            client_id=client_id or secrets.token_urlsafe(18),
            client_type=ApiClient.CLIENT_CONFIDENTIAL,
            authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        )
    client.organisation, client.name, client.scopes = organisation, name, wanted
    client.client_secret = secret
    client.save()
    return NewClient(client, secret)


def system_actor(city: City) -> Actor:
    """Return the actor of the city itself, for what the platform does by itself in its name."""
    return Actor(city=city, organisation=city_organisation(city))
