"""Where accounts answers: tokens, the clock, who am I, mandates."""

from django.urls import URLPattern, URLResolver, include, path
from oauth2_provider.views import RevokeTokenView, TokenView

urlpatterns: list[URLPattern | URLResolver] = [
    path("oauth/token", TokenView.as_view(), name="oauth-token"),
    path("oauth/revoke", RevokeTokenView.as_view(), name="oauth-revoke"),
    path("api/v1/", include("accounts.api.urls")),
]
