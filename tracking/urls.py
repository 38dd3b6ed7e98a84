"""Where tracking answers: trips, stations, facilities, exceptions."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("tracking.api.urls")),
]
