"""Makers of curbs, vehicles and bookings for tests, around the Esplanadi in Helsinki."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import City, Organisation
from carriers.models import Vehicle
from curbs.models import CurbLine, CurbZone
from curbs.services import setup
from curbs.services.placing import HoldRequest
from kernel.periods import Period
from tests.factories import TUESDAY

_numbers = itertools.count(1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
VANS_AND_TRUCKS = [
    {
        "id": "goods-only",
        "who": {"not": {"category": ["N1", "N2", "N3"]}},
        "what": {"effect": "prohibit"},
        "sentence": "Only goods vehicles may stop here.",
    },
    {
        "id": "book",
        "what": {"effect": "require_booking"},
        "sentence": "Only with a booking.",
    },
]


def line(city: City, metres: int = 60, **changes: Any) -> CurbLine:
    """Return a straight curb line of whole metres, each one further north, twenty side by side."""
    number = next(_numbers)
    # One degree of longitude at 60.168 N is 55,490 m (111,320 m * cos 60.168° and the ellipsoid).
    lng, lat = 24.9400, 60.1680 + number % 20 * 0.0005
    facts: dict[str, Any] = {
        "city": city,
        "code": f"line-{number}",
        "street_name": "Pohjoisesplanadi",
        "coordinates": [(lng, lat), (lng + metres / 55_490, lat)],
        "surveyed_m": Decimal(metres),
        "now": LONG_AGO,
    }
    return setup.create_line(**(facts | changes))


def zone(
    line: CurbLine, from_m: int = 0, to_m: int = 30, *, code: str = "", **policy: Any
) -> CurbZone:
    """Return a bookable loading zone on a line; vans of 6.5 m take 8 m each."""
    number = next(_numbers)
    terms = {"rows": VANS_AND_TRUCKS, "slot_price": 50, "grace_s": 30} | policy
    return setup.create_zone(
        line=line,
        code=code or f"K{number}",
        name=f"Loading zone {number}",
        from_m=Decimal(from_m),
        to_m=Decimal(to_m),
        policy=terms,
        legal_from=LONG_AGO,
        now=LONG_AGO,
    )


def van(organisation: Organisation, **changes: Any) -> Vehicle:
    """Return a van of 6.5 m with all its facts."""
    number = next(_numbers)
    facts: dict[str, Any] = {
        "city": organisation.city,
        "organisation": organisation,
        "ref": f"van-{number}",
        "plate": f"VAN{number}",
        "category": "N1",
        "body": "van",
        "fuels": ["diesel"],
        "euro_class": "6",
        "gross_weight_kg": 3500,
        "length_m": Decimal("6.50"),
        "registered_at": LONG_AGO,
    }
    return Vehicle.objects.create(**(facts | changes))


def asked(
    curb_zone: CurbZone | UUID,
    vehicle: Vehicle,
    *,
    after_min: int = 60,
    minutes: int = 30,
    **changes: Any,
) -> HoldRequest:
    """Return a request for the zone, an hour after TUESDAY for half an hour."""
    start = TUESDAY + timedelta(minutes=after_min)
    return HoldRequest(
        curb_zone_id=curb_zone if isinstance(curb_zone, UUID) else curb_zone.id,
        vehicle_id=vehicle.id,
        period=Period(start, start + timedelta(minutes=minutes)),
        **changes,
    )
