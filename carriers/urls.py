"""Where carriers answers."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("carriers.api.urls")),
    path("", include("carriers.api.dialect_urls")),
]
