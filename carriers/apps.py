from django.apps import AppConfig


class CarriersConfig(AppConfig):
    name = "carriers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from carriers import codes  # noqa: F401
        from carriers.selectors.log import EventStream, StatementStream
        from carriers.services import originals, partitions, replays, retention, skipping
        from foundation import consumers, stopped, ticks

        for stream in (EventStream(), StatementStream()):
            consumers.register_stream(stream)
            stopped.register_skip(stream.name, skipping.skip)
        ticks.register("carriers.partitions", partitions.make_ahead)
        ticks.register("carriers.originals", originals.forget_old, every_s=60)
        ticks.register("carriers.replays", replays.work)
        ticks.register("carriers.retention", retention.retire)
        ticks.register("carriers.quarantine", retention.forget_settled, every_s=600)
