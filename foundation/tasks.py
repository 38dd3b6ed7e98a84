"""Celery's doors to foundation's services."""

from celery import shared_task

from foundation import ticks


@shared_task(name="foundation.tick", ignore_result=True, expires=5)
def tick() -> int:
    """Do what is due at domain time; skipped while another tick runs."""
    return ticks.tick()
