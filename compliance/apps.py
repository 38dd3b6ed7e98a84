from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts.news import register
        from compliance import codes, news  # noqa: F401
        from compliance.consumers import FindingsConsumer
        from compliance.services import checks, evidence, findings
        from foundation import consumers, ticks

        consumers.register(FindingsConsumer())
        ticks.register("compliance.forget_checks", checks.forget_old, every_s=600)
        ticks.register("compliance.forget_evidence", evidence.forget_old, every_s=3600)
        ticks.register("compliance.confirm", findings.confirm, findings.next_confirmation)
        for topic in news.TOPICS:
            register(topic)
