"""What a decision is asked with, and what it answers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from curbs.book import Zone
from curbs.evaluator import Crossing
from kernel import verdicts
from kernel.periods import Period
from kernel.vehicles import NOT_STATED, Category, EuroClass, Fuel, VehicleFacts
from kernel.verdicts import Verdict

MOST_QUESTIONS = 1000
MOST_IN_PUBLIC = 50
"""A thousand questions over a month keep a process busy for seconds: who asks so much says who."""
Lng = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Lat = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Name = Annotated[str, msgspec.Meta(max_length=80)]


class FactsIn(msgspec.Struct, forbid_unknown_fields=True):
    """Facts of a vehicle that is not registered here; what is absent is unknown."""

    category: Category | None = None
    body: Name | None = None
    fuels: list[Fuel] = []
    euro_class: EuroClass | None = None
    gross_weight_kg: Annotated[int, msgspec.Meta(ge=0)] | None = None
    length_m: Annotated[float, msgspec.Meta(ge=0)] | None = None
    width_m: Annotated[float, msgspec.Meta(ge=0)] | None = None
    height_m: Annotated[float, msgspec.Meta(ge=0)] | None = None
    first_registration_on: date | None = None
    stickers: dict[str, str] = {}
    special_purpose: list[Name] = []
    particulate_filter: bool | None = None
    n1_class: Literal["I", "II", "III"] | None = None
    unladen_weight_kg: Annotated[int, msgspec.Meta(ge=0)] | None = None
    particulates_g_per_kwh: (
        Annotated[float, msgspec.Meta(ge=0, le=100)] | Literal["not_stated"] | None
    ) = None
    blind_spot_detection: bool | None = None
    combination: bool | None = None
    registered_in: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None

    def facts(self) -> VehicleFacts:
        """Return the facts as rules read them."""
        return VehicleFacts(
            category=self.category,
            body=self.body or None,
            fuels=frozenset(self.fuels),
            euro_class=self.euro_class,
            gross_weight_kg=self.gross_weight_kg,
            length_m=self.length_m,
            width_m=self.width_m,
            height_m=self.height_m,
            first_registration_on=self.first_registration_on,
            stickers=dict(self.stickers),
            special_purpose=frozenset(self.special_purpose),
            particulate_filter=self.particulate_filter,
            n1_class=self.n1_class,
            unladen_weight_kg=self.unladen_weight_kg,
            particulates_g_per_kwh=NOT_STATED
            if self.particulates_g_per_kwh == "not_stated"
            else self.particulates_g_per_kwh,
            blind_spot_detection=self.blind_spot_detection,
            combination=self.combination,
            registered_in=self.registered_in,
        )


class PointIn(msgspec.Struct, forbid_unknown_fields=True):
    """A position (WGS84)."""

    lng: Lng
    lat: Lat


class FixIn(msgspec.Struct, forbid_unknown_fields=True):
    """A point of a timed path."""

    at: Instant
    lng: Lng
    lat: Lat


class PeriodIn(msgspec.Struct, rename={"from_": "from"}, forbid_unknown_fields=True):
    """A period, half-open."""

    from_: Instant
    until: Instant


class QuestionIn(msgspec.Struct, forbid_unknown_fields=True):
    """May this vehicle do this, here, then?

    The vehicle: `vehicle_id` (ours or `ref:…`), or `facts`, with a `plate` where permits shall
    count. The place: exactly one of `place`, `path`, `zone_id`, `curb_zone_id`. The time: `at`
    (default: now) or `period`; a path brings its own. `activity` other than `travel` at a point
    asks the curb there too. `known_at` asks by the rules as recorded then. With `remedies` (the
    default for one question, not for many) an inadmissible answer at a place names all minimal
    sets of changes that would help.
    """

    vehicle_id: Annotated[str, msgspec.Meta(min_length=1, max_length=80)] | None = None
    facts: FactsIn | None = None
    plate: Annotated[str, msgspec.Meta(max_length=16)] | None = None
    place: PointIn | None = None
    path: Annotated[list[FixIn], msgspec.Meta(min_length=2, max_length=5000)] | None = None
    zone_id: UUID | None = None
    curb_zone_id: UUID | None = None
    at: Instant | None = None
    period: PeriodIn | None = None
    activity: Literal["travel", "stopping", "loading", "parking"] = "travel"
    known_at: Instant | None = None
    remedies: bool | None = None


class QuestionsIn(msgspec.Struct, forbid_unknown_fields=True):
    """Up to 1,000 questions at once, each still to be read: what is wrong with one of them
    concerns no other."""

    questions: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=MOST_QUESTIONS)]


class Peek(msgspec.Struct):
    """Tells a batch from one question."""

    questions: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class RuleOut(msgspec.Struct):
    """One row of one version of a regulation, or of a curb zone's policy."""

    regulation_id: UUID
    version_id: UUID
    row: int
    code: str


