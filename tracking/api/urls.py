from django.urls import path

from tracking.api import views

urlpatterns = [
    path("exceptions", views.ExceptionsView.as_view(), name="exceptions"),
    path("exceptions/<uuid:exception_id>", views.ExceptionView.as_view(), name="exception"),
    path("trips", views.TripsView.as_view(), name="trips"),
    path("trips/<uuid:trip_id>", views.TripView.as_view(), name="trip"),
    path("station-visits", views.StationVisitsView.as_view(), name="station-visits"),
    path(
        "facilities/<uuid:facility_id>/units",
        views.FacilityUnitsView.as_view(),
        name="facility-units",
    ),
    path(
        "facilities/<uuid:facility_id>/state",
        views.FacilityStateView.as_view(),
        name="facility-state",
    ),
    path(
        "unresolved-references",
        views.UnresolvedReferencesView.as_view(),
        name="unresolved-references",
    ),
    path("curb-reports", views.CurbReportsView.as_view(), name="curb-reports"),
]
