"""Figures for Prometheus: requests as they happen, lag and age of transactions when asked."""

import os
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Count, Sum
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily

from foundation import consumers, ticks
from foundation.models import Checkpoint, Rebuild, StoppedSubject

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
        yield from self._stopped()
        yield from self._rebuilds()
        yield GaugeMetricFamily(
            "hub_xmin_age_seconds",
            "Age of the oldest open transaction that holds readers back.",
            value=oldest_transaction()["age_s"],
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

    def _stopped(self) -> Iterator[Any]:
        stopped = GaugeMetricFamily(
            "hub_consumer_stopped_subjects",
            "Vehicles, facilities and others that a consumer cannot go on with.",
            labels=["consumer"],
        )
        counts = StoppedSubject.objects.values_list("consumer").annotate(count=Count("id"))
        found = {consumer.name: 0 for consumer in consumers.registered()} | dict(counts)
        for name, count in found.items():
            stopped.add_metric([name], count)
        yield stopped

    def _rebuilds(self) -> Iterator[Any]:
        done = GaugeMetricFamily(
            "hub_rebuild_subjects", "Subjects that rebuilds under way have done.",
            labels=["consumer"],
        )  # fmt: skip
        rows = Rebuild.objects.filter(finished_at=None).values_list("consumer")
        for name, count in rows.annotate(done=Sum("done")):
            done.add_metric([name], count)
        yield done


def oldest_transaction() -> dict[str, Any]:
    """Return which writing transaction has been open longest, for how many seconds, and whose it
    is; age 0 when there is none.

    Of the whole cluster, since numbers of transactions are: one that is open in another database
    holds readers back as well, and so does one that was prepared and never ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM clock_timestamp() - since), pid, state, name, place FROM ("
            " SELECT xact_start AS since, pid, state, application_name AS name, datname AS place"
            " FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
            " UNION ALL SELECT prepared, NULL, 'prepared', gid, database FROM pg_prepared_xacts"
            ") holders ORDER BY since LIMIT 1"
        )
        row = cursor.fetchone()
    if row is None:
        return {"age_s": 0.0, "pid": None, "state": "", "name": "", "database": ""}
    age, pid, state, name, place = row
    return {"age_s": float(age), "pid": pid, "state": state, "name": name, "database": place}
