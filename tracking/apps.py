from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import consumers, ticks
        from tracking.services import keeping
        from tracking.services.projection import Projection

        consumers.register(Projection())
        ticks.register("tracking.snapshots", keeping.forget_snapshots)
