"""What OTM entities name: ids, places, units, facts of vehicles and locations."""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import UNSET

from carriers import codes
from carriers.adapters import gs1, units
from carriers.adapters.otm.messages import (
    Action,
    Consignment,
    ConsignmentLink,
    Geo,
    Location,
    Quantity,
    Vehicle,
)
from carriers.adapters.reading import Unreadable
from carriers.messages import Place, Unit
from kernel.refusals import Reason

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", flags=re.ASCII)
_S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}", flags=re.ASCII)
_SSCC = re.compile(r"(?:\(00\)|00)?(\d{18})", flags=re.ASCII)
STATIONS = {"warehouse": "station", "operationalBase": "depot"}
"""Types of location at which a vehicle loads, and the kind of facility each is with us."""
_HEAVY = frozenset({"truck", "tractor", "lorry", "boxtruck", "semitrailer", "trailer", "bus"})
_LIGHT = frozenset({"van", "car", "smallvan", "largevan"})
_ROMAN = ("0", "I", "II", "III", "IV", "V", "VI")
_FUEL = {
    "petrol": "petrol", "diesel": "diesel", "electricity": "electric", "hydrogen": "hydrogen",
    "lng": "lng", "cng": "cng",
}  # fmt: skip


def id_or_ref(text: str) -> str:
    """Return how a canonical event names an entity: its UUID, else the sender's own id."""
    return text.lower() if _UUID.fullmatch(text) else f"ref:{text}"


def linked(link: Any) -> str | None:
    """Return the id at the end of an association, None when it says none."""
    if link is UNSET:
        return None
    if link.uuid is not UNSET:
        return str(link.uuid)
    entity = link.entity
    return None if entity is UNSET or entity.id is UNSET else str(entity.id)


def trip_unknown(trip: str, pointer: str) -> Reason:
    """Return that a trip has no route here, which would say its vehicle."""
    detail = (
        f"No route of the trip {trip} is known here, and so neither is its vehicle."
        " Send the trip with its planned stops first, or name the vehicle."
    )
    return Reason(codes.TRIP_UNKNOWN, detail, pointer=pointer)


def point(geo: Any) -> tuple[float, float] | None:
    """Return (lat, lng) of a geoReference that is one point, else None."""
    if geo is UNSET:
        return None
    if geo.type == "latLonPointGeoReference" and geo.lat is not UNSET and geo.lon is not UNSET:
        return geo.lat, geo.lon
    shape = geo.geometry
    if geo.type == "Feature" and isinstance(shape, dict) and shape.get("type") == "Point":
        pair = shape.get("coordinates")
        if isinstance(pair, list) and len(pair) >= 2:
            lng, lat = pair[:2]
            if all(isinstance(one, int | float) for one in (lng, lat)):
                return float(lat), float(lng)
    return None


def moving_place(geo: Geo, base: str) -> Place | None:
    """Return the place of a moving vehicle with speed and heading. Raises Unreadable for a unit
    that is not known."""
    found = point(geo)
    if found is None:
        return None
    place = Place(lat=found[0], lng=found[1])
    if geo.speed is not UNSET:
        place.speed_mps = _in(units.speed_mps, geo.speed, f"{base}/speed/unit")
    if geo.heading is not UNSET:
        place.heading_deg = _in(units.heading_deg, geo.heading, f"{base}/heading/unit")
    elif geo.bearing is not UNSET and geo.bearingType != "relative":
        place.heading_deg = _in(units.heading_deg, geo.bearing, f"{base}/bearing/unit")
    return place


def _in(convert: Any, quantity: Quantity, pointer: str) -> float:
    try:
        return float(convert(quantity.value, quantity.unit))
    except ValueError as error:
        raise Unreadable(codes.UNIT_UNKNOWN, f"{error}.", pointer) from None


def place_of(location: Location | None) -> Place:
    """Return the place of a location, as far as it says one."""
    place = Place()
    if location is None:
        return place
    found = point(location.geoReference)
    if found is not None:
        place.lat, place.lng = found
    if location.gln is not UNSET and len(location.gln) == 13 and location.gln.isdigit():
        place.gln = location.gln
    return place


