"""The law: what the events mean does not depend on the order and batches in which they came."""

import random
from uuid import UUID

import driving
import numpy as np
import pytest
import shapely
from driving import CITY, CURB, VAN, ZONE, told
from msgspec import structs

from tracking.rules import fold as folding
from tracking.rules.fold import State, fold, freeze, thaw
from tracking.rules.geography import Area, Geography

TRIP = UUID(int=71)
GROUND = Geography(
    [Area(ZONE, shapely.box(0, -100, 200, 200))],
    [Area(CURB, shapely.LineString([(90, 55), (120, 55)]))],
)


def day(seed):
    """Return a van's events of two hours, in order; ids at random, so that ties fall anyhow."""
    rng = np.random.default_rng(seed)
    events, t = [told("trip.started", 0, trip_id=TRIP)], 0.0

    def reported(step, count, x, dx, speed):
        for k in range(count):
            dy, ex = rng.normal(0, 3, 2)
            at = (t + step * k, float(x + dx * k + ex), float(50 + dy))
            events.append(driving.fix(*at, len(events), speed))

    for stop_id in (UUID(int=72), UUID(int=73)):
        names = {"trip_id": TRIP, "stop_id": stop_id}
        reported(5, 10, -300, 40, 8.0)
        t += 50
        events.append(told("stop.arrived", t, **names))
        reported(60, 12, 100, 0, 0.0)
        t += 700
        events.append(told("delivery.succeeded", t, **names))
        reported(5, 10, 100, -40, 8.0)
        t += 50
        reported(60, 40, -300, 0, 0.0)
        t += 2400
    events.append(told("trip.ended", t, trip_id=TRIP))
    mint = random.Random(seed)
    return [structs.replace(event, event_id=UUID(int=mint.getrandbits(128))) for event in events]


class Runner:
    """The projection of one vehicle without a database."""

    def __init__(self):
        self.state, self.snapshots, self.rows = State(), [], {}
        self.have, self.gone = {}, set()

    def take(self, batch):
        """Take a batch of ("event" | "void", event)."""
        fresh = {event.event_id: event for kind, event in batch if kind == "event"}
        voids = [event for kind, event in batch if kind == "void"]
        self.have |= fresh
        self.gone |= {event.event_id for event in voids}
        events = self.live(fresh.values())
        taken_back = [event.at for event in voids if event.event_id not in fresh]
        back = folding.back_to(self.state.head, [event.key for event in events], taken_back)
        if back is not None:
            events = self.rewind(back)
        folded = fold(thaw(freeze(self.state)), events, GROUND, city_id=CITY, vehicle_id=VAN)
        self.state = folded.state
        self.snapshots += folded.snapshots
        for row_id, row in folded.rows.items():
            self.rows[row_id] = row
            if row is None:
                del self.rows[row_id]

    def live(self, events):
        kept = [event for event in events if event.event_id not in self.gone]
        return sorted(kept, key=lambda event: event.key)

    def rewind(self, back):
        self.snapshots = [snapshot for snapshot in self.snapshots if snapshot[0] < back]
        since = self.snapshots[-1][0] if self.snapshots else None
        self.state = thaw(self.snapshots[-1][1]) if self.snapshots else State()
        old = self.rows.items()
        self.rows = {k: row for k, row in old if since is not None and row.touched_at <= since}
        return [e for e in self.live(self.have.values()) if since is None or e.at > since]

    def tables(self):
        return freeze(self.state), self.snapshots, self.rows


def played(arrived, size):
    runner = Runner()
    for start in range(0, len(arrived), size):
        runner.take(arrived[start : start + size])
    return runner.tables()


@pytest.mark.law
@pytest.mark.parametrize("distance", [0, 3, 40, 400])
def test_any_order_and_any_batches_give_the_tables_of_the_day_in_order(distance):
    for seed in range(30):
        rng = random.Random(seed)
        events = day(seed)
        arrived = [("event", event) for event in events]
        arrived += [("void", events[20]), ("void", events[-40])]
        order = sorted(range(len(arrived)), key=lambda n: n + rng.uniform(0, distance))
        shuffled = [arrived[n] for n in order]
        expected = played(arrived, len(arrived))
        assert played(shuffled, rng.choice([7, 25, 70])) == expected, seed


def test_a_late_event_between_a_snapshot_and_the_event_after_it_leaves_no_trace():
    fixes = [driving.fix(60.0 * n, 0.0, 0.0, n, 0.0) for n in range(130)]
    for late in (59, 60, 61):
        arrived = [("event", event) for event in fixes if event is not fixes[late]]
        arrived.append(("event", fixes[late]))
        expected = played([("event", event) for event in fixes], 1000)
        assert played(arrived, 10) == expected
