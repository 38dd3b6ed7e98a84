"""Projections: events per second through all consumers on one worker, lag, growth of memory.

    ./hub bench projections [--json] [--vans 1000] [--events 200000] [--seconds 60] [--rate 2000]
    ./hub bench projections --endurance [--json]      (its own run: 5 million events)

The log is filled with the traffic of `_traffic`, then one worker runs every consumer of both
streams until nothing is left. The lag is measured while another process sends, from the instant
of receipt of an event until the worker has committed what it means; 10,000 vans report then.
"""

import argparse
import json
import os
import sys
from datetime import timedelta
from multiprocessing import get_context
from time import perf_counter, process_time, sleep
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
django.setup()

from django.db import connection, connections
from prometheus_client import REGISTRY

from benchmarks import _traffic
from foundation import consumers, memory
from kernel.clock import wall

LIVE_VANS = 10_000


def say(text: str) -> None:
    """Print a line for people."""
    print(text, file=sys.stderr, flush=True)


def fill(town: Any, source: Any, count: int) -> Any:
    """Send at least `count` events; return the domain time of the last."""
    sent, at = 0, _traffic.START
    while sent < count:
        body, at = next(source)
        sent += _traffic.send(town, body, at)
    return at


def settle() -> None:
    """Have statistics of the filled tables, as a running database has."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def drain(as_of: Any) -> None:
    """Run every consumer until nothing is left."""
    while consumers.run_once(as_of=as_of):
        pass


def throughput(vans: int, events: int) -> dict[str, float]:
    """Return events per second and CPU per event through all consumers on one worker."""
    town = _traffic.town(vans)
    source = _traffic.events(town)
    say(f"sending {events:,} events of {vans:,} vans")
    warm = fill(town, source, 20_000)
    drain(warm)
    at = fill(town, source, events)
    settle()
    fixes, matched = _figures()
    say("one worker reads them")
    begun, cpu = perf_counter(), process_time()
    drain(at)
    seconds, spent = perf_counter() - begun, process_time() - cpu
    told, hit = _figures()
    return {
        "events_per_s": round(events / seconds),
        "cpu_us_per_event": round(spent / events * 1e6, 1),
        "matched_share": round((hit - matched) / max(told - fixes, 1), 4),
    }


def _figures() -> tuple[float, float]:
    named = ("hub_fixes_total", "hub_fixes_matched_total")
    values = [REGISTRY.get_sample_value(name) or 0.0 for name in named]
    return values[0], values[1]


class Timed:
    """A consumer that notes how long after receipt the worker took up each event."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.name, self.stream = inner.name, inner.stream
        self.topics = getattr(inner, "topics", frozenset())
        self.open: list[Any] = []
        self.lags: list[float] = []

    def consume(self, rows: Any, *, as_of: Any) -> None:
        self.close()  # the batch before is committed
        self.inner.consume(rows, as_of=as_of)
        self.open = [row.received_at for row in rows]

    def close(self) -> None:
        moment = wall()
        self.lags += [(moment - at).total_seconds() for at in self.open]
        self.open = []


def lag(seconds: int, rate: int, vans: int = LIVE_VANS) -> dict[str, float]:
    """Return the lag of events while another process sends at a rate."""
    town = _traffic.town(vans)
    source = _traffic.events(town, batch=rate // 10, start=wall() - timedelta(minutes=10))
    drain(fill(town, source, 3 * vans))  # every van is known
    settle()
    say(f"{rate:,} events/s of {vans:,} vans for {seconds} s, one worker")
    bodies = [next(source)[0] for _ in range(seconds * 10)]
    connections.close_all()
    context = get_context("fork")
    late = context.Queue()
    sender = context.Process(target=_send, args=(town, bodies, late))
    sender.start()
    timed = Timed(next(c for c in consumers.registered() if c.stream == "events"))
    chosen = [timed if c.name == timed.name else c for c in consumers.registered()]
    cpu, begun = process_time(), perf_counter()
    while sender.is_alive() or consumers.backlog():
        if not consumers.run_once(as_of=wall(), consumers=chosen):
            sleep(0.02)
        timed.close()
    ordered = sorted(timed.lags)
    return {
        "lag_p50_s": round(ordered[len(ordered) // 2], 3),
        "lag_p99_s": round(ordered[int(len(ordered) * 0.99)], 3),
        "lag_max_s": round(ordered[-1], 3),
        "lag_worker_cpu": round((process_time() - cpu) / (perf_counter() - begun), 2),
        "sender_late_s": round(late.get(), 2),
    }


def _send(town: Any, bodies: list[bytes], late: Any) -> None:
    """Send ten batches a second; tell how far behind that the sender fell."""
    connections.close_all()
    begun, behind = perf_counter(), 0.0
    for number, body in enumerate(bodies):
        pause = begun + number / 10 - perf_counter()
        behind = max(behind, -pause)
        if pause > 0:
            sleep(pause)
        _traffic.send(town, body, wall())
    connections.close_all()
    late.put(behind)


def endurance(vans: int, start: int = 500_000, end: int = 5_000_000) -> dict[str, float]:
    """Return how much the worker's memory grew between two numbers of events."""
    town = _traffic.town(vans)
    source = _traffic.events(town)
    done, at_start, chunk, begun = 0, 0.0, 100_000, perf_counter()
    while done < end:
        drain(fill(town, source, chunk))
        done += chunk
        rss = _rss_mb()
        if done == start:
            at_start = rss
        say(
            f"{done:>9,} events, {rss:.1f} MB, {done / (perf_counter() - begun):,.0f}/s with intake"
        )
    return {"rss_start_mb": round(at_start, 1), "rss_growth_mb": round(_rss_mb() - at_start, 1)}


def _rss_mb() -> float:
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main(arguments: list[str]) -> None:
    """Run the benchmark and print its figures; the last line is the JSON."""
    parser = argparse.ArgumentParser(prog="./hub bench projections")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object at the end")
    parser.add_argument(
        "--endurance", action="store_true", help="growth of memory, a run by itself"
    )
    parser.add_argument("--vans", type=int, default=1000)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=int, default=2000)
    wanted = parser.parse_args(arguments)
    memory.settle()  # as the worker does
    if wanted.endurance:
        figures = endurance(wanted.vans)
    else:
        figures = throughput(wanted.vans, wanted.events)
        if wanted.seconds:
            figures |= lag(wanted.seconds, wanted.rate)
    for name, value in figures.items():
        print(f"{name:<20}{value:,}")
    if wanted.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
