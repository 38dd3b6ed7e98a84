"""Plays the composed day at the doors of the hub: everything goes through its HTTP API."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from simulation import events, fleet, races, rulebook
from simulation.agenda import Agenda
from simulation.client import Client, Unexpected
from simulation.day import City, Day
from simulation.events import Teller, Told
from simulation.ground import Point
from simulation.tour import BookingWish, Tour

OPENING = 5.0 * 3600
GRID_S = 300.0
FLUSH_S = 900.0
CITY_CLIENT = "city-rules"


@dataclass
class Figures:
    """What the day's own books say was sent and answered."""

    events_sent: int = 0
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    duplicates_sent: int = 0
    late_events: int = 0
    bookings_confirmed: int = 0
    bookings_refused: int = 0
    races: int = 0
    race_surprises: list[str] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)


def _grid(t: float, every: float = GRID_S) -> float:
    """The next instant of a grid after t."""
    return every * (int(t // every) + 1)


class Stage:
    """The day in play: clients, ids that the hub gave, the queue of events."""

    def __init__(
        self,
        *,
        day: Day,
        city: City,
        clients: Mapping[str, Client],
        at: Callable[[float], datetime],
        say: Callable[[str], None],
    ) -> None:
        self.day, self.city, self.clients, self.at, self.say = day, city, clients, at, say
        self.agenda = Agenda()
        self.figures = Figures()
        self.tours = {tour.vehicle.ref: tour for tour in day.tours}
        self.organisations: dict[str, str] = {}
        self.vehicle_ids: dict[str, str] = {}
        self.refs: dict[str, str] = {}
        self.zone_ids: dict[str, str] = {}
        self.bay_ids: dict[str, str] = {}
        self._bookings: dict[str, dict[str, Any]] = {}
        self._queue: list[Told] = []
        self._pool = ThreadPoolExecutor(max_workers=4)
        self._seeds = np.random.SeedSequence([day.seed, 7]).spawn(8)
        self.teller: Teller

    def rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng(self._seeds[number])

    def iso(self, t: float) -> str:
        return self.at(t).isoformat()

    def lnglat(self, point: Point) -> dict[str, float]:
        lng, lat = self.city.plane.to_wgs84(*point)
        return {"lng": round(lng, 7), "lat": round(lat, 7)}

    # -- before the first vehicle moves

    def open(self) -> None:
        """Register facilities, vehicles, permits and mandates, publish routes, plan the day."""
        for name, client in self.clients.items():
            self.organisations[name] = client.get("/api/v1/me")["organisation"]["id"]
        public = self.clients[CITY_CLIENT]
        for zone in public.get("/api/v1/zones")["features"]:
            self.zone_ids[zone["properties"]["code"]] = zone["properties"]["id"]
        for bay in public.get("/api/v1/curb-zones")["features"]:
            self.bay_ids[bay["properties"]["code"]] = str(bay["properties"].get("id") or bay["id"])
        for carrier in fleet.CARRIERS:
            self.clients[carrier.code].post(
                "/api/v1/facilities",
                {
                    "kind": "depot",
                    "name": carrier.depot_name,
                    "ref": carrier.depot,
                    "location": self.lnglat(carrier.at),
                },
            )
        self._register_vehicles()
        self._issue_permits()
        self._give_mandates()
        self.teller = Teller(
            plane=self.city.plane,
            at=self.at,
            carrier_ids=self.organisations,
            depots={carrier.code: carrier.depot for carrier in fleet.CARRIERS},
            bay_ids=self.bay_ids,
        )
        self._publish_routes()
        self._queue_events()
        self._plan_bookings()
        self._plan_races()

    def _register_vehicles(self) -> None:
        for tour in self.day.tours:
            vehicle = tour.vehicle
            facts = vehicle.facts
            body: dict[str, Any] = {
                "ref": vehicle.ref,
                "category": facts.category,
                "body": vehicle.body,
                "fuels": [facts.fuel],
                "gross_weight_kg": facts.gross_kg,
                "length_m": facts.length_m,
                "capacity_units": vehicle.capacity_units,
                "shift_start_min": 300,
                "shift_end_min": 1080,
            }
            if facts.euro:
                body["euro_class"] = facts.euro
            if vehicle.plate:
                body["plate"] = vehicle.plate
            made = self.clients[vehicle.carrier].post("/api/v1/vehicles", body)
            self.vehicle_ids[vehicle.ref] = made["id"]
            self.refs[made["id"]] = vehicle.ref

    def _issue_permits(self) -> None:
        zone_of = {
            rulebook.LEZ_PERMIT: rulebook.LEZ,
            rulebook.PEDESTRIAN_PERMIT: rulebook.PEDESTRIAN,
        }
        for tour in self.day.tours:
            for kind in sorted(tour.vehicle.facts.permits):
                self.clients[CITY_CLIENT].post(
                    "/api/v1/permits",
                    {
                        "kind": kind,
                        "plate": tour.vehicle.plate,
                        "zone_ids": [self.zone_ids[zone_of[kind]]],
                        "starts_at": self.iso(0.0),
                        "ends_at": self.iso(30 * rulebook.DAY),
                    },
                )

    def _give_mandates(self) -> None:
        """Carriers let their provider book for them; one also lets it send events."""
        for provider, carriers in fleet.PROVIDERS.items():
            for carrier in carriers:
                scopes = ["curbs:book", "curbs:read", "vehicles:read"]
                if provider == "polar-3pl":
                    scopes.append("events:write")
                self.clients[carrier].post(
                    "/api/v1/mandates",
                    {"agent_id": self.organisations[provider], "scopes": scopes},
                )

    def _publish_routes(self) -> None:
        for tour in self.day.tours:
            for trip in tour.trips:
                publish_at = OPENING if trip.ref.endswith("-1") else _grid(trip.gate_in - 600)
                self.agenda.put(publish_at, lambda tour=tour, trip=trip: self._publish(tour, trip))

    def _publish(self, tour: Tour, trip: Any) -> None:
        stops = [
            {
                "stop_id": f"ref:{stop.stop}",
                "name": stop.place.name[:160],
                "address": stop.place.address[:240],
                "location": self.lnglat(stop.place.at),
                "planned_arrival_at": self.iso(60 * round(stop.arrived / 60)),
                "service_s": int(stop.departed - stop.arrived),
                "demand_units": 1,
                **({"curb_zone_id": self.bay_ids[stop.bay]} if stop.booking and stop.bay else {}),
            }
            for stop in tour.stops
            if stop.trip == trip.ref
        ]
        if trip.ref.endswith("-1"):
            stops += [
                {
                    "stop_id": f"ref:{stop.stop}",
                    "name": stop.place.name[:160],
                    "address": stop.place.address[:240],
                    "location": self.lnglat(stop.place.at),
                    "window_start_at": self.iso(12 * 3600),
                    "window_end_at": self.iso(17 * 3600),
                    "service_s": stop.service_s,
                    "demand_units": stop.units,
                }
                for stop in self.day.afternoons.get(tour.vehicle.ref, [])
            ]
        depot = self.lnglat(tour.depot)
        self.clients[tour.vehicle.carrier].post(
            "/api/v1/routes",
            {
                "trip_id": f"ref:{trip.ref}",
                "vehicle_id": f"ref:{tour.vehicle.ref}",
                "service_on": self.at(trip.gate_in).date().isoformat(),
                "stops": stops,
                "start_at": self.iso(60 * round(trip.start / 60)),
                "end_at": self.iso(18 * 3600 if trip.end > 1e9 else 60 * round(trip.end / 60)),
                "start_location": depot,
                "end_location": depot,
            },
        )

    # -- events

    def _queue_events(self) -> None:
        """Everything that will be told up to noon by planned vehicles, all of it by the others."""
        rng = self.rng(0)
        told: list[Told] = []
        for tour in self.day.tours:
            until = rulebook.NOON if tour.vehicle.planned else 3 * rulebook.DAY
            told += self.teller.tell(tour, 0.0, until, rng)
        planned = frozenset(self.day.afternoons)
        self.figures.late_events = events.hold_back(told, planned, rng)
        again = events.repeat([one for one in told if one.occurred < 20 * 3600], rng)
        self.figures.duplicates_sent = len(again)
        self.queue([*told, *again])

    def queue(self, told: list[Told]) -> None:
        self._queue += told
        self._queue.sort(key=lambda one: (one.send_at, one.vehicle, one.body["clock"]["seq"]))

    @property
    def next_flush(self) -> float | None:
        """The next instant of the sending grid at which there is something to send."""
        if not self._queue:
            return None
        return _grid(self._queue[0].send_at, FLUSH_S)

    def flush(self, t: float) -> None:
        """Send what is due at t: one batch for each sender, the senders at the same time."""
        due = 0
        while due < len(self._queue) and self._queue[due].send_at <= t:
            due += 1
        batch, self._queue = self._queue[:due], self._queue[due:]
        by_sender: dict[str, list[dict[str, Any]]] = {}
        for one in batch:
            by_sender.setdefault(self._sender(one), []).append(one.body)
        sums = self._pool.map(
            lambda sender: self.clients[sender].events(by_sender[sender]), sorted(by_sender)
        )
        for answer in sums:
            self.figures.accepted += answer.get("accepted", 0)
            self.figures.duplicate += answer.get("duplicate", 0)
            self.figures.conflict += answer.get("conflict", 0)
        self.figures.events_sent += len(batch)

    def _sender(self, one: Told) -> str:
        """Half of one carrier's vehicles report through its logistics provider."""
        if one.carrier == "tokoinranta-cargo" and int(one.vehicle[-2:]) % 2 == 0:
            return "polar-3pl"
        return one.carrier

    # -- bookings

    def _plan_bookings(self) -> None:
        """Hold, confirm, check in, check out, within five minutes of what happens."""
        for tour in self.day.tours:
            for i, wish in enumerate(tour.wishes):
                client = self._booker(tour, i)
                put = self.agenda.put
                put(wish.ask_at, lambda w=wish, c=client, t=tour: self._hold(w, c, t))
                put(
                    wish.ask_at + (120 if i == 0 and wish.ref[-3] in "05" else 0),
                    lambda w=wish, c=client: self._step(w.ref, c, "confirm"),
                )
                put(_grid(wish.arrived), lambda w=wish, c=client: self._step(w.ref, c, "check-in"))
                put(
                    _grid(wish.departed), lambda w=wish, c=client: self._step(w.ref, c, "check-out")
                )

    def _booker(self, tour: Tour, i: int) -> str:
        carrier = tour.vehicle.carrier
        provider = next(p for p, carriers in fleet.PROVIDERS.items() if carrier in carriers)
        return provider if i % 2 else carrier

    def _hold(self, wish: BookingWish, client: str, tour: Tour) -> None:
        answer = self._ask(client, tour.vehicle.ref, wish.bay, wish.start, wish.end, confirm=False)
        if not answer.ok:
            raise Unexpected(f"booking {wish.ref} refused: {answer.status} {answer.body}")
        self._bookings[wish.ref] = answer.body

    def _ask(
        self, client: str, ref: str, bay: str, start: float, end: float, *, confirm: bool
    ) -> Any:
        return self.clients[client].send(
            "POST",
            "/api/v1/bookings",
            {
                "curb_zone_id": self.bay_ids[bay],
                "vehicle_id": self.vehicle_ids[ref],
                "from": self.iso(start),
                "until": self.iso(end),
                "confirm": confirm,
            },
        )

    def _step(self, ref: str, client: str, step: str) -> None:
        booking = self._bookings[ref]
        self.clients[client].post(f"/api/v1/bookings/{booking['id']}/{step}")
        if step == "confirm":
            self.figures.bookings_confirmed += 1

    def _plan_races(self) -> None:
        vehicles = [tour.vehicle for tour in self.day.tours]
        for race in races.races(self.city.race_bays, vehicles, self.rng(1)):
            self.agenda.put(race.at, lambda race=race: self._race(race))

    def _race(self, race: races.Race) -> None:
        def ask(contender: races.Contender) -> Any:
            return self._ask(
                contender.client,
                contender.vehicle,
                race.bay,
                race.start,
                race.end,
                confirm=True,
            )

        answers = races.run([lambda c=c: ask(c) for c in race.contenders])
        won = [
            (contender.client, answer.body["id"])
            for contender, answer in zip(race.contenders, answers, strict=True)
            if answer.status == 201
        ]
        self.figures.races += 1
        self.figures.bookings_confirmed += len(won)
        self.figures.bookings_refused += len(answers) - len(won)
        for answer in answers:
            if answer.status not in (201, 409):
                raise Unexpected(f"a race was answered {answer.status} {answer.body}")
            if answer.status == 409:
                self.figures.refusals[answer.code] = self.figures.refusals.get(answer.code, 0) + 1
        if len(won) != race.winners:
            self.figures.race_surprises.append(
                f"{race.bay} at {self.iso(race.start)}: {len(won)} of {race.winners}"
            )
        if race.fate == "cancel":
            for client, booking in won:
                self.agenda.put(
                    race.at + FLUSH_S,
                    lambda client=client, booking=booking: self._cancel(client, booking),
                )

    def _cancel(self, client: str, booking: str) -> None:
        self.clients[client].post(f"/api/v1/bookings/{booking}/cancel")

    def close(self) -> None:
        self._pool.shutdown()
        for client in self.clients.values():
            client.close()
