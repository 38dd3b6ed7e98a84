"""The law: what the events mean does not depend on the order and batches in which they came."""

import random
from datetime import timedelta
from uuid import UUID

import driving
import numpy as np
import pytest
import shapely
from driving import CITY, CURB, VAN, ZONE, told
from msgspec import structs

from tracking.rules import facilities
from tracking.rules import fold as folding
from tracking.rules.fold import State, fold, freeze, thaw
from tracking.rules.geography import Area, Geography
from tracking.rules.told import CurbReport, Lapse, Reference, StationVisit, UnitAt, Visit

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
    events = sorted([*events, *service(rng, t)], key=lambda event: event.at)
    if seed % 2:  # twenty minutes without a word
        start = driving.after(float(rng.uniform(1000, 5000)))
        quiet = (start, start + timedelta(minutes=20))
        events = [event for event in events if not quiet[0] < event.at < quiet[1]]
    mint = random.Random(seed)
    return [structs.replace(event, event_id=UUID(int=mint.getrandbits(128))) for event in events]


def service(rng, end):
    """Return what is said of the same trip beside its course: scans, units, losses of contact,
    and whatever should not be, at random."""
    found, units = [], [f"sscc:{n}" for n in range(6)]
    for n in range(int(rng.integers(0, 3))):
        lost = float(rng.uniform(0, end))
        found.append(told("telemetry.comms_lost", lost, n))
        found.append(told("telemetry.comms_restored", lost + float(rng.uniform(0, 1500)), n))
    for n, step in enumerate(("gate_in", "load_verified", "load_mismatch", "gate_out")):
        counts = {"units_expected": 5, "units_counted": int(rng.integers(4, 6))}
        members = {"trip_id": TRIP, "facility_id": DEPOT, "units": tuple(units[:5])} | counts
        found.append(told(f"station.{step}", float(rng.uniform(-900, 60)), n, **members))
    for n in range(40):
        name = str(rng.choice(WORDS))
        members = {}
        if name.startswith(("stop.", "delivery.", "pickup.")):
            members["stop_id"] = UUID(int=int(rng.integers(72, 76)))
            members["stop_seq"] = int(rng.integers(1, 9))
        if name == "stop.arrived":
            members["window_end_at"] = driving.after(float(rng.uniform(0, end)))
        if name.startswith(("delivery.", "pickup.")):
            members["units"] = tuple(str(unit) for unit in rng.choice(units, 2, replace=False))
        if name == "curb.blocked":
            members["unknown"] = (("curb", "nowhere"),)
        if not name.startswith(("telemetry.", "curb.")):
            members["trip_id"] = TRIP
        found.append(told(name, float(rng.uniform(0, end)), n, **members))
    return found


DEPOT = UUID(int=80)
WORDS = (
    "stop.approaching", "stop.arrived", "stop.service_started", "stop.departed", "stop.skipped",
    "delivery.attempted", "delivery.succeeded", "delivery.failed", "pickup.succeeded",
    "trip.paused", "trip.resumed", "curb.blocked", "curb.claimed",
)  # fmt: skip


class Vehicle:
    """How a vehicle is folded."""

    begun, thaw = State, staticmethod(thaw)

    @staticmethod
    def fold(state, events):
        return fold(state, events, GROUND, city_id=CITY, vehicle_id=VAN)


class Locker:
    """How a facility is folded."""

    begun, thaw = facilities.Shelf, staticmethod(facilities.thaw)

    @staticmethod
    def fold(state, events):
        return facilities.fold(state, events, city_id=CITY, facility_id=DEPOT)


STREETS = driving.Straight([(-300, 50), (500, 50)], [(-300, 206), (500, 206)])
EDGES = Geography([Area(ZONE, shapely.box(0, -100, 200, 200))], streets=STREETS)


def edge_day(seed):
    """Return a van's drives there and back: along a street 6 m outside the zone, and through it on
    one whose fixes are too coarse to be clear; it stands at the edge in between."""
    rng, events, t = np.random.default_rng(seed), [], 0.0
    for y, sigma in ((206, 12), (50, 40), (206, 12), (206, 12)):
        for x in range(-250, 451, 20):
            dx, dy = rng.normal(0, sigma, 2)
            place = (t, float(x + dx), float(y + dy), len(events), 6.0)
            events.append(structs.replace(driving.fix(*place), accuracy_m=float(sigma)))
            t += 4
        for _ in range(30):
            dx, dy = rng.normal(0, sigma, 2)
            place = (t, float(100 + dx), float(206 + dy), len(events), 0.0)
            events.append(structs.replace(driving.fix(*place), accuracy_m=float(sigma)))
            t += 60
    return events


