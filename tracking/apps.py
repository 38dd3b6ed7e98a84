from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import consumers, rebuilding, ticks
        from tracking.consumers import GroundChanges
        from tracking.services import keeping
        from tracking.services.projection import Projection
        from tracking.services.rebuilding import Vehicles

        consumers.register(Projection())
        consumers.register(GroundChanges())
        rebuilding.register(Projection.name, Vehicles())
        ticks.register("tracking.snapshots", keeping.forget_snapshots)
        ticks.register(
            "tracking.refold", lambda as_of: rebuilding.go_on(Projection.name, as_of=as_of)
        )
