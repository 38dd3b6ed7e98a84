"""Every URL of CityHub starts here; each app lists its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("carriers.urls")),
    path("", include("zones.urls")),
    path("", include("roads.urls")),
    path("", include("curbs.urls")),
    path("", include("tracking.urls")),
    path("", include("compliance.urls")),
    path("", include("routing.urls")),
    path("", include("reports.urls")),
    path("", include("portal.urls")),
]
