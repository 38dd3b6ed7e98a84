"""Races: several clients ask for the same metres of the same bay at the same moment.

Who wins is free. How many win is not: the metres decide, worked out here by hand from the length
of the vehicles and the gap of 1.5 m that the city asks for.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simulation.fleet import PROVIDERS, Vehicle
from simulation.places import Bay

RACES = 50
GAP_M = 1.5
SLOT_S = 1800.0
FIRST_SLOT = 10.0 * 3600
LAST_SLOT = 19.5 * 3600


@dataclass(frozen=True)
class Contender:
    """A vehicle and the client that books for it: its carrier's or its provider's."""

    client: str
    vehicle: str


@dataclass(frozen=True)
class Race:
    """Contenders who ask at `at` for [start, end) in a bay; `winners` is how many can have it.

    `fate` is what the winners do with it: cancel, or never come.
    """

    at: float
    bay: str
    start: float
    end: float
    contenders: tuple[Contender, ...]
    winners: int
    fate: str


def races(bays: Sequence[Bay], vehicles: Sequence[Vehicle], rng: np.random.Generator) -> list[Race]:
    """Fifty races, each for a slot of its own."""
    vans = [v for v in vehicles if v.planned and v.facts.length_m == 6.0]
    slots = [
        (bay, FIRST_SLOT + k * SLOT_S)
        for bay in bays
        for k in range(int((LAST_SLOT - FIRST_SLOT) / SLOT_S))
    ]
    found = []
    for i in rng.choice(len(slots), size=RACES, replace=False):
        bay, start = slots[int(i)]
        room = int((bay.length_m + 1e-9) // (6.0 + GAP_M))
        count = room + 1 + int(rng.integers(0, 3))
        chosen = [vans[k] for k in rng.choice(len(vans), size=count, replace=False)]
        found.append(
            Race(
                at=900.0 * int((start - rng.uniform(1.0, 3.0) * 3600) // 900),
                bay=bay.code,
                start=start,
                end=start + SLOT_S,
                contenders=tuple(Contender(_client(v, rng), v.ref) for v in chosen),
                winners=min(room, count),
                fate="cancel" if rng.random() < 0.6 else "never come",
            )
        )
    return sorted(found, key=lambda race: (race.at, race.bay, race.start))


def _client(vehicle: Vehicle, rng: np.random.Generator) -> str:
    provider = next(p for p, carriers in PROVIDERS.items() if vehicle.carrier in carriers)
    return provider if rng.random() < 0.5 else vehicle.carrier


def run[T](asks: Sequence[Callable[[], T]]) -> list[T]:
    """Call all at the same wall moment, each in a thread of its own; the answers in order."""
    gate = threading.Barrier(len(asks))
    answers: list[T | None] = [None] * len(asks)
    errors: list[BaseException] = []

    def ask(i: int) -> None:
        gate.wait()
        try:
            answers[i] = asks[i]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(asks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers  # type: ignore[return-value]
