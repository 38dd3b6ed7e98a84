from django.apps import AppConfig


class ZonesConfig(AppConfig):
    name = "zones"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.news import register
        from zones import codes, news  # noqa: F401

        register(news.TOPIC)
