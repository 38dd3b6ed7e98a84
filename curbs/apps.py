from django.apps import AppConfig


class CurbsConfig(AppConfig):
    name = "curbs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.news import register
        from curbs import codes, consumers, deadlines, news  # noqa: F401
        from foundation import consumers as streams
        from foundation import ticks

        ticks.register("curbs.holds", deadlines.release_holds, deadlines.next_hold)
        ticks.register("curbs.no_shows", deadlines.note_no_shows, deadlines.next_no_show)
        ticks.register("curbs.ends", deadlines.finish_overdue, deadlines.next_end)
        register(news.TOPIC)
        streams.register(consumers.AutomaticCheckIn())
        streams.register(consumers.RulesPublished())
