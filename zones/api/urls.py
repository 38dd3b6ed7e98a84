from django.urls import path

from zones.api import analyses, calendars, exchange, schemes, versions, views

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
        "regulations/versions/<uuid:version_id>",
        versions.VersionView.as_view(),
        name="regulation-version",
    ),
    path(
        "regulations/versions/<uuid:version_id>/analysis",
        analyses.AnalysisView.as_view(),
        name="regulation-analysis",
    ),
    path(
        "regulations/versions/<uuid:version_id>/review",
        versions.ReviewView.as_view(),
        name="regulation-review",
    ),
    path(
        "regulations/versions/<uuid:version_id>/unreview",
        versions.UnreviewView.as_view(),
        name="regulation-unreview",
    ),
    path(
        "regulations/versions/<uuid:version_id>/publish",
        versions.PublishView.as_view(),
        name="regulation-publish",
    ),
    path(
        "regulations/versions/<uuid:version_id>/suspend",
        versions.SuspendView.as_view(),
        name="regulation-suspend",
    ),
    path(
        "regulations/versions/<uuid:version_id>/resume",
        versions.ResumeView.as_view(),
        name="regulation-resume",
    ),
    path(
        "regulations/versions/<uuid:version_id>/annul",
        versions.AnnulView.as_view(),
        name="regulation-annul",
    ),
    path("rule-templates", schemes.SchemesView.as_view(), name="rule-templates"),
    path("zones/<uuid:zone_id>/templates", schemes.LoadView.as_view(), name="zone-templates"),
    path("rules", exchange.RulesFeedView.as_view(), name="rules"),
    path("rules/imports", exchange.ImportsView.as_view(), name="rules-imports"),
    path("rules/imports/<uuid:import_id>", exchange.ImportView.as_view(), name="rules-import"),
    path("rules/exports/geojson", exchange.GeoJSONExportView.as_view(), name="rules-geojson"),
    path("rules/exports/zfe", exchange.ZfeExportView.as_view(), name="rules-zfe"),
    path("rules/exports/datex2", exchange.DatexExportView.as_view(), name="rules-datex2"),
    path("rules/exports/unsaid", exchange.UnsaidView.as_view(), name="rules-unsaid"),
    path("calendars", calendars.CalendarsView.as_view(), name="calendars"),
    path("calendars/<uuid:calendar_id>/on", calendars.OnView.as_view(), name="calendar-on"),
    path("calendars/<uuid:calendar_id>/off", calendars.OffView.as_view(), name="calendar-off"),
    path("calendars/<uuid:calendar_id>/days", calendars.DaysView.as_view(), name="calendar-days"),
    path(
        "calendars/<uuid:calendar_id>/days/withdraw",
        calendars.WithdrawnDaysView.as_view(),
        name="calendar-days-withdraw",
    ),
    path("permits", views.PermitsView.as_view(), name="permits"),
    path("permits/<uuid:permit_id>/revoke", views.PermitRevokeView.as_view(), name="permit-revoke"),
]
