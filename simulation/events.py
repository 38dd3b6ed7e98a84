"""What carriers tell of the day: canonical events, with lateness, repetition and noise."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from simulation import motion
from simulation.ground import Plane
from simulation.tour import StopDone, Tour, Trip

LATE_EVENTS = 1000
DUPLICATES = 500
ACCURACY_M = 8.0


@dataclass
class Told:
    """An event and when it is sent, in seconds of the day."""

    send_at: float
    occurred: float
    vehicle: str
    carrier: str
    body: dict[str, Any]
    late: bool = False


class Teller:
    """Turns tours into events. Ids, noise and lateness come from the seed."""

    def __init__(
        self,
        *,
        plane: Plane,
        at: Callable[[float], datetime],
        carrier_ids: dict[str, str],
        depots: dict[str, str],
        bay_ids: dict[str, str],
    ) -> None:
        self._plane = plane
        self._at = at
        self._carriers = carrier_ids
        self._depots = depots
        self._bays = bay_ids
        self._sequence: dict[str, int] = {}

    def tell(self, tour: Tour, start: float, end: float, rng: np.random.Generator) -> list[Told]:
        """All events of a tour in [start, end), in the order in which they happened."""
        found: list[tuple[float, int, str, dict[str, Any]]] = []
        for trip in tour.trips:
            found += self._scans(tour, trip)
            found += self._fixes(tour, trip, start, end, rng)
        for stop in tour.stops:
            found += self._stop(stop)
        for begun, done in tour.pauses:
            trip = next(t for t in tour.trips if t.start <= begun < t.end)
            trip_id = {"trip_id": f"ref:{trip.ref}"}
            found += [(begun, 5, "trip.paused", trip_id), (done, 1, "trip.resumed", trip_id)]
        found = [one for one in found if start <= one[0] < end]
        found.sort(key=lambda one: (one[0], one[1]))
        return [self._told(tour, t, kind, more, rng) for t, _, kind, more in found]

    def _told(
        self, tour: Tour, t: float, kind: str, more: dict[str, Any], rng: np.random.Generator
    ) -> Told:
        ref = tour.vehicle.ref
        seq = self._sequence.get(ref, 0)
        self._sequence[ref] = seq + 1
        body = {
            "schema_version": "1.0",
            "event_id": str(UUID(bytes=rng.bytes(16), version=4)),
            "event_type": kind,
            "classifier": "actual",
            "carrier_id": self._carriers[tour.vehicle.carrier],
            "occurred_at": self._at(t).isoformat(timespec="milliseconds"),
            "clock": {"source": "gnss", "session_id": f"{ref}-day", "seq": seq},
            "vehicle": {"vehicle_id": f"ref:{ref}"},
            **more,
        }
        return Told(t, t, ref, tour.vehicle.carrier, body)

    def _scans(self, tour: Tour, trip: Trip) -> Iterator[tuple[float, int, str, dict[str, Any]]]:
        """Gate, dock and load scans, then the trip itself."""
        depot = {"facility_id": f"ref:{self._depots[tour.vehicle.carrier]}"}
        trip_id = {"trip_id": f"ref:{trip.ref}"}
        units = sum(stop.trip == trip.ref for stop in tour.stops) + 3
        counted = {
            "units_expected": units,
            "units_counted": units,
            "place": {"station_id": self._depots[tour.vehicle.carrier]},
        }
        begin, start = trip.gate_in, trip.start
        yield begin, 0, "station.gate_in", {**depot, **trip_id}
        yield begin + 120, 0, "station.dock_arrival", {**depot, **trip_id}
        yield begin + 200, 0, "station.load_started", {**depot, **trip_id}
        yield start - 150, 0, "station.load_verified", {**depot, **trip_id, **counted}
        yield start - 90, 0, "station.dock_departure", {**depot, **trip_id}
        yield start - 30, 0, "station.gate_out", {**depot, **trip_id}
        yield start, 0, "trip.started", trip_id
        if trip.end < float("inf"):
            yield trip.end, 9, "trip.ended", trip_id

    def _fixes(
        self, tour: Tour, trip: Trip, start: float, end: float, rng: np.random.Generator
    ) -> Iterator[tuple[float, int, str, dict[str, Any]]]:
        """Positions from the start of the trip to its end, within [start, end)."""
        first, last = max(trip.start, start), min(trip.end, tour.now, end)
        if first >= last:
            return
        times = motion.report_times(first, last, tour.driven, tour.gaps)
        steady = frozenset(round(t, 1) for gap in tour.gaps for t in gap)
        kept = [t for t in times if t < end]
        for fix in motion.fixes(tour.track, kept, rng, steady=steady):
            lng, lat = self._plane.to_wgs84(*fix.point)
            place: dict[str, Any] = {
                "lat": round(lat, 7),
                "lng": round(lng, 7),
                "accuracy_m": ACCURACY_M,
                "speed_mps": round(fix.speed_mps, 2),
            }
            if fix.heading_deg is not None:
                place["heading_deg"] = round(fix.heading_deg, 1) % 360.0
            more = {"place": place, "trip_id": f"ref:{trip.ref}"}
            yield fix.t, 3, "telemetry.position", more

    def _stop(self, stop: StopDone) -> Iterator[tuple[float, int, str, dict[str, Any]]]:
        ids: dict[str, Any] = {
            "trip_id": f"ref:{stop.trip}",
            "stop_id": f"ref:{stop.stop}",
            "stop_seq": stop.seq,
        }
        at_bay = (
            {"place": {"curb_zone_id": self._bays[stop.bay]}} if stop.bay and stop.booking else {}
        )
        yield stop.arrived, 4, "stop.arrived", {**ids, **at_bay}
        yield stop.arrived + 20, 4, "stop.service_started", ids
        if stop.succeeded:
            yield stop.departed - 15, 4, "delivery.succeeded", ids
        else:
            outcome = {"outcome": {"status": "failed", "reason": "recipient_absent"}}
            yield stop.departed - 15, 4, "delivery.failed", {**ids, **outcome}
        yield stop.departed, 2, "stop.departed", ids

    def skipped(
        self, tour: Tour, trip: str, stop: str, seq: int, t: float, rng: np.random.Generator
    ) -> Told:
        """A stop that the new plan leaves out, told when the driver learns of it."""
        more = {"trip_id": f"ref:{trip}", "stop_id": f"ref:{stop}", "stop_seq": seq}
        return self._told(tour, t, "stop.skipped", more, rng)


def hold_back(told: Sequence[Told], planned: frozenset[str], rng: np.random.Generator) -> int:
    """Let stretches of events arrive hours late, as from a van without a connection.

    1,000 events in all, in stretches of one vehicle between 6:30 and 15:00, sent two to five hours
    after they happened; those of planned vehicles before 8:00 and before noon's new plans. Returns
    how many.
    """
    by_vehicle: dict[str, list[Told]] = {}
    for one in told:
        by_vehicle.setdefault(one.vehicle, []).append(one)
    names = sorted(by_vehicle)
    left = LATE_EVENTS
    for i in rng.permutation(len(names)):
        name = names[int(i)]
        begin = float(rng.uniform(6.5, 7.5 if name in planned else 12.5)) * 3600
        length = float(rng.uniform(900, 2400))
        stretch = [e for e in by_vehicle[name] if begin <= e.occurred < begin + length][:left]
        delay = float(rng.uniform(2.0, 3.4 if name in planned else 5.0)) * 3600
        for one in stretch:
            one.late = True
            one.send_at = begin + length + delay
            one.body["clock"]["captured_offline"] = True
        left -= len(stretch)
        if left == 0:
            break
    return LATE_EVENTS - left


def repeat(told: Sequence[Told], rng: np.random.Generator) -> list[Told]:
    """500 events that are sent a second time, in the same batch or up to two hours later."""
    chosen = rng.choice(len(told), size=min(DUPLICATES, len(told)), replace=False)
    again = []
    for i in sorted(chosen.tolist()):
        one = told[i]
        delay = 0.0 if rng.random() < 0.2 else float(rng.uniform(300, 7200))
        again.append(Told(one.send_at + delay, one.occurred, one.vehicle, one.carrier, one.body))
    return again
