"""The roof: settings, urls, processes. Nobody imports it."""

from cityhub.celery import app as celery_app

__all__ = ["celery_app"]
