"""Celery: one beat, every wall second, asks what is due at domain time.

Domain deadlines are columns in the database; nothing is scheduled with `eta` or `countdown`.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from foundation import memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
app = Celery("cityhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def settle(**_: Any) -> None:
    """Have a process of the worker settle before its first task."""
    memory.settle()


worker_process_init.connect(settle)
