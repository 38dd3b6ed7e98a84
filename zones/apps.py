from django.apps import AppConfig


class ZonesConfig(AppConfig):
    name = "zones"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.news import register
        from foundation import ticks
        from zones import codes, news  # noqa: F401
        from zones.services import rule_imports, versions

        register(news.TOPIC)
        # Well within the minute that deltas of the feed reach back (`selectors.feeds.OVERLAP`).
        ticks.register("zones.superseded", versions.supersede, every_s=20)
        ticks.register("zones.imports", rule_imports.go_on)
        ticks.register("zones.forget_imports", rule_imports.forget_old, every_s=3600)
