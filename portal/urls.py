"""Pages for people."""

from django.urls import URLPattern, URLResolver, path

from portal.live import views as live
from portal.rulebook_urls import RULES
from portal.views import (
    backfill,
    bookings,
    checks,
    disputes,
    exceptions,
    findings,
    geo,
    members,
    patrol,
    plain,
    quarantine,
    reports,
    slots,
    standing,
    tower,
    webhooks,
)

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", tower.Tower.as_view(), name="tower"),
    path("tower/figures/", tower.Figures.as_view(), name="tower-figures"),
    path("tower/feed/", tower.Feed.as_view(), name="tower-feed"),
    path("live/vehicles", live.vehicles, name="live-vehicles"),
    path("map/base.json", geo.BaseMap.as_view(), name="map-base"),
    path("map/zones.geojson", geo.Zones.as_view(), name="map-zones"),
    path("map/curbs.geojson", geo.Curbs.as_view(), name="map-curbs"),
    path("map/findings.geojson", geo.Findings.as_view(), name="map-findings"),
    path("bookings/", bookings.Bookings.as_view(), name="bookings"),
    path("bookings/new/", bookings.ChooseCurb.as_view(), name="choose-curb"),
    path("bookings/new/<uuid:zone_id>/", slots.ChooseSlot.as_view(), name="choose-slot"),
    path("bookings/<uuid:booking_id>/", bookings.OneBooking.as_view(), name="booking"),
    path(
        "bookings/<uuid:booking_id>/check/", bookings.CheckBooking.as_view(), name="check-booking"
    ),
    path(
        "bookings/<uuid:booking_id>/cancel/",
        bookings.CancelBooking.as_view(),
        name="cancel-booking",
    ),
    path("findings/", findings.Findings.as_view(), name="findings"),
    path("findings/<uuid:finding_id>/", findings.OneFinding.as_view(), name="finding"),
    path(
        "findings/<uuid:finding_id>/evidence.pdf",
        disputes.EvidencePdf.as_view(),
        name="finding-evidence",
    ),
    path(
        "findings/<uuid:finding_id>/dispute/",
        disputes.OpenDispute.as_view(),
        name="dispute-finding",
    ),
    path("disputes/", disputes.Disputes.as_view(), name="disputes"),
    path(
        "disputes/<uuid:dispute_id>/decide/",
        disputes.DecideDispute.as_view(),
        name="decide-dispute",
    ),
    path("quarantine/", quarantine.Quarantine.as_view(), name="quarantine"),
    path(
        "quarantine/<uuid:quarantined_id>/", quarantine.OneQuarantined.as_view(), name="quarantined"
    ),
    path(
        "quarantine/<uuid:quarantined_id>/replay/",
        quarantine.ReplayOne.as_view(),
        name="replay-one",
    ),
    path(
        "quarantine/<uuid:quarantined_id>/dismiss/",
        quarantine.DismissOne.as_view(),
        name="dismiss-one",
    ),
    path(
        "quarantine/replays/<uuid:replay_id>/",
        quarantine.ReplayProgress.as_view(),
        name="quarantine-replay",
    ),
    path(
        "quarantine/replays/<uuid:replay_id>/progress/",
        quarantine.ReplayPart.as_view(),
        name="replay-part",
    ),
    path("backfill/", backfill.Backfill.as_view(), name="backfill"),
    path(
        "backfill/<uuid:window_id>/close/", backfill.CloseBackfill.as_view(), name="close-backfill"
    ),
    path("exceptions/", exceptions.Exceptions.as_view(), name="exceptions"),
    path("exceptions/list.csv", exceptions.ExceptionsFile.as_view(), name="exceptions-file"),
    path("exceptions/references/", exceptions.References.as_view(), name="references"),
    path("reports/", reports.Reports.as_view(), name="reports"),
    path("reports/compliance/", reports.Compliance.as_view(), name="compliance"),
    path("reports/congestion/", reports.Congestion.as_view(), name="congestion"),
    path("patrol/", patrol.Patrol.as_view(), name="patrol"),
    path("patrol/<uuid:check_id>/", patrol.PatrolCheck.as_view(), name="patrol-check"),
    path("checks/", checks.Checks.as_view(), name="checks"),
    path("checks/self/", checks.SelfCheck.as_view(), name="self-check"),
    path("checks/<uuid:check_id>/", checks.OneCheck.as_view(), name="check"),
    path("webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>/", webhooks.OneWebhook.as_view(), name="webhook"),
    path(
        "webhooks/<uuid:webhook_id>/rotate/",
        webhooks.RotateWebhook.as_view(),
        name="rotate-webhook",
    ),
    path(
        "webhooks/<uuid:webhook_id>/replay/",
        webhooks.ReplayWebhook.as_view(),
        name="replay-webhook",
    ),
    path(
        "webhooks/<uuid:webhook_id>/delete/",
        webhooks.DeleteWebhook.as_view(),
        name="delete-webhook",
    ),
    path(
        "webhooks/deliveries/<uuid:delivery_id>/",
        webhooks.OneDelivery.as_view(),
        name="webhook-delivery",
    ),
    path(
        "webhooks/deliveries/<uuid:delivery_id>/replay/",
        webhooks.ReplayDelivery.as_view(),
        name="replay-delivery",
    ),
    path("standing/", standing.Standing.as_view(), name="standing"),
    path("standing/<uuid:stopped_id>/retry/", standing.Retry.as_view(), name="standing-retry"),
    path("standing/<uuid:stopped_id>/skip/", standing.Skip.as_view(), name="standing-skip"),
    *RULES,
    path("membership/", members.ChooseMembership.as_view(), name="membership"),
    path("accessibility/", plain.Accessibility.as_view(), name="accessibility"),
]
