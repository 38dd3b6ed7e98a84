"""Celery: one beat, every wall second, asks what is due at domain time.

Domain deadlines are columns in the database; nothing is scheduled with `eta` or `countdown`.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
app = Celery("cityhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
