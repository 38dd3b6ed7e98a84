from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import consumers as streams
        from foundation import ticks
        from reports import codes, consumers  # noqa: F401
        from reports.services import impacts
        from zones import impacts as zone_impacts

        streams.register(consumers.FindingCounts())
        ticks.register("reports.impacts", impacts.compute_open)
        zone_impacts.register(impacts.find)
