"""The paths that clients of MDS expect."""

from django.urls import path

from zones.api import mds

urlpatterns = [
    path("policy/v2/policies", mds.MdsPoliciesView.as_view(), name="mds-policies"),
    path("policy/v2/policies/<uuid:policy_id>", mds.MdsPolicyView.as_view(), name="mds-policy"),
    path("geography/v2/geographies", mds.MdsGeographiesView.as_view(), name="mds-geographies"),
    path(
        "geography/v2/geographies/<uuid:geography_id>",
        mds.MdsGeographyView.as_view(),
        name="mds-geography",
    ),
]
