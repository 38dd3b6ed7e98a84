"""Where accounts answers: tokens, the clock, who am I, mandates."""

from django.urls import URLPattern, URLResolver, include, path
from oauth2_provider.views import RevokeTokenView, TokenView

from foundation.api.throttles import limited

# Guessing secrets has to be slow; a client needs one token an hour.
TOKENS_PER_MINUTE = 120
_slow = limited(TOKENS_PER_MINUTE)

urlpatterns: list[URLPattern | URLResolver] = [
    path("oauth/token", _slow(TokenView.as_view()), name="oauth-token"),
    path("oauth/revoke", _slow(RevokeTokenView.as_view()), name="oauth-revoke"),
    path("api/v1/", include("accounts.api.urls")),
]
