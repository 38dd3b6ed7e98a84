"""A working day as carriers tell it, deterministic by its seed.

Each vehicle is loaded at its station, drives into the zones, stands at the curb, delivers, drives
out, and once more. Fixes scatter, some lie far off; a clock is wrong and says so; contact is lost
and what happened meanwhile comes in one burst; parcels go through a locker that no vehicle
reports. Some events are voided: with and without a replacement, the void itself voided, and one
whose target never comes.
"""

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from tests.factories import TUESDAY
from tests.integration.laws.world import CURB, World, lnglat

SPEED_MPS = 8.0
FIX_EVERY_S = 10.0
PAUSE_S = 3000.0
"""How long nothing is reported between two tours: long enough that an hour is full."""
LOST_S = 900.0
"""From when contact is lost after the first stop until it is back."""


@dataclass
class Sent:
    """One event as its sender tells it, and when it would reach the platform by itself."""

    sender: int
    body: dict[str, Any]
    arrives_s: float

    @property
    def event_id(self) -> str:
        return str(self.body["event_id"])


@dataclass
class Diary:
    """What one vehicle and its people tell."""

    seed: int
    sender: int
    vehicle: Any
    rng: Any
    begins_s: float = 0.0
    skew_s: float = 0.0
    told: list[Sent] = field(default_factory=list)
    offline_until: float | None = None

    def note(self, t: float, kind: str, vehicle: bool = True, **members: Any) -> Sent:
        """Tell an event that happened `t` seconds after the day began."""
        number = len(self.told)
        name = f"{self.seed} {self.vehicle.ref} {number}"
        clock: dict[str, Any] = {"source": "device", "session_id": "day", "seq": number}
        if self.skew_s:
            clock["skew_ms"] = round(self.skew_s * 1000)
        if self.offline_until is not None:
            clock["captured_offline"] = True
        body = {
            "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            "event_type": kind,
            "classifier": "actual",
            "carrier_id": str(self.vehicle.organisation_id),
            "occurred_at": self.at(t + self.skew_s),
            "clock": clock,
            **members,
        }
        if vehicle:
            body["vehicle"] = {"vehicle_id": f"ref:{self.vehicle.ref}"}
        delay = float(self.rng.exponential(20.0))
        known_s = self.offline_until if self.offline_until is not None else t
        sent = Sent(self.sender, body, self.begins_s + known_s + delay)
        self.told.append(sent)
        return sent

    def at(self, t: float) -> str:
        """Return an instant of the day as text."""
        return (TUESDAY + timedelta(seconds=self.begins_s + t)).isoformat()

    def fix(self, t: float, x: float, y: float, speed: float | None) -> None:
        """Tell a position with 4 m of noise; one of thirty lies 60 m off, one is a cell tower's."""
        dx, dy = self.rng.normal(0, 4, 2)
        place: dict[str, Any] = {"accuracy_m": 8.0}
        fate = self.rng.integers(0, 30)
        if fate == 0:
            dy += 60
        elif fate == 1:
            place["accuracy_m"] = 400.0
        lng, lat = lnglat(x + dx, y + dy)
        place |= {"lng": round(lng, 7), "lat": round(lat, 7)}
        if speed is not None:
            place["speed_mps"] = speed
        self.note(t, "telemetry.position", place=place)

    def drive(self, t: float, points: list[tuple[float, float]]) -> float:
        """Tell a drive; return when it ends. Some vehicles do not say how fast they are."""
        says_speed = self.rng.random() < 0.8
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            length = float(np.hypot(x1 - x0, y1 - y0))
            for s in np.arange(0, length / SPEED_MPS, FIX_EVERY_S):
                share = s * SPEED_MPS / length
                x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
                self.fix(t + float(s), x, y, SPEED_MPS if says_speed else None)
            t += length / SPEED_MPS
        return t

    def stand(self, t: float, x: float, y: float, seconds: float) -> float:
        """Tell fixes once a minute of a vehicle that stands; return when it goes on."""
        for s in np.arange(0, seconds, 60.0):
            self.fix(t + float(s), x, y, 0.0)
        return t + seconds

    def void(self, target: Sent, t: float, **members: Any) -> Sent:
        """Tell that an event did not happen as told."""
        voids = {"event_id": target.event_id, "reason": "incorrect_data", **members}
        return self.note(t, "event.voided", vehicle=False, voids=voids)


def day(
    world: World, seed: int, *, stops: int = 2, vehicles: int = 2, begins_s: float = 0.0
) -> list[Sent]:
    """Return a day in the order in which it happened; it begins so many seconds after TUESDAY.

    `stops` per vehicle, and `vehicles` of each sender at most.
    """
    told: list[Sent] = []
    for number, sender in enumerate(world.senders):
        for place, vehicle in enumerate(sender.vehicles[:vehicles]):
            rng = np.random.default_rng([seed, number, place])
            diary = Diary(seed, number, vehicle, rng, begins_s)
            diary.skew_s = float(rng.choice([0.0, 0.0, 5.0, 95.0, -140.0]))
            _work(diary, sender, world, stops)
            told += diary.told
    return sorted(told, key=lambda one: (one.body["occurred_at"], one.event_id))


