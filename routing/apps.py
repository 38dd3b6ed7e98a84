from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "routing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from foundation import consumers as streams
        from foundation import ticks
        from routing import consumers
        from routing.services import runs

        streams.register(consumers.RulesChanged())
        ticks.register("routing.runs", runs.solve_queued)
