from django.apps import AppConfig


class CarriersConfig(AppConfig):
    name = "carriers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from carriers import codes  # noqa: F401
        from carriers.selectors.log import EventStream
        from carriers.services import partitions, skipping
        from foundation import consumers, stopped, ticks

        consumers.register_stream(EventStream())
        stopped.register_skip(EventStream.name, skipping.skip)
        ticks.register("carriers.partitions", partitions.make_ahead)
