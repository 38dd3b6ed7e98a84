from django.urls import path

from carriers.api import events, originals, stewarding, views

urlpatterns = [
    path("vehicles", views.VehiclesView.as_view(), name="vehicles"),
    path("vehicles/<uuid:vehicle_id>", views.VehicleView.as_view(), name="vehicle"),
    path("facilities", views.FacilitiesView.as_view(), name="facilities"),
    path("routes", views.RoutesView.as_view(), name="routes"),
    path("routes/<uuid:route_id>", views.RouteView.as_view(), name="route"),
    path("events/originals", originals.OriginalsView.as_view(), name="originals"),
    path("events/originals/<uuid:original_id>", originals.OriginalView.as_view(), name="original"),
    path("events", events.EventsView.as_view(), name="events"),
    path("events/<uuid:event_id>", events.EventView.as_view(), name="event"),
    path("events/quarantine", stewarding.QuarantineView.as_view(), name="quarantine"),
    path("events/quarantine/replay", stewarding.BulkReplayView.as_view(), name="quarantine-replay"),
    path("events/quarantine/replays", stewarding.ReplaysView.as_view(), name="replays"),
    path(
        "events/quarantine/replays/<uuid:replay_id>", stewarding.ReplayView.as_view(), name="replay"
    ),
    path(
        "events/quarantine/replays/<uuid:replay_id>/items",
        stewarding.ReplayItemsView.as_view(),
        name="replay-items",
    ),
    path(
        "events/quarantine/<uuid:quarantined_id>",
        stewarding.QuarantinedView.as_view(),
        name="quarantined",
    ),
    path(
        "events/quarantine/<uuid:quarantined_id>/replay",
        stewarding.QuarantinedReplayView.as_view(),
        name="quarantined-replay",
    ),
    path(
        "events/quarantine/<uuid:quarantined_id>/dismiss",
        stewarding.QuarantinedDismissView.as_view(),
        name="quarantined-dismiss",
    ),
    path("backfill-windows", stewarding.BackfillWindowsView.as_view(), name="backfill-windows"),
    path(
        "backfill-windows/<uuid:window_id>",
        stewarding.BackfillWindowView.as_view(),
        name="backfill-window",
    ),
    path(
        "backfill-windows/<uuid:window_id>/close",
        stewarding.BackfillWindowCloseView.as_view(),
        name="backfill-window-close",
    ),
]
