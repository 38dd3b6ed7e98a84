"""Workers are processes: they share the shards, and take over from one that was killed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from uuid import UUID

import pytest

from foundation import outbox
from foundation.models import AuditEntry, Checkpoint
from kernel.identifiers import shard_of, uuid7
from tests.factories import TUESDAY

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
CITY = UUID(int=1)
WORKER = """
import time
import django
django.setup()
from foundation import consumers
from foundation.models import AuditEntry
from tests.factories import TUESDAY

class Slow:
    name, stream, topics = "reader", "outbox", frozenset()

    def consume(self, rows, *, as_of):
        for row in rows:
            AuditEntry.objects.create(
                city_id=row.city_id, at=as_of, action="reader", subject=str(row.id)
            )
        print("in the middle", flush=True)
        time.sleep(60)

consumers._consumers.clear()
consumers.register(Slow())
consumers.run_once(as_of=TUESDAY)
"""


class Reader:
    """Writes an audit row per message."""

    name, stream, topics = "reader", "outbox", frozenset()

    def consume(self, rows, *, as_of):
        for row in rows:
            AuditEntry.objects.create(
                city_id=row.city_id, at=as_of, action=self.name, subject=str(row.id)
            )


def address():
    """Return the test's database as a URL."""
    from django.db import connection

    facts = connection.settings_dict
    host, port = str(facts["HOST"]), facts["PORT"]
    login = facts["USER"] + (f":{facts['PASSWORD']}" if facts["PASSWORD"] else "")
    if host.startswith("/"):
        return f"postgis://{login}@/{facts['NAME']}?host={host}" + (f"&port={port}" if port else "")
    return f"postgis://{login}@{host}{f':{port}' if port else ''}/{facts['NAME']}"


def tell(shard):
    key = next(key for key in iter(uuid7, None) if shard_of(key) == shard)
    return outbox.add(city_id=CITY, topic="thing.changed", key=key, payload={}, at=TUESDAY).id


def read():
    rows = AuditEntry.objects.filter(action="reader").order_by("id")
    return [UUID(row.subject) for row in rows]


def test_a_worker_killed_in_mid_batch_leaves_its_shard_to_the_next_one(consumers_of_test):
    consumers_of_test.register(Reader())
    consumers_of_test.backlog()  # makes the checkpoints
    first = [tell(0) for _ in range(3)]
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER)],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": address(),
            "DJANGO_SETTINGS_MODULE": "cityhub.settings",
            "PYTHONPATH": str(ROOT),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stdout.readline().strip() == "in the middle"
        other = tell(1)
        assert consumers_of_test.run_once(as_of=TUESDAY) == 0  # its xid is newer than the worker's
        assert read() == []
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    deadline = time.monotonic() + 20
    while Checkpoint.objects.get(consumer="reader", shard=0).xid == 0:
        consumers_of_test.run_once(as_of=TUESDAY)
        assert time.monotonic() < deadline, "nobody took over"
    while consumers_of_test.run_once(as_of=TUESDAY):
        pass
    assert sorted(read()) == sorted([*first, other])
