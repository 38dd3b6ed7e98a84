from django.urls import path

from curbs.api import bookings, decisions, passes, zones

urlpatterns = [
    path("curb-zones", zones.CurbZonesView.as_view(), name="curb-zones"),
    path("curb-zones/<uuid:curb_zone_id>/slots", zones.SlotsView.as_view(), name="curb-zone-slots"),
    path("bookings", bookings.BookingsView.as_view(), name="bookings"),
    path("bookings/<uuid:booking_id>", bookings.BookingView.as_view(), name="booking"),
    path(
        "bookings/<uuid:booking_id>/confirm",
        bookings.ConfirmView.as_view(),
        name="booking-confirm",
    ),
    path(
        "bookings/<uuid:booking_id>/check-in",
        bookings.CheckInView.as_view(),
        name="booking-check-in",
    ),
    path(
        "bookings/<uuid:booking_id>/check-out",
        bookings.CheckOutView.as_view(),
        name="booking-check-out",
    ),
    path("bookings/<uuid:booking_id>/cancel", bookings.CancelView.as_view(), name="booking-cancel"),
    path("bookings/<uuid:booking_id>/extend", bookings.ExtendView.as_view(), name="booking-extend"),
    path("day-passes", passes.DayPassesView.as_view(), name="day-passes"),
    path("decisions", decisions.DecisionsView.as_view(), name="decisions"),
]
