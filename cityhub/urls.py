"""Every URL of CityHub starts here; each app lists its own."""

from django.contrib import admin
from django.urls import include, path

handler400 = "foundation.views.bad_request"
handler403 = "foundation.views.forbidden"
handler404 = "foundation.views.not_found"
handler500 = "foundation.views.failed"

urlpatterns = [
    path("", include("curbs.urls")),  # tried in turn: what is asked most comes first
    path("", include("foundation.urls")),
    path("", include("accounts.urls")),
    path("", include("carriers.urls")),
    path("", include("zones.urls")),
    path("", include("roads.urls")),
    path("", include("tracking.urls")),
    path("", include("compliance.urls")),
    path("", include("routing.urls")),
    path("", include("reports.urls")),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("portal.urls")),
]
