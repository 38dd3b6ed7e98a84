from functools import partial

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import consumers, rebuilding, ticks
        from tracking.consumers import GroundChanges
        from tracking.services import keeping, waking
        from tracking.services.projection import FacilityProjection, Projection
        from tracking.services.rebuilding import Subjects

        for projection in (Projection(), FacilityProjection()):
            consumers.register(projection)
            rebuilding.register(projection.name, Subjects(projection.kind))
            ticks.register(f"{projection.name}.refold", partial(rebuilding.go_on, projection.name))
        consumers.register(GroundChanges())
        ticks.register("tracking.snapshots", keeping.forget_snapshots, every_s=600)
        ticks.register("tracking.silence", waking.look_again, waking.next_due)
        ticks.register("tracking.references", waking.resolve_references, every_s=10)
