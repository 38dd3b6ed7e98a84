"""Where the reports answer."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/reports/", include("reports.api.urls"))]
