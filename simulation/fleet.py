"""Who drives in the demo: three carriers, forty vehicles, two logistics providers."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulation.rulebook import LEZ_PERMIT, PEDESTRIAN_PERMIT, Facts


@dataclass(frozen=True)
class Carrier:
    """A carrier: its code in the city pack, its depot and where that is (metres of the plane)."""

    code: str
    depot: str
    depot_name: str
    at: tuple[float, float]


@dataclass(frozen=True)
class Vehicle:
    """A vehicle and what it does: `planned` ones drive a reoptimized afternoon, the others do
    the demo's special errands."""

    carrier: str
    facts: Facts
    plate: str
    body: str
    planned: bool
    capacity_units: int

    @property
    def ref(self) -> str:
        return self.facts.ref

    @property
    def diesel(self) -> bool:
        return self.facts.fuel == "diesel"

    @property
    def heavy(self) -> bool:
        return self.facts.gross_kg > 7500


CARRIERS = (
    Carrier("hakaniemi-freight", "depot-hakaniemi", "Hakaniemi depot", (392.0, 590.0)),
    Carrier("esplanadi-delivery", "depot-etelaranta", "Eteläranta depot", (452.0, -530.0)),
    Carrier("tokoinranta-cargo", "depot-kaisaniemi", "Kaisaniemenranta depot", (-20.0, 527.0)),
)
PROVIDERS = {
    "nordlane-3pl": ("hakaniemi-freight", "esplanadi-delivery"),
    "polar-3pl": ("tokoinranta-cargo",),
}

# (how many, planned, what) per carrier
_VAN = ("N1", 3500, 6.0, "van", 60)
_RIGID = ("N2", 12000, 8.5, "rigid", 120)
_BIKE = ("cargo_bicycle", 300, 2.6, "cargo_bicycle", 20)
_KINDS: dict[str, tuple[tuple[str, int, float, str, int], str, str | None]] = {
    "electric van": (_VAN, "electric", None),
    "new van": (_VAN, "diesel", "6d-TEMP"),
    "old van": (_VAN, "diesel", "5"),
    "new truck": (_RIGID, "diesel", "VI"),
    "old truck": (_RIGID, "diesel", "V"),
    "electric truck": (_RIGID, "electric", None),
    "bicycle": (_BIKE, "electric", None),
}
_FLEETS: dict[str, Sequence[tuple[int, bool, str, frozenset[str]]]] = {
    "hakaniemi-freight": (
        (4, True, "electric van", frozenset()),
        (1, True, "new van", frozenset()),
        (2, True, "bicycle", frozenset()),
        (1, False, "electric van", frozenset({PEDESTRIAN_PERMIT})),
        (1, False, "new van", frozenset({PEDESTRIAN_PERMIT})),
        (3, False, "old van", frozenset()),
        (1, False, "old van", frozenset({LEZ_PERMIT})),
        (1, False, "new truck", frozenset()),
    ),
    "esplanadi-delivery": (
        (3, True, "electric van", frozenset()),
        (2, True, "new van", frozenset()),
        (1, True, "bicycle", frozenset()),
        (1, True, "new truck", frozenset()),
        (1, False, "new van", frozenset({PEDESTRIAN_PERMIT})),
        (2, False, "old van", frozenset()),
        (1, False, "old van", frozenset({LEZ_PERMIT})),
        (2, False, "old truck", frozenset()),
    ),
    "tokoinranta-cargo": (
        (3, True, "electric van", frozenset()),
        (1, True, "electric truck", frozenset()),
        (1, True, "new van", frozenset()),
        (1, True, "bicycle", frozenset()),
        (1, False, "electric van", frozenset({PEDESTRIAN_PERMIT})),
        (2, False, "old van", frozenset()),
        (1, False, "old van", frozenset({LEZ_PERMIT})),
        (2, False, "new truck", frozenset()),
        (1, False, "old truck", frozenset()),
    ),
}


def vehicles() -> list[Vehicle]:
    """The forty vehicles, always the same."""
    fleet: list[Vehicle] = []
    for carrier, groups in _FLEETS.items():
        for count, planned, kind, permits in groups:
            for _ in range(count):
                fleet.append(_vehicle(len(fleet) + 1, carrier, planned, kind, permits))
    return fleet


def _vehicle(
    number: int, carrier: str, planned: bool, kind: str, permits: frozenset[str]
) -> Vehicle:
    (category, gross, length, body, units), fuel, euro = _KINDS[kind]
    letters = {"hakaniemi-freight": "HKF", "esplanadi-delivery": "ESD", "tokoinranta-cargo": "TOC"}
    bicycle = category == "cargo_bicycle"
    return Vehicle(
        carrier=carrier,
        facts=Facts(
            ref=f"{letters[carrier].lower()}-{number:02d}",
            category=category,
            fuel=fuel,
            euro=euro,
            gross_kg=gross,
            length_m=length,
            permits=permits,
        ),
        plate="" if bicycle else f"{letters[carrier]}-{100 + number}",
        body=body,
        planned=planned,
        capacity_units=units,
    )
