"""One day of a van told in four dialects: each message written as its standard wants it."""

import itertools
import json
import uuid
from datetime import timedelta
from typing import Any

import days
import numpy as np

from kernel.identifiers import ref_id
from tests import fleet
from tests.factories import TUESDAY

GLN = "0614141073467"
GRAI = "00614141123452400"
PARCELS = {"a": "106141412345678908", "b": "376104250021234569", "c": "106141412345678915"}
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
STOPS = ("a", "b", "c")
PLACES = {"a": (100.0, 50.0), "b": (100.0, 50.0), "c": (60.0, 20.0)}


class Story:
    """What happened, as (seconds after TUESDAY, what, facts), in order of time."""

    def __init__(self, van: Any) -> None:
        self.van = van
        self.trip = str(ref_id(van.organisation_id, "trip", f"trip-{van.ref}"))
        self.stops = {s: str(ref_id(van.organisation_id, "stop", s)) for s in STOPS}
        self.told: list[tuple[float, str, dict[str, Any]]] = []
        self._ids = itertools.count(1)
        self._happen()
        self.told.sort(key=lambda one: one[0])

    def _happen(self) -> None:
        say, rng = self._say, np.random.default_rng(7)
        say(0, "station.gate_in")
        say(60, "station.load_started")
        say(240, "station.load_verified")
        say(300, "station.gate_out")
        say(310, "trip.started")
        t = 320.0
        for stop in STOPS:
            x, y = PLACES[stop]
            fixes, t = days.drive(self.van, t, [(-300, 50), (x, y)], 8.0, rng)
            self._fixes(fixes)
            if stop == "b":
                say(t - 20, "stop.arrived", stop=stop, wrong=True)  # voided: it was not there yet
            say(t + 0.5, "stop.arrived", stop=stop)
            fixes, t = days.stand(self.van, t, x, y, 620, rng)
            self._fixes(fixes)
            failed = {"reason": "recipient_absent"} if stop == "b" else {}
            say(
                t - 100.5,
                "delivery.failed" if failed else "delivery.succeeded",
                stop=stop,
                **failed,
            )
            say(t + 0.5, "stop.departed", stop=stop)
            fixes, t = days.drive(self.van, t + 1, [(x, y), (-300, 60)], 8.0, rng)
            self._fixes(fixes)
            fixes, t = days.stand(self.van, t, -300, 60, 900, rng)
            self._fixes(fixes)
        say(t - 90.5, "trip.ended")

    def _say(self, t: float, what: str, **facts: Any) -> None:
        self.told.append((t, what, facts | {"id": self._next()}))

    def _next(self) -> str:
        return str(uuid.UUID(int=0x0B0E7C9A_1111_4222_8333_000000000000 + next(self._ids)))

    def _fixes(self, fixes: list[dict[str, Any]]) -> None:
        for fix in fixes:
            at = np.datetime64(fix["occurred_at"][:-6]) - np.datetime64(
                TUESDAY.replace(tzinfo=None)
            )
            t = round(float(at / np.timedelta64(1, "ms"))) / 1000
            self._say(t, "position", **fix["place"])


def at(t: float) -> str:
    return (TUESDAY + timedelta(milliseconds=round(t * 1000))).isoformat()


# --- ours ---------------------------------------------------------------------------------------


def cityhub(story: Story) -> list[dict[str, Any]]:
    """Return the day as canonical events, the void included."""
    events = []
    for t, what, facts in story.told:
        event = {
            "event_id": facts["id"],
            "event_type": "telemetry.position" if what == "position" else what,
            "classifier": "actual",
            "carrier_id": str(story.van.organisation_id),
            "occurred_at": at(t),
            "vehicle": {"vehicle_id": str(story.van.id)},
        }
        if what == "position":
            event["place"] = {name: facts[name] for name in ("lat", "lng", "speed_mps")}
        if what.startswith("station."):
            event["place"] = {"station_id": "ref:hub"}
        if what == "station.load_verified":
            event["units"] = [{"id": one, "scheme": "sscc"} for one in PARCELS.values()]
        if "stop" in facts:
            event |= {"trip_id": story.trip, "stop_id": story.stops[facts["stop"]]}
        if what.startswith("trip."):
            event["trip_id"] = story.trip
        if what.startswith("delivery."):
            event["units"] = [{"id": PARCELS[facts["stop"]], "scheme": "sscc"}]
        if "reason" in facts:
            event["outcome"] = {"status": "failed", "reason": facts["reason"]}
        events.append(event)
        if facts.get("wrong"):
            void = fleet.event(story.van, "event.voided", TUESDAY + timedelta(hours=1))
            events.append(void | {"voids": {"event_id": facts["id"], "reason": "did_not_occur"}})
    return events