def _work(diary: Diary, sender: Any, world: World, stops: int) -> None:
    rng = diary.rng
    t = _loaded(diary, sender, float(rng.integers(0, 600)))
    trip = {"trip_id": f"ref:trip-{diary.vehicle.ref}"}
    diary.note(t, "trip.started", **trip)
    for number in range(stops):
        named = trip | {"stop_id": f"ref:{diary.vehicle.ref}-s{number + 1}"}
        eta = diary.at(t + 60)
        diary.note(t, "stop.eta_updated", **named, eta=eta, classifier="projected")
        t = diary.drive(t, [(-240, 50), (100, 50)])
        if number == 0 and rng.random() < 0.6:
            diary.note(t, "telemetry.comms_lost")
            diary.offline_until = t + LOST_S
        t = _stopped(diary, world, t, named)
        t = diary.drive(
            t, [(100, 50), (420, 50)] if rng.random() < 0.5 else [(100, 50), (-240, 60)]
        )
        if diary.offline_until is not None:
            t = max(t, diary.offline_until)
            diary.offline_until = None
            diary.note(t, "telemetry.comms_restored")
        t = diary.stand(t, -240, 60, 240) + PAUSE_S
    if rng.random() < 0.8:
        diary.note(t, "trip.ended", **trip)
    _parcels(diary, sender, t)
    _corrections(diary, t)


def _loaded(diary: Diary, sender: Any, t: float) -> float:
    """Tell the scans at the station; now and then one is missing or comes out of sequence."""
    station = {"facility_id": str(sender.station.id), "trip_id": f"ref:trip-{diary.vehicle.ref}"}
    count = {"units_expected": 12, "units_counted": 12 - int(diary.rng.random() < 0.3)}
    verified = count | {"place": {"station_id": "ref:station"}}
    scans: list[tuple[str, dict[str, Any]]] = [
        ("station.gate_in", {}),
        ("station.dock_arrival", {}),
        ("station.load_started", {}),
        ("station.load_verified", verified),
        ("station.dock_departure", {}),
        ("station.gate_out", {}),
    ]
    if diary.rng.random() < 0.3:
        del scans[int(diary.rng.integers(0, len(scans)))]
    for kind, members in scans:
        diary.note(t, kind, **station, **members)
        t += float(diary.rng.integers(0, 4)) * 60.0  # some scans share their second
    return t


def _stopped(diary: Diary, world: World, t: float, named: dict[str, str]) -> float:
    """Tell a stop at the curb; return when the vehicle leaves."""
    rng = diary.rng
    curb = {"place": {"curb_zone_id": str(world.curb_zone.id)}}
    declares = rng.random() < 0.5
    diary.note(t, "stop.arrived", **named)
    if declares:
        diary.note(t + 20, "curb.checked_in", **curb)
    until = diary.stand(t, CURB[0] + 10, CURB[1] - 5, float(rng.integers(3, 9)) * 60.0)
    if declares:
        diary.note(until - 5, "curb.checked_out", **curb)
    if rng.random() < 0.7:
        diary.note(until - 30, "delivery.succeeded", **named)
    else:
        outcome = {"status": "failed", "reason": "recipient_absent"}
        diary.note(until - 30, "delivery.failed", **named, outcome=outcome)
    diary.note(until, "stop.departed", **named)
    return until


def _parcels(diary: Diary, sender: Any, t: float) -> None:
    """Tell of a parcel in the locker and of a cage at the station: no vehicle is named."""
    unit = {"units": [{"id": f"P-{diary.vehicle.ref}", "scheme": "carrier"}]}
    locker = unit | {"place": {"ooh_point_id": "ref:locker", "compartment": "A1"}}
    kinds = ["ooh.deposited", "ooh.ready", str(diary.rng.choice(["ooh.collected", "ooh.expired"]))]
    for number, kind in enumerate(kinds):
        diary.note(t + 600.0 * number, kind, vehicle=False, **locker)
    diary.note(
        t + 30, "custody.handed_over", vehicle=False, facility_id=str(sender.station.id), **unit
    )


def _corrections(diary: Diary, t: float) -> None:
    """Void some of it."""
    rng, told = diary.rng, list(diary.told)
    chosen = [told[int(n)] for n in rng.choice(len(told), size=5, replace=False)]
    first, second, third, fourth, fifth = chosen
    diary.void(first, t + 60)
    replacement = {name: value for name, value in second.body.items() if name not in _OWN}
    kind = replacement.pop("event_type")
    has_vehicle = replacement.pop("vehicle", None) is not None
    again = diary.note(t, kind, vehicle=has_vehicle, **replacement)
    again.body["occurred_at"] = second.body["occurred_at"]
    again.body["clock"] = second.body["clock"]  # the same instant: the same skew
    diary.void(second, t + 90, replaced_by=[again.event_id])
    diary.void(diary.void(third, t + 120), t + 150)  # a void that is itself taken back
    diary.void(fourth, t + 180)
    diary.void(fourth, t + 200)  # the same event, twice
    stranger = Sent(diary.sender, {"event_id": str(uuid.UUID(int=diary.seed * 99 + 7))}, 0.0)
    diary.void(stranger, t + 210)  # a target that never comes
    for one in diary.told[len(told) :]:
        if rng.random() < 0.4:
            one.arrives_s = 0.0  # before its target
    fifth.arrives_s += 7200.0


_OWN = ("event_id", "clock", "carrier_id", "occurred_at")
