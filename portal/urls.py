"""Pages for people."""

from django.urls import URLPattern, URLResolver, path

from portal.views import members, plain

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    path("membership/", members.ChooseMembership.as_view(), name="membership"),
    path("accessibility/", plain.Accessibility.as_view(), name="accessibility"),
]
