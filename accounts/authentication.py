"""Who sends a request: a machine with a bearer token, or a person with a session."""

import hashlib
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from oauth2_provider.models import get_access_token_model
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import PermissionDenied

from accounts.models import ApiClient, Mandate
from foundation import codes
from kernel.clock import wall
from kernel.refusals import Refusal


class Machine:
    """The user of a request that a machine client sent: nobody in person, but signed in."""

    is_authenticated = True
    is_active = True
    is_staff = False
    is_anonymous = False
    pk = None

    def __init__(self, client: ApiClient, has_mandates: bool) -> None:
        self.client = client
        self.has_mandates = has_mandates

    def __str__(self) -> str:
        return self.client.name


class Bearer(BaseAuthentication):
    """OAuth 2.0 bearer tokens (RFC 6750), looked up by their SHA-256 in one query."""

    def authenticate(self, request: Any) -> tuple[Machine, Any] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        token = self._find(words[1]) if len(words) == 2 else None
        if token is None or not token.application.active:
            raise Refusal(codes.AUTH_INVALID, _("The token is unknown, revoked or has expired."))
        return Machine(token.application, token.has_mandates), token

    def _find(self, token: bytes) -> Any:
        return (
            get_access_token_model()
            .objects.select_related("application__organisation__city")
            .annotate(
                has_mandates=Exists(
                    Mandate.objects.filter(agent_id=OuterRef("application__organisation_id"))
                )
            )
            .filter(
                token_checksum=hashlib.sha256(token).hexdigest(),
                expires__gt=wall(),
                application__isnull=False,
            )
            .first()
        )

    def authenticate_header(self, request: Any) -> str:
        return 'Bearer realm="cityhub"'


class Session(SessionAuthentication):
    """The portal's session; unsafe methods need its CSRF token."""

    def enforce_csrf(self, request: Any) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise Refusal(codes.AUTH_CSRF, str(error.detail)) from error
