"""Pages for people."""

from django.urls import URLPattern, URLResolver, path

from portal.live import views as live
from portal.views import bookings, findings, geo, members, plain, reports, slots, standing, tower

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
    path("reports/", reports.Reports.as_view(), name="reports"),
    path("reports/compliance/", reports.Compliance.as_view(), name="compliance"),
    path("reports/congestion/", reports.Congestion.as_view(), name="congestion"),
    path("standing/", standing.Standing.as_view(), name="standing"),
    path("standing/<uuid:stopped_id>/retry/", standing.Retry.as_view(), name="standing-retry"),
    path("standing/<uuid:stopped_id>/skip/", standing.Skip.as_view(), name="standing-skip"),
    path("membership/", members.ChooseMembership.as_view(), name="membership"),
    path("accessibility/", plain.Accessibility.as_view(), name="accessibility"),
]