class AtTheEdge(Vehicle):
    """How a vehicle is folded where streets have to decide."""

    @staticmethod
    def fold(state, events):
        return fold(state, events, EDGES, city_id=CITY, vehicle_id=VAN)


class Runner:
    """The projection of one subject without a database."""

    def __init__(self, kind=Vehicle):
        self.kind, self.state, self.snapshots, self.rows = kind, kind.begun(), [], {}
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
        folded = self.kind.fold(self.kind.thaw(freeze(self.state)), events)
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
        kind, last = self.kind, self.snapshots[-1:]
        self.state = kind.thaw(last[0][1]) if last else kind.begun()
        old = self.rows.items()
        self.rows = {k: row for k, row in old if since is not None and row.touched_at <= since}
        self.rows |= {row.id: row for row in self.state.held() if row.id in dict(old)}
        return [e for e in self.live(self.have.values()) if since is None or e.at > since]

    def tables(self):
        return freeze(self.state), self.snapshots, self.rows


def played(arrived, size, kind=Vehicle):
    runner = Runner(kind)
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


@pytest.mark.law
@pytest.mark.parametrize("distance", [3, 40, 400])
def test_what_is_matched_at_a_zones_edge_does_not_depend_on_arrival_either(distance):
    STREETS.asked.clear()
    through = 0
    for seed in range(3):
        rng = random.Random(seed)
        events = edge_day(seed)
        arrived = [("event", event) for event in events]
        arrived += [("void", events[30]), ("void", events[-50])]
        order = sorted(range(len(arrived)), key=lambda n: n + rng.uniform(0, distance))
        shuffled = [arrived[n] for n in order]
        expected = played(arrived, len(arrived), AtTheEdge)
        through += sum(isinstance(row, Visit) for row in expected[2].values())
        assert played(shuffled, rng.choice([25, 70]), AtTheEdge) == expected, seed
    assert len(STREETS.asked) > 6  # much was in doubt
    assert 1 <= through <= 3  # of a day, the way through at most, never a way along


@pytest.mark.law
def test_a_late_event_between_a_snapshot_and_the_event_after_it_leaves_no_trace():
    fixes = [driving.fix(60.0 * n, 0.0, 0.0, n, 0.0) for n in range(130)]
    for late in (59, 60, 61):
        arrived = [("event", event) for event in fixes if event is not fixes[late]]
        arrived.append(("event", fixes[late]))
        expected = played([("event", event) for event in fixes], 1000)
        assert played(arrived, 10) == expected


@pytest.mark.law
def test_the_days_of_the_law_have_rows_and_exceptions_of_every_kind():
    rows = [row for seed in range(20) for row in played(told_day(day(seed)), 1000)[2].values()]
    kinds = {row.kind for row in rows if isinstance(row, Lapse)}
    expected = {"late", "out_of_sequence", "dwell_spike", "missing_scan", "misload"}
    assert kinds == expected | {"silent_vehicle"}
    assert {StationVisit, CurbReport, Reference} <= {type(row) for row in rows}


def told_day(events):
    return [("event", event) for event in events]


def locker_day(seed):
    """Return a locker's events of a day in order, from its operator and two carriers."""
    rng = random.Random(seed)
    events = []
    for number in range(150):
        sender = rng.choice([OPERATOR, UUID(int=92), UUID(int=93)])
        members = {
            "units": tuple(rng.sample(["sscc:1", "sscc:2", "sscc:3"], rng.randint(1, 2))),
            "sender_id": sender,
            "facility_id": DEPOT,
            "of_operator": sender == OPERATOR,
        }
        word = rng.choice(["deposited", "deposited", "ready", "collected", "expired", "rejected"])
        event_type = f"ooh.{word}" if rng.random() < 0.9 else "custody.handed_over"
        events.append(told(event_type, rng.uniform(0, 80_000), number, **members))
    return sorted(events, key=lambda event: event.key)


OPERATOR = UUID(int=91)


@pytest.mark.law
def test_the_order_batches_and_voids_of_arrival_leave_no_trace_at_a_facility():
    for seed in range(60):
        rng = random.Random(seed)
        events = locker_day(seed)
        arrived = told_day(events) + [("void", event) for event in rng.sample(events, 10)]
        expected = played(arrived, len(arrived), Locker)
        assert any(isinstance(row, UnitAt) for row in expected[2].values())
        distance = rng.choice([3, 40, 400])
        order = sorted(range(len(arrived)), key=lambda n: n + rng.uniform(0, distance))
        shuffled = [arrived[n] for n in order]
        assert played(shuffled, rng.choice([7, 25, 70]), Locker) == expected, seed
