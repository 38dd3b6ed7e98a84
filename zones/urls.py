"""Where zones answers: zones, regulations, permits, and rules in the formats of others."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("zones.api.urls")),
    path("mds/", include("zones.api.mds_urls")),
]