# --- MDS 2.0 ------------------------------------------------------------------------------------

MDS_WORDS = {
    "trip.started": ("on_trip", "trip_start"),
    "trip.ended": ("available", "trip_end"),
    "stop.arrived": ("stopped", "trip_pause"),
    "stop.departed": ("on_trip", "trip_resume"),
    "delivery.succeeded": ("stopped", "order_drop_off"),
}


def mds(story: Story) -> dict[str, list[dict[str, Any]]]:
    """Return the day as telemetry and events of MDS; what it has no word for is left out."""
    who = {"device_id": str(story.van.id), "provider_id": str(story.van.organisation_id)}
    told: dict[str, list[dict[str, Any]]] = {"telemetry": [], "events": []}
    for t, what, facts in story.told:
        message = who | {"timestamp": 1778569200000 + round(t * 1000)}
        if what == "position":
            place = {"lat": facts["lat"], "lng": facts["lng"], "speed": facts["speed_mps"]}
            ids = {"telemetry_id": facts["id"], "trip_ids": None, "journey_id": None}
            told["telemetry"].append(message | ids | {"location": place})
        elif what in MDS_WORDS:
            state, word = MDS_WORDS[what]
            message |= {
                "event_id": facts["id"],
                "vehicle_state": state,
                "event_types": [word],
                "trip_ids": [story.trip],
                "location": {"lat": 60.17, "lng": 24.94},
            }
            if "stop" in facts:
                message["stop_id"] = story.stops[facts["stop"]]
            told["events"].append(message)
    return told


# --- OTM 5.6 ------------------------------------------------------------------------------------


def reference(kind: str, identifier: str) -> dict[str, Any]:
    return {"associationType": "reference", "entityType": kind, "uuid": identifier}


def inline(entity: dict[str, Any]) -> dict[str, Any]:
    return {"associationType": "inline", "entity": entity}


def otm(story: Story) -> dict[str, list[dict[str, Any]]]:
    """Return the day as a trip with its actions, and events; the wrong arrival by an update."""
    events, visits = [], {}
    by_van = {"vehicle": reference("vehicle", str(story.van.id))}
    for t, what, facts in story.told:
        if what == "position":
            speed = {"value": facts["speed_mps"] * 3.6, "unit": "km/h"}
            geo = {"type": "latLonPointGeoReference", "lat": facts["lat"], "lon": facts["lng"]}
            moved = {"eventType": "locationUpdateEvent", "geoReference": geo | {"speed": speed}}
            events.append(
                moved | by_van | {"id": facts["id"], "lifecycle": "actual", "creationDate": at(t)}
            )
        elif what.startswith("trip."):
            status = "inTransit" if what == "trip.started" else "completed"
            trip = {"id": story.trip, "entityType": "trip", "status": status} | by_van
            events.append(
                {
                    "id": facts["id"],
                    "eventType": "updateEvent",
                    "creationDate": at(t),
                    "entity": trip,
                }
            )
        elif facts.get("wrong"):
            stop = {"entityType": "stop", "id": story.stops[facts["stop"]], "lifecycle": "actual",
                    "startTime": at(t)}  # fmt: skip
            events.append(
                {
                    "id": facts["id"],
                    "eventType": "updateEvent",
                    "creationDate": at(t),
                    "entity": stop,
                }
            )
        else:
            visits.setdefault(facts.get("stop", "hub"), {})[what] = (t, facts)
    trip = {
        "id": story.trip,
        "entityType": "trip",
        "status": "completed",
        "transportMode": "road",
        **by_van,
        "actions": [inline(one) for one in _otm_actions(story, visits)],
    }
    return {"trips": [trip], "events": events}


