from django.urls import path

from zones.api import schemes, views

urlpatterns = [
    path("zones", views.ZonesView.as_view(), name="zones"),
    path("zones/<uuid:zone_id>/grounds", views.GroundsView.as_view(), name="zone-grounds"),
    path("regulations", views.RegulationsView.as_view(), name="regulations"),
    path(
        "regulations/<uuid:regulation_id>/versions",
        views.VersionsView.as_view(),
        name="regulation-versions",
    ),
    path(
        "regulations/versions/<uuid:version_id>/publish",
        views.PublishView.as_view(),
        name="regulation-publish",
    ),
    path(
        "regulations/versions/<uuid:version_id>/annul",
        views.AnnulView.as_view(),
        name="regulation-annul",
    ),
    path("rule-templates", schemes.SchemesView.as_view(), name="rule-templates"),
    path("zones/<uuid:zone_id>/templates", schemes.LoadView.as_view(), name="zone-templates"),
    path("permits", views.PermitsView.as_view(), name="permits"),
    path("permits/<uuid:permit_id>/revoke", views.PermitRevokeView.as_view(), name="permit-revoke"),
]
