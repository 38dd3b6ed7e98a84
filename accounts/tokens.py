"""What a bearer token says: which client, with which scopes, of which organisation and city.

In SQL, because it is asked with every request: building the same statement of four tables anew
costs as much as all the rest of a small request.
"""

import functools
import hashlib
from collections.abc import Collection
from typing import Any, NamedTuple

from accounts.models import ApiClient, City, Organisation
from foundation.rows import Columns, planned
from kernel.clock import wall


class Token(NamedTuple):
    """A token in force: its client with organisation and city, the scopes that it was given, and
    whether the organisation was ever given a mandate."""

    client: ApiClient
    scopes: frozenset[str]
    has_mandates: bool


_CLIENT, _ORGANISATION = Columns(ApiClient, "client"), Columns(Organisation, "organisation")
_CITY = Columns(City, "city")
_PARTS = (_CLIENT, _ORGANISATION, _CITY)


def in_force(tokens: Collection[bytes]) -> dict[bytes, Token]:
    """Return what bearer tokens say; those that sign nobody in are left out. One query."""
    checksums = {hashlib.sha256(token).hexdigest(): token for token in tokens}
    with planned() as cursor:
        cursor.execute(_statement(), [list(checksums), wall()])
        rows = cursor.fetchall()
    return {checksums[checksum]: _token(*facts) for checksum, *facts in rows}


@functools.cache
def _statement() -> str:
    return f"""
        SELECT token.token_checksum, token.scope,
            EXISTS (SELECT FROM accounts_mandate mandate WHERE mandate.agent_id = organisation.id),
            {", ".join(part.select for part in _PARTS)}
        FROM oauth2_provider_accesstoken token
        JOIN accounts_apiclient client ON client.id = token.application_id
        JOIN accounts_organisation organisation ON organisation.id = client.organisation_id
        JOIN accounts_city city ON city.id = organisation.city_id
        WHERE token.token_checksum = ANY(%s) AND token.expires > %s AND client.active
    """


def _token(scope: str, has_mandates: bool, *columns: Any) -> Token:
    rows = []
    for part in _PARTS:
        own, columns = columns[: len(part.names)], columns[len(part.names) :]
        rows.append(part.row(own))
    client, client.organisation, client.organisation.city = rows
    return Token(client, frozenset(scope.split()), has_mandates)
