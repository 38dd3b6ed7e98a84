from django.urls import path

from carriers.api import originals, views

urlpatterns = [
    path("vehicles", views.VehiclesView.as_view(), name="vehicles"),
    path("vehicles/<uuid:vehicle_id>", views.VehicleView.as_view(), name="vehicle"),
    path("facilities", views.FacilitiesView.as_view(), name="facilities"),
    path("routes", views.RoutesView.as_view(), name="routes"),
    path("routes/<uuid:route_id>", views.RouteView.as_view(), name="route"),
    path("events", views.EventsView.as_view(), name="events"),
    path("events/quarantine", views.QuarantineView.as_view(), name="quarantine"),
    path("events/originals", originals.OriginalsView.as_view(), name="originals"),
    path("events/originals/<uuid:original_id>", originals.OriginalView.as_view(), name="original"),
]
