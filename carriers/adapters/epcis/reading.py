"""What an EPCIS event names: its asset, its units, its place, its trip and stop."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET

from carriers import codes
from carriers.adapters import gs1
from carriers.adapters.epcis.messages import (
    AggregationEvent,
    Event,
    ObjectEvent,
    TransactionEvent,
)
from carriers.adapters.gs1 import Key
from carriers.messages import Place, Unit
from kernel.refusals import Reason

_GEO = re.compile(r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(?:,[^;]*)?((?:;[^;]*)*)")
"""RFC 5870; `u` is the uncertainty in metres."""
TRIP_TYPE = "/epcis/BTT-trip"
STOP_TYPE = "/epcis/BTT-stop"
_UUID_URN = "urn:uuid:"
_UNIT_SCHEMES = {"sscc": "sscc", "grai": "grai"}


@dataclass
class Named:
    """Whom and what an event names; `faults` are identifiers that break the rules of GS1."""

    assets: list[str] = field(default_factory=list)  # "grai:…" and "giai:…", parents first
    units: list[Unit] = field(default_factory=list)
    place: Place | None = None
    trip: str | None = None
    stop: str | None = None
    faults: list[Reason] = field(default_factory=list)


def named(event: Event) -> Named:
    """Return what an event names, without asking what the platform knows of it."""
    found = Named()
    for uri, pointer in _epcs(event):
        key = _key(uri, pointer, found)
        if key is None or key.kind == "gln":
            if key is None:
                found.units.append(Unit(id=str(uri), scheme="carrier"))
            continue
        if key.kind in ("grai", "giai"):
            found.assets.append(f"{key.kind}:{key.value}")
        found.units.append(Unit(id=key.value, scheme=_scheme(key)))
    found.place = _place(event, found)
    for transaction in getattr(event, "bizTransactionList", UNSET) or ():
        if transaction.type is not UNSET and transaction.type.endswith(TRIP_TYPE):
            found.trip = _own(transaction.bizTransaction)
        elif transaction.type is not UNSET and transaction.type.endswith(STOP_TYPE):
            found.stop = _own(transaction.bizTransaction)
    return found


def unit_of(asset: str) -> str:
    """Return the id that an asset has among units."""
    return asset.partition(":")[2]


def _scheme(key: Key) -> Any:
    return _UNIT_SCHEMES.get(key.kind, "carrier")


def _epcs(event: Event) -> Iterator[tuple[str, str]]:
    if isinstance(event, ObjectEvent):
        lists: tuple[tuple[str, Any], ...] = (("epcList", event.epcList),)
    elif isinstance(event, AggregationEvent):
        lists = (("childEPCs", event.childEPCs),)
    elif isinstance(event, TransactionEvent):
        lists = (("epcList", event.epcList),)
    else:
        return
    parent = getattr(event, "parentID", UNSET)
    if parent is not UNSET:
        yield parent, "/parentID"
    for name, uris in lists:
        for place, uri in enumerate(uris or ()):
            yield uri, f"/{name}/{place}"


def _key(uri: str, pointer: str, found: Named) -> Key | None:
    try:
        return gs1.parse(uri)
    except ValueError as error:
        found.faults.append(Reason(codes.IDENTIFIER, f"{error}.", pointer=pointer))
        return None


def _place(event: Event, found: Named) -> Place | None:
    """Return the place: the read point, what it lacks from the business location."""
    place = Place()
    for name in ("readPoint", "bizLocation"):
        where = getattr(event, name, UNSET)
        if where is UNSET:
            continue
        geo = _GEO.fullmatch(where.id)
        if geo and place.lat is UNSET:
            place.lat, place.lng = float(geo[1]), float(geo[2])
            place.accuracy_m = _uncertainty(geo[3])
            continue
        key = _key(where.id, f"/{name}/id", found)
        if key is not None and key.kind == "gln" and place.gln is UNSET:
            place.gln, place.gln_extension = key.value, key.extension or UNSET
    parent = getattr(event, "parentID", UNSET)
    key = _key(parent, "/parentID", Named()) if parent is not UNSET else None
    if key is not None and key.kind == "gln":
        place.gln, place.gln_extension = key.value, key.extension or UNSET
    return None if place == Place() else place


def _uncertainty(parameters: str) -> Any:
    for one in parameters.split(";"):
        name, _, value = one.partition("=")
        if name == "u" and value.replace(".", "", 1).isdigit():
            return float(value)
    return UNSET


def _own(uri: str) -> str:
    """Return a trip's or stop's id: our UUID behind urn:uuid:, else the sender's own, the URI."""
    if uri.lower().startswith(_UUID_URN):
        return uri[len(_UUID_URN) :].lower()
    return f"ref:{uri}"
