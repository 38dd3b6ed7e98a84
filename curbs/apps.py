from django.apps import AppConfig


class CurbsConfig(AppConfig):
    name = "curbs"
    default_auto_field = "django.db.models.BigAutoField"
