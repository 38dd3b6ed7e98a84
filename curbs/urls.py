"""Where the curb answers: zones, slots, bookings, decisions."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", include("curbs.api.urls"))]
