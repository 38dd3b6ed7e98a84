"""Figures for Prometheus: requests as they happen, lag and age of transactions when asked."""

import os
from collections.abc import Iterator
from typing import Any

from django.db import connection
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily

from foundation import consumers, ticks
from foundation.models import Checkpoint

REQUESTS = Histogram(
    "hub_request_seconds",
    "Requests by method, route and status.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def exposition() -> bytes:
    """Return all figures in Prometheus' text format.

    With several web processes set PROMETHEUS_MULTIPROC_DIR, then theirs are added up.
    """
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    asked = CollectorRegistry()
    asked.register(_Database())
    return generate_latest(registry) + generate_latest(asked)


class _Database:
    """Figures that are read from the database when somebody asks."""

    def collect(self) -> Iterator[Any]:
        lag = GaugeMetricFamily(
            "hub_consumer_lag_rows", "Committed rows not read yet.", labels=["consumer"]
        )
        for name, rows in consumers.lag().items():
            lag.add_metric([name], rows)
        yield lag
        yield from self._failing()
        yield GaugeMetricFamily(
            "hub_xmin_age_seconds",
            "Age of the oldest open transaction that holds readers back.",
            value=_xmin_age_s(),
        )
        failed = GaugeMetricFamily(
            "hub_tick_job_failures", "Runs of a tick's job that raised.", labels=["job"]
        )
        for name, count in ticks.failures.items():
            failed.add_metric([name], count)
        yield failed

    def _failing(self) -> Iterator[Any]:
        failing = GaugeMetricFamily(
            "hub_consumer_failures", "Attempts in a row that failed.", labels=["consumer", "shard"]
        )
        for row in Checkpoint.objects.filter(failures__gt=0):
            failing.add_metric([row.consumer, str(row.shard)], row.failures)
        yield failing


def _xmin_age_s() -> float:
    """Return how long the oldest writing transaction of this database has been open, in seconds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)"
            " FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_xid IS NOT NULL"
            " AND pid <> pg_backend_pid()"
        )
        return float(cursor.fetchone()[0])
