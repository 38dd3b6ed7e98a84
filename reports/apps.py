from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import consumers as streams
        from reports import codes, consumers  # noqa: F401

        streams.register(consumers.FindingCounts())
