"""Who sends a request: a machine with a bearer token, or a person with a session."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import PermissionDenied

from accounts import tokens
from accounts.tokens import Token
from foundation import codes
from kernel.refusals import Refusal


class Machine:
    """The user of a request that a machine client sent: nobody in person, but signed in."""

    is_authenticated = True
    is_active = True
    is_staff = False
    is_anonymous = False
    pk = None

    def __init__(self, token: Token) -> None:
        self.token = token

    def __str__(self) -> str:
        return self.token.client.name


class Bearer(BaseAuthentication):
    """OAuth 2.0 bearer tokens (RFC 6750), looked up by their SHA-256 in one query."""

    def authenticate(self, request: Any) -> tuple[Machine, Token] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        found = tokens.in_force([words[1]]) if len(words) == 2 else {}
        if not found:
            raise Refusal(codes.AUTH_INVALID, _("The token is unknown, revoked or has expired."))
        (token,) = found.values()
        return Machine(token), token

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="cityhub"'


class Session(SessionAuthentication):
    """The portal's session; unsafe methods need its CSRF token."""

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise Refusal(codes.AUTH_CSRF, str(error.detail)) from error