def _otm_actions(story: Story, visits: dict[str, Any]) -> Any:
    for number, stop in enumerate(STOPS, start=1):
        lng, lat = days.ORIGIN
        geo = {"type": "latLonPointGeoReference", "lat": lat, "lon": lng}
        yield {
            "id": story.stops[stop],
            "actionType": "stop",
            "lifecycle": "planned",
            "sequenceNr": number,
            "location": inline({"name": stop, "type": "customer", "geoReference": geo}),
            "startTime": at(300 + 1800 * number),
        }
    hub = visits["hub"]
    load = {
        "id": str(uuid.UUID(int=77)),
        "actionType": "load",
        "lifecycle": "realized",
        "startTime": at(hub["station.load_started"][0]),
        "endTime": at(hub["station.load_verified"][0]),
        "consignment": inline(_consignment(*PARCELS.values())),
        "result": {"status": "succeeded"},
    }
    yield {
        "id": str(uuid.UUID(int=78)),
        "actionType": "stop",
        "lifecycle": "realized",
        "location": inline(_hub()),
        "startTime": at(hub["station.gate_in"][0]),
        "endTime": at(hub["station.gate_out"][0]),
        "actions": [inline(load)],
    }
    for number, stop in enumerate(STOPS):
        visit = visits[stop]
        failed = visit.get("delivery.failed")
        t = (failed or visit["delivery.succeeded"])[0]
        result = (
            {"status": "failed", "reason": "receiverAbsent"} if failed else {"status": "succeeded"}
        )
        unload = {
            "id": str(uuid.UUID(int=80 + number)),
            "actionType": "unload",
            "lifecycle": "realized",
            "endTime": at(t),
            "consignment": inline(_consignment(PARCELS[stop])),
            "result": result,
        }
        yield {
            "id": story.stops[stop],
            "actionType": "stop",
            "lifecycle": "realized",
            "startTime": at(visit["stop.arrived"][0]),
            "endTime": at(visit["stop.departed"][0]),
            "actions": [inline(unload)],
        }


def _consignment(*parcels: str) -> dict[str, Any]:
    goods = [inline({"type": "items", "entityType": "items", "barCode": one}) for one in parcels]
    return {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, parcels[0])), "goods": goods}


def _hub() -> dict[str, Any]:
    geo = {"type": "latLonPointGeoReference", "lat": 60.17, "lon": 24.93}
    return {"name": "Hub", "type": "warehouse", "gln": GLN, "geoReference": geo}


# --- EPCIS 2.0 ----------------------------------------------------------------------------------

VAN = f"https://id.gs1.org/8003/{GRAI}"
EPCIS_STEPS = {
    "station.gate_in": "arriving",
    "station.load_started": "staging_outbound",
    "station.gate_out": "departing",
    "stop.arrived": "arriving",
    "stop.departed": "departing",
    "delivery.failed": "https://cityhub.example/epcis/BizStep-delivery_attempted",
}


def epcis(story: Story) -> dict[str, Any]:
    """Return the day as one EPCIS document; what it has no step for is left out."""
    events = [one for t, what, facts in story.told for one in _epcis(story, t, what, facts)]
    return {
        "@context": [CONTEXT, {"cityhub": "https://cityhub.example/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": at(0),
        "epcisBody": {"eventList": events},
    }


def _epcis(story: Story, t: float, what: str, facts: dict[str, Any]) -> Any:
    whole = {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventID": f"urn:uuid:{facts['id']}",
        "eventTime": at(t),
        "eventTimeZoneOffset": "+03:00",
        "epcList": [VAN],
    }
    if what == "position":
        speed = {"type": "Speed", "value": facts["speed_mps"], "uom": "2M"}
        yield whole | {
            "bizStep": "sensor_reporting",
            "readPoint": {"id": f"geo:{facts['lat']:.12f},{facts['lng']:.12f}"},
            "sensorElementList": [{"sensorReport": [speed]}],
        }
        return
    if what.startswith("trip."):
        return
    if what in ("station.load_verified", "delivery.succeeded"):
        del whole["epcList"]
        loading = what == "station.load_verified"
        parcels = PARCELS.values() if loading else [PARCELS[facts["stop"]]]
        whole |= {
            "type": "AggregationEvent",
            "action": "ADD" if loading else "DELETE",
            "bizStep": "loading" if loading else "unloading",
            "parentID": VAN,
            "childEPCs": [f"https://id.gs1.org/00/{one}" for one in parcels],
        }
    else:
        whole["bizStep"] = EPCIS_STEPS[what]
    if "reason" in facts:
        whole["cityhub:reason"] = facts["reason"]
        whole["epcList"] = [VAN, f"https://id.gs1.org/00/{PARCELS[facts['stop']]}"]
    if "stop" in facts:
        whole["bizTransactionList"] = [
            {"type": "https://cityhub.example/epcis/BTT-trip",
             "bizTransaction": f"urn:uuid:{story.trip}"},
            {"type": "https://cityhub.example/epcis/BTT-stop",
             "bizTransaction": f"urn:uuid:{story.stops[facts['stop']]}"},
        ]  # fmt: skip
    else:
        whole["readPoint"] = {"id": f"https://id.gs1.org/414/{GLN}"}
    yield whole
    if facts.get("wrong"):
        declared = {"declarationTime": at(3600), "reason": "did_not_occur"}
        yield whole | {"errorDeclaration": declared}


def as_json(messages: Any) -> bytes:
    return json.dumps(messages).encode()