class ReasonOut(msgspec.Struct):
    """A rule that spoke."""

    rule: RuleOut
    effect: str
    sentence: str
    sentences: dict[str, str]
    missing: list[str]
    remedies: list[str]


class ObligationOut(msgspec.Struct):
    """What comes with access: charge, permit, booking or warning."""

    kind: str
    met: bool
    rule: RuleOut | None = None
    amount: int | None = None
    currency: str | None = None
    cap: int | None = None
    per: Literal["visit", "day"] | None = None
    permit: str | None = None


class MoneyOut(msgspec.Struct):
    """An amount in the smallest unit of its currency."""

    amount: int
    currency: str


class ChangeOut(msgspec.Struct):
    """A change that helps: a permit or booking to hold, a later time, another fact."""

    kind: Literal["permit", "booking", "time", "vehicle"]
    permit: str | None = None
    at: datetime | None = None
    fact: str | None = None
    value: Any = None


class CurbOut(msgspec.Struct):
    """What staying at the curb means beside the rules."""

    curb_zone_id: UUID
    code: str
    bookable: bool
    max_stay_min: int | None
    slot_price: dict[str, Any] | None


class DecisionOut(msgspec.Struct):
    """A verdict with every rule that spoke; `next_change_at` where one is known."""

    at: datetime
    known_at: datetime
    access: Literal["prohibited", "undetermined", "allowed", "unregulated"]
    admissible: bool
    obligations: list[ObligationOut]
    reasons: list[ReasonOut]
    missing_facts: list[str]
    charges: list[MoneyOut]
    remedies: list[list[ChangeOut]] | None = None
    next_change_at: datetime | None = None
    intervals: list[dict[str, Any]] | None = None
    crossings: list[dict[str, Any]] | None = None
    curb: CurbOut | None = None


def verdict(found: Verdict) -> dict[str, Any]:
    """Return a verdict as the API writes it."""
    return verdicts.as_json(found)


def piece(period: Period, found: Verdict) -> dict[str, Any]:
    """Return one part of a horizon."""
    end = period.end.isoformat() if period.end else None
    return {"from": period.start.isoformat(), "until": end, **verdict(found)}


def crossing(found: Crossing) -> dict[str, Any]:
    """Return one stretch of a path inside an access zone."""
    return {"zone_id": str(found.zone_id), **piece(found.period, found.verdict)}


def curb(zone: Zone, at: datetime, known_at: datetime | None) -> dict[str, Any]:
    """Return what staying at a curb means beside the rules: limits and slot price."""
    policy = zone.policy_at(at, known_at)
    price = policy.stay.per_quarter if policy else None
    stay = policy.stay if policy else None
    limit = stay.max_stay if stay else None
    return {
        "curb_zone_id": str(zone.id),
        "code": zone.code,
        "bookable": bool(stay and stay.bookable),
        "max_stay_min": None if limit is None else int(limit.total_seconds() // 60),
        "slot_price": price and {"amount": price.amount, "currency": price.currency},
    }
