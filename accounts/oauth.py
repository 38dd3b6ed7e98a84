"""OAuth 2.0 as this platform uses it: scopes of the client, and two live secrets."""

from typing import Any

from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from foundation.scopes import REGISTRY
from kernel.clock import wall


class HubScopes(BaseScopes):
    """Scopes are what the apps declared; a client gets at most its own."""

    def get_all_scopes(self) -> dict[str, str]:
        return dict(REGISTRY)

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return list(application.scopes) if application is not None else list(REGISTRY)

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return list(application.scopes) if application is not None else []


class HubValidator(OAuth2Validator):
    """Accepts both live secrets of a client."""

    def _authenticate_basic_auth(self, request: Any) -> bool:
        try:
            return self._with_either_secret(request, super()._authenticate_basic_auth)
        except ValueError:  # no Base64, not even ASCII
            return False

    def _authenticate_request_body(self, request: Any) -> bool:
        return self._with_either_secret(request, super()._authenticate_request_body)

    def _with_either_secret(self, request: Any, authenticate: Any) -> bool:
        self._request = request
        return authenticate(request)

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        return self._request.client.knows_secret(provided_secret, wall())
