"""Messages of every dialect, and what becomes of them when parts are lost or overwritten."""

import copy
import random
from collections.abc import Iterator
from typing import Any

VAN = "0b0e7c9a-1111-4222-8333-444455556666"
GRAI = "https://id.gs1.org/8003/00614141123452400"
_GEO = {
    "type": "latLonPointGeoReference",
    "lat": 60.17,
    "lon": 24.94,
    "speed": {"value": 36, "unit": "km/h"},
    "heading": {"value": 90, "unit": "deg"},
}
_BY_VAN = {"associationType": "reference", "entityType": "vehicle", "uuid": VAN}
_AT = "2026-05-12T07:00:00Z"


def _inline(entity: dict[str, Any]) -> dict[str, Any]:
    return {"associationType": "inline", "entity": entity}


_UNLOAD = {
    "id": "u-1",
    "actionType": "unload",
    "lifecycle": "realized",
    "endTime": _AT,
    "result": {"status": "failed", "reason": "damage", "remark": "wet"},
    "consignment": _inline({"id": "c-1", "goods": [_inline({"type": "items", "barCode": "X1"})]}),
}
_STOP = {
    "id": "s-1",
    "actionType": "stop",
    "lifecycle": "realized",
    "startTime": _AT,
    "endTime": _AT,
    "location": _inline({"id": "l-1", "type": "warehouse", "geoReference": _GEO, "gln": "1"}),
    "actions": [_inline(_UNLOAD)],
}
_PLANNED = _STOP | {"lifecycle": "planned", "id": "s-2", "sequenceNr": 1, "actions": []}
_SEEN = {
    "type": "ObjectEvent",
    "action": "OBSERVE",
    "bizStep": "arriving",
    "epcList": [GRAI, "urn:epc:id:sscc:0614141.1234567890"],
    "eventTime": _AT,
    "eventTimeZoneOffset": "+00:00",
    "readPoint": {"id": "https://id.gs1.org/414/0614141073467/254/D4"},
    "bizTransactionList": [
        {"type": "https://x.example/epcis/BTT-stop", "bizTransaction": f"urn:uuid:{VAN}"}
    ],
}
_MDS = {"device_id": VAN, "provider_id": VAN, "timestamp": 1778569200000}
_GPS = {"location": {"lat": 60.17, "lng": 24.94, "speed": 3, "heading": 5}}

_PACKED = {name: value for name, value in _SEEN.items() if name != "epcList"} | {
    "type": "AggregationEvent",
    "action": "ADD",
    "bizStep": "loading",
    "parentID": GRAI,
    "childEPCs": ["https://id.gs1.org/00/106141412345678908"],
}

SEEDS: list[tuple[str, str, dict[str, Any]]] = [
    ("mds", "vehicles", _MDS | {"vehicle_id": "A-1", "vehicle_type": "truck",
     "propulsion_types": ["electric"], "vehicle_attributes": {"length": 6}}),
    ("mds", "trips", _MDS | {"trip_id": VAN, "start_time": 1778569200000,
     "end_time": 1778569300000, "start_location": _GPS["location"],
     "end_location": _GPS["location"], "duration": 100, "distance": 5}),
    ("mds", "telemetry", _MDS | _GPS | {"telemetry_id": VAN, "trip_ids": [VAN],
     "journey_id": None, "battery_percent": 5}),
    ("mds", "events", _MDS | _GPS | {"event_id": VAN, "vehicle_state": "on_trip",
     "event_types": ["trip_start", "comms_lost", "trip_pause"], "trip_ids": [VAN],
     "stop_id": VAN, "fuel_percent": 5, "event_geographies": [VAN]}),
    ("otm", "trips", {"id": "t-1", "entityType": "trip", "vehicle": _BY_VAN,
     "actions": [_inline(_PLANNED), _inline(_STOP)]}),
    ("otm", "actions", _UNLOAD | {"stop": _inline({"id": "s-1", "actionType": "stop",
     "trip": {"associationType": "reference", "entityType": "trip", "uuid": "t-1"}})}),
    ("otm", "vehicles", {"id": "v-1", "vehicleType": "truck", "emissionStandard": "euro6",
     "length": {"value": 9, "unit": "m"}, "loadCapacities": [{"value": 3, "unit": "t"}]}),
    ("otm", "locations", {"id": "l-1", "type": "warehouse", "geoReference": _GEO,
     "gln": "0614141073467", "name": "Hub"}),
    *(("otm", "events", {"id": "e-1", "eventType": kind, "creationDate": _AT,
      "vehicle": _BY_VAN, "geoReference": _GEO, "amount": {"value": 3, "unit": "l"}})
      for kind in ("locationUpdateEvent", "startEngineEvent", "fuelConsumedEvent")),
    ("otm", "events", {"id": "e-2", "eventType": "updateEvent", "creationDate": _AT,
     "entity": {"entityType": "trip", "id": "t-1", "status": "inTransit", "vehicle": _BY_VAN}}),
    ("epcis", "events", _SEEN),
    ("epcis", "events", _SEEN | {"errorDeclaration": {"declarationTime": _AT,
     "correctiveEventIDs": ["urn:uuid:x"]}, "eventID": "urn:x:1"}),
    ("epcis", "events", _PACKED),
    ("epcis", "events", _PACKED | {"bizTransactionList": []}),
    ("epcis", "events", _SEEN | {"bizStep": "sensor_reporting", "readPoint": {"id": "geo:60,24"},
     "sensorElementList": [{"sensorReport": [{"type": "Speed", "value": 3, "uom": "2M"}]}]}),
]  # fmt: skip

VALUES: list[Any] = [
    None, True, 0, -1, -0.0, 1e308, 1e18, 2**70, "", "x" * 70, "\x00", "é\U0001f600", "ref:", [],
    {}, [None], [[]], {"a": 1}, _AT, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z",
    "2026-05-12 07:00:00Z", "geo:1,2", "geo:99,999", "urn:uuid:", "urn:epc:id:sgln:0614141.07346.0",
    "urn:epc:id:sgln:0614141.07346.%00", "https://id.gs1.org/00/106141412345678907", "actual",
    "realized", "stop", "load", "delivering", "plain text",
]  # fmt: skip


def mutated(message: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Return a message with one to three parts lost or overwritten."""
    made = copy.deepcopy(message)
    for _ in range(rng.randint(1, 3)):
        paths = [path for path in _paths(made) if path]
        if not paths:
            break
        *steps, last = rng.choice(paths)
        node: Any = made
        for step in steps:
            node = node[step]
        if rng.random() < 0.3:
            del node[last]
        else:
            node[last] = rng.choice(VALUES)
    return made


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from _paths(value[name], (*path, name))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from _paths(value[index], (*path, index))
