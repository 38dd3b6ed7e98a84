"""The paths that clients of MDS, OTM and EPCIS expect."""

from django.urls import path

from carriers.api import epcis, mds, otm

urlpatterns = [
    path("mds/agency/v2/vehicles", mds.MdsVehiclesView.as_view(), name="mds-vehicles"),
    path(
        "mds/agency/v2/vehicles/<uuid:device_id>",
        mds.MdsVehicleView.as_view(),
        name="mds-vehicle",
    ),
    path(
        "mds/agency/v2/vehicles/status/<uuid:device_id>",
        mds.MdsStatusView.as_view(),
        name="mds-vehicle-status",
    ),
    path("mds/agency/v2/trips", mds.MdsTripsView.as_view(), name="mds-trips"),
    path("mds/agency/v2/telemetry", mds.MdsTelemetryView.as_view(), name="mds-telemetry"),
    path("mds/agency/v2/events", mds.MdsEventsView.as_view(), name="mds-events"),
    path("otm/v5/trips", otm.OtmTripsView.as_view(), name="otm-trips"),
    path("otm/v5/trips/<uuid:otm_trip_id>", otm.OtmTripView.as_view(), name="otm-trip"),
    path("otm/v5/actions", otm.OtmActionsView.as_view(), name="otm-actions"),
    path("otm/v5/actions/<uuid:otm_action_id>", otm.OtmActionView.as_view(), name="otm-action"),
    path("otm/v5/vehicles", otm.OtmVehiclesView.as_view(), name="otm-vehicles"),
    path("otm/v5/vehicles/<uuid:otm_vehicle_id>", otm.OtmVehicleView.as_view(), name="otm-vehicle"),
    path("otm/v5/locations", otm.OtmLocationsView.as_view(), name="otm-locations"),
    path(
        "otm/v5/locations/<uuid:otm_location_id>",
        otm.OtmLocationView.as_view(),
        name="otm-location",
    ),
    path("otm/v5/events", otm.OtmEventsView.as_view(), name="otm-events"),
    path("otm/v5/events/<uuid:otm_event_id>", otm.OtmEventView.as_view(), name="otm-event"),
    path("epcis/v2/capture", epcis.CapturesView.as_view(), name="epcis-captures"),
    path("epcis/v2/capture/<uuid:capture_id>", epcis.CaptureView.as_view(), name="epcis-capture"),
]
