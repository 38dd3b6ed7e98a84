from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import ticks
        from portal.live.redis_wake import announce

        ticks.register("portal.live", announce, every_s=1)
