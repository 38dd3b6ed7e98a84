from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "foundation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import codes, consumers, messages, outbox, ticks  # noqa: F401
        from foundation.api.idempotency import forget_old

        consumers.register_stream(messages.OutboxStream())
        ticks.register("foundation.idempotency", forget_old, every_s=600)
        ticks.register("foundation.outbox", outbox.forget_old, every_s=600)
