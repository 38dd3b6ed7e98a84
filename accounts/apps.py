from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import codes, resolving, scopes  # noqa: F401
        from accounts.consumers import WebhookQueue
        from accounts.services import deliveries, sending
        from accounts.services.clients import forget_old_tokens
        from foundation import consumers, ticks
        from foundation.api import actors

        actors.register(resolving.actor_of)
        ticks.register("accounts.tokens", forget_old_tokens, every_s=3600)
        consumers.register(WebhookQueue())
        ticks.register("accounts.webhooks", sending.send_due)
        ticks.register("accounts.deliveries", deliveries.forget_old, every_s=3600)
