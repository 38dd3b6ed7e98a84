"""Where zones answers: zones, regulations, permits."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("zones.api.urls")),
]
