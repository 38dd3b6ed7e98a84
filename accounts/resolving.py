"""From a request to its actor and its city."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Case, When
from django.utils.translation import gettext as _

from accounts import codes, scopes
from accounts.actors import Actor, Grant
from accounts.authentication import Machine
from accounts.models import ApiClient, City, Mandate, Membership, Organisation, User
from kernel.clock import wall
from kernel.refusals import Refusal

SESSION_KEY = "membership_id"


def actor_of(request: Any, now: datetime) -> Actor:
    """Return who acts in a request at domain time `now`.

    Raises `city.unknown` when nobody is signed in and the Host names no city.
    """
    user = getattr(request, "user", None)
    if isinstance(user, Machine):
        return actor_of_client(
            user.client,
            now,
            token_scopes=request.auth.scope.split(),
            has_mandates=user.has_mandates,
        )
    if isinstance(user, User) and user.is_active:
        membership = chosen_membership(request, user)
        if membership is not None:
            return actor_of_membership(membership, now)
    return Actor.public(city_of_host(host_of(request)))


def actor_of_client(
    client: ApiClient,
    now: datetime,
    token_scopes: list[str] | None = None,
    *,
    has_mandates: bool = True,
) -> Actor:
    """Return the actor of a machine client, limited to the token's and its own scopes.

    `has_mandates` False: its organisation was never given one, and need not be asked for them.
    """
    allowed = _allowed(client.organisation, client.scopes)
    return Actor(
        city=client.organisation.city,
        organisation=client.organisation,
        client_id=client.id,
        scopes=allowed if token_scopes is None else allowed & frozenset(token_scopes),
        grants=grants_of(client.organisation_id, now) if has_mandates else (),
    )


# In SQL, because it is asked with each write of the event log: what `Bearer` looks up and what
# `actor_of_client` makes of it, for many tokens at once.
_OF_TOKENS = """
SELECT token.token_checksum, token.scope, client.id, client.scopes,
    organisation.id, organisation.city_id, organisation.code, organisation.kind,
    EXISTS (SELECT FROM accounts_mandate mandate WHERE mandate.agent_id = organisation.id)
FROM oauth2_provider_accesstoken token
JOIN accounts_apiclient client ON client.id = token.application_id
JOIN accounts_organisation organisation ON organisation.id = client.organisation_id
WHERE token.token_checksum = ANY(%s) AND token.expires > %s AND client.active
"""


def actors_of_tokens(tokens: Collection[bytes], now: datetime) -> dict[bytes, Actor]:
    """Return the actors of bearer tokens at domain time `now`; those that sign nobody in are
    left out. One query, and one for each organisation that was ever given a mandate."""
    checksums = {hashlib.sha256(token).hexdigest(): token for token in tokens}
    with connection.cursor() as cursor:
        cursor.execute(_OF_TOKENS, [list(checksums), wall()])
        rows = cursor.fetchall()
    found = {}
    for checksum, scope, client_id, client_scopes, *facts, has_mandates in rows:
        organisation = _light(Organisation, ("id", "city_id", "code", "kind"), facts)
        organisation.city = _light(City, ("id",), [organisation.city_id])
        allowed = _allowed(organisation, client_scopes) & frozenset(scope.split())
        grants = grants_of(organisation.id, now) if has_mandates else ()
        found[checksums[checksum]] = Actor(
            organisation.city, organisation, None, client_id, scopes=allowed, grants=grants
        )
    return found


def _light(model: Any, names: tuple[str, ...], values: Sequence[Any]) -> Any:
    """Return a row of which only some columns were read; the others are read when asked for."""
    return model.from_db("default", names, values)


def _allowed(organisation: Organisation, client_scopes: Iterable[str]) -> frozenset[str]:
    allowed = frozenset(client_scopes)
    return allowed if organisation.kind == Organisation.Kind.CITY else allowed - scopes.CITY_ONLY


def actor_of_membership(membership: Membership, now: datetime) -> Actor:
    """Return the actor of a person: all roles they have in the membership's organisation."""
    organisation = membership.organisation
    roles = frozenset(
        Membership.objects.filter(
            user_id=membership.user_id, organisation_id=organisation.id
        ).values_list("role", flat=True)
    )
    return Actor(
        city=organisation.city,
        organisation=organisation,
        user_id=membership.user_id,
        roles=roles,
        scopes=frozenset[str]().union(*(scopes.BY_ROLE[role] for role in roles)),
        grants=grants_of(organisation.id, now),
    )


def grants_of(organisation_id: UUID, now: datetime) -> tuple[Grant, ...]:
    """Return the mandates in force for an organisation; never cached, so that revoking acts at
    once."""
    return tuple(
        Grant(
            principal_id=mandate.principal_id,
            scopes=frozenset(mandate.scopes),
            vehicle_ids=frozenset(mandate.vehicle_ids),
            mandate_id=mandate.id,
        )
        for mandate in Mandate.objects.given_to(organisation_id).in_force(now).order_by("id")
    )


def chosen_membership(request: Any, user: User) -> Membership | None:
    """Return the membership chosen in the session, else the person's first one, else None."""
    memberships = user.memberships.select_related("organisation__city").order_by("id")
    session = getattr(request, "session", {})
    chosen = session.get(SESSION_KEY)
    found = memberships.filter(pk=chosen).first() if chosen else None
    return found or memberships.first()


def host_of(request: Any) -> str:
    """Return the Host of a request without its port, in lower case."""
    raw = getattr(request, "_request", request)
    return raw.get_host().rsplit(":", 1)[0].lower()


def city_of_host(host: str) -> City:
    """Return the city of a public request: the one with this host, else the only one.

    Raises `city.unknown` (404).
    """
    named_first = Case(When(host=host, then=0), default=1)
    cities = list(City.objects.order_by(named_first, "code")[:2])
    if len(cities) == 1 or (cities and host and cities[0].host == host):
        return cities[0]
    raise Refusal(codes.CITY_UNKNOWN, _("No city answers under this host name."), host=host)
