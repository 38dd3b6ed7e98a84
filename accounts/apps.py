from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import codes, resolving, scopes  # noqa: F401
        from foundation.api import actors

        actors.register(resolving.actor_of)