def units_of(link: Any, consignments: dict[str, Consignment]) -> list[Unit]:
    """Return the units of a consignment: the bar codes of its goods, else its own id."""
    named = linked(link)
    if link is UNSET or named is None:
        return []
    inline = link.entity if isinstance(link, ConsignmentLink) else UNSET
    consignment = consignments.get(named) if inline is UNSET else inline
    found = list(_bar_codes(consignment)) if consignment else []
    return found or [Unit(id=named, scheme="carrier")]


def _bar_codes(consignment: Consignment) -> Iterator[Unit]:
    for goods in consignment.goods or ():
        if goods.entity is not UNSET and goods.entity.barCode:
            yield unit(goods.entity.barCode)


def unit(code: str) -> Unit:
    """Return a unit from a bar code: an SSCC when its check digit is right, an S10, else ours."""
    text = code.replace(" ", "")
    sscc = _SSCC.fullmatch(text)
    if sscc and gs1.check_digit(sscc[1][:-1]) == sscc[1][-1]:
        return Unit(id=sscc[1], scheme="sscc")
    if _S10.fullmatch(text):
        return Unit(id=text, scheme="s10")
    return Unit(id=code, scheme="carrier")


def vehicle_facts(vehicle: Vehicle) -> dict[str, Any]:
    """Return the facts of a vehicle that OTM can say, as `vehicles.register` takes them.

    OTM knows no EU category, gross weight or registration. Its `euro6` does not tell 6 (light)
    from VI (heavy): the type of vehicle does, and where it does not the class stays unknown.
    Raises Unreadable for a unit that is not known.
    """
    facts: dict[str, Any] = {"ref": vehicle.id}
    if vehicle.licensePlate is not UNSET and len(vehicle.licensePlate) <= 16:
        facts["plate"] = vehicle.licensePlate
    kind = str(vehicle.vehicleType or "").lower()
    if kind:
        facts["body"] = kind[:24]
    fuel = _FUEL.get(str(vehicle.fuel or "").lower())
    if fuel:
        facts["fuels"] = [fuel]
    euro = re.fullmatch(r"euro([0-6])", str(vehicle.emissionStandard or ""))
    if euro and kind in _HEAVY:
        facts["euro_class"] = _ROMAN[int(euro[1])]
    elif euro and kind in _LIGHT:
        facts["euro_class"] = euro[1]
    for name in ("length", "width", "height"):
        quantity = getattr(vehicle, name)
        if quantity is not UNSET:
            facts[f"{name}_m"] = _in(units.metres, quantity, f"/{name}/unit")
    for capacity in vehicle.loadCapacities or ():
        mass = units.kilograms(capacity.value, capacity.unit)
        if mass is not None and mass >= 0:
            facts["capacity_kg"] = round(mass)
    return facts


def facility_facts(location: Location) -> dict[str, Any] | None:
    """Return a location as `facilities.register` takes it; None when it is no facility of ours
    (a customer, a store, a zone) or has no position."""
    kind = STATIONS.get(str(location.type or ""))
    found = point(location.geoReference)
    if kind is None or found is None or location.id is UNSET:
        return None
    facts: dict[str, Any] = {
        "ref": location.id,
        "kind": kind,
        "name": str(location.name or location.id)[:160],
        "location": {"lat": found[0], "lng": found[1]},
    }
    if location.gln is not UNSET:
        facts["gln"] = location.gln
    return facts


def window(action: Action) -> tuple[Any, Any]:
    """Return the time window of a stop, as texts; None where it says none."""
    entity = action.constraint.entity if action.constraint is not UNSET else None
    value = entity.get("value") if isinstance(entity, dict) else None
    if not isinstance(value, dict) or value.get("type") != "timeWindowConstraint":
        return None, None
    return value.get("startTime"), value.get("endTime")
