from django.apps import AppConfig


class RoadsConfig(AppConfig):
    name = "roads"
    default_auto_field = "django.db.models.BigAutoField"
