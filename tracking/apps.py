from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import consumers, ticks
        from tracking.services import keeping, waking
        from tracking.services.projection import FacilityProjection, Projection

        consumers.register(Projection())
        consumers.register(FacilityProjection())
        ticks.register("tracking.snapshots", keeping.forget_snapshots)
        ticks.register("tracking.silence", waking.look_again, waking.next_due)
        ticks.register("tracking.references", waking.resolve_references, every_s=10)
