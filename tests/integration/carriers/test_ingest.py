"""`./hub manage ingest`: files through the same intake, with figures that can be trusted."""

import gzip
import io
import json
import uuid
from contextlib import redirect_stdout
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from carriers.models import CaptureJob, LoggedEvent, LoggedPosition, Original, RoutePlan, Vehicle
from tests import fleet, standards
from tests.factories import TUESDAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("domain_clock")]

FIGURES = (
    "files", "items", "accepted", "duplicate", "conflict", "quarantined", "refused",
    "files_accepted", "files_refused",
)  # fmt: skip


@pytest.fixture
def van(carrier):
    return fleet.vehicle(carrier, "van-7", grai="00614141123452400")


@pytest.fixture
def write(tmp_path):
    """Return `write(name, content)`: a file with bytes, lines (list of bytes) or JSON."""

    def make(name, content):
        path = tmp_path / name
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        return path

    return make


def ingest(*paths, form="cityhub", carrier="blue-vans", **options):
    """Run the command; return its last line as JSON and its exit code."""
    out, code = io.StringIO(), 0
    try:
        call_command(
            "ingest",
            *map(str, paths),
            format=form,
            carrier=carrier,
            json=True,
            stdout=out,
            **options,
        )
    except SystemExit as end:
        code = end.code
    return json.loads(out.getvalue().splitlines()[-1]), code


def fix(van, seconds=0, **members):
    return fleet.position(van, TUESDAY - timedelta(seconds=seconds)) | members


def test_json_lines_and_gzip_are_read_and_each_item_is_counted(write, van):
    first, second, third = (fix(van, seconds) for seconds in (0, 1, 2))
    lines = b"\n".join(json.dumps(one).encode() for one in (third, first)) + b"\n\n"
    told, code = ingest(
        write("list.json", [first, first]),
        write("one.json", second),
        write("lines.ndjson", lines),
        write("packed.json.gz", {"events": [second]}),
    )
    assert {name: told[name] for name in FIGURES} == {
        "files": 4, "items": 6, "accepted": 3, "duplicate": 3, "conflict": 0, "quarantined": 0,
        "refused": 0, "files_accepted": 4, "files_refused": 0,
    }  # fmt: skip
    assert (told["refusals"], code) == ([], 0)
    assert LoggedPosition.objects.count() == 3


def test_lines_in_a_file_with_another_name_are_lines(write, van):
    lines = b"\n".join(json.dumps(fix(van, seconds)).encode() for seconds in range(3))
    told, code = ingest(write("export.txt", lines))
    assert (told["items"], told["accepted"], code) == (3, 3, 0)


def test_a_bad_file_and_a_bad_item_sink_nothing_and_are_named(write, van, tmp_path):
    good, bad = fix(van), fix(van, place={"lat": 91, "lng": 0})
    changed = good | {"occurred_at": (TUESDAY - timedelta(days=1)).isoformat()}
    ahead = fix(van, -3600)
    told, code = ingest(
        write("mixed.json", [good, bad, changed, ahead]),
        write("broken.json", b"{nonsense"),
        tmp_path / "absent.json",
        write("empty.json", b"  \n"),
        write("lines.ndjson", b"nonsense\n" + json.dumps(fix(van, 9)).encode()),
    )
    assert code == 3
    assert {name: told[name] for name in FIGURES} == {
        "files": 5, "items": 6, "accepted": 2, "duplicate": 0, "conflict": 1, "quarantined": 1,
        "refused": 2, "files_accepted": 2, "files_refused": 3,
    }  # fmt: skip
    named = [(one["file"].rpartition("/")[2], one["index"], one["pointer"], one["code"])
             for one in told["refusals"]]  # fmt: skip
    assert named == [
        ("mixed.json", 1, "/1/place/lat", "event.invalid"),
        ("broken.json", None, "", "event.malformed"),
        ("absent.json", None, "", "file.unreadable"),
        ("empty.json", None, "", "dialect.not_a_document"),
        ("lines.ndjson", 0, "", "event.malformed"),
    ]
    assert all(one["reason"] for one in told["refusals"])
    assert [(one["index"], one["status"]) for one in told["doubts"]] == [
        (2, "conflict"),
        (3, "quarantined"),
    ]


def test_a_gzip_that_is_cut_off_is_a_refused_file(write, van, tmp_path):
    path = write("all.json.gz", [fix(van)])
    path.write_bytes(path.read_bytes()[:-9])
    told, code = ingest(path)
    assert (told["files_refused"], told["refusals"][0]["reason"], code) == (
        1,
        "The gzip is cut off.",
        3,
    )


def test_a_dry_run_gives_the_same_figures_and_writes_nothing(write, van, carrier):
    files = [
        write("a.json", [fix(van), fix(van, place={"lat": 91, "lng": 0})]),
        write("b.json", [fix(van, 5)]),
    ]
    files.append(write("c.json", json.loads(files[0].read_bytes())))  # duplicates across files
    dry, code = ingest(*files, dry_run=True)
    assert code == 3
    assert not LoggedPosition.objects.exists()
    wet, _ = ingest(*files)
    assert dry == wet
    assert wet["duplicate"] == 1
    assert LoggedPosition.objects.count() == 2
    from foundation.models import OutboxMessage

    otm = write("trip.json", trip(van))
    ingest(otm, form="otm", dry_run=True)
    assert not RoutePlan.objects.exists()
    assert not Original.objects.exists()
    assert not OutboxMessage.objects.exists()


def trip(van):
    geo = {"type": "latLonPointGeoReference", "lat": 60.17, "lon": 24.94}
    place = {"associationType": "inline", "entity": {"geoReference": geo}}
    stop = {"id": str(uuid.uuid4()), "actionType": "stop", "lifecycle": "planned",
            "startTime": TUESDAY.isoformat(), "location": place}  # fmt: skip
    by_van = {"associationType": "reference", "entityType": "vehicle", "uuid": str(van.id)}
    return {"id": str(uuid.uuid4()), "entityType": "trip", "vehicle": by_van,
            "actions": [{"associationType": "inline", "entity": stop}]}  # fmt: skip


def test_a_file_of_mds_holds_messages_of_every_kind(write, van, carrier):
    device = str(uuid.uuid4())
    who = {"device_id": device, "provider_id": str(carrier.id)}
    vehicle = {"vehicle_id": "R-1", "vehicle_type": "truck", "propulsion_types": ["electric"]}
    telemetry = {"telemetry_id": str(uuid.uuid4()), "timestamp": 1778569200000, "trip_ids": None,
                 "journey_id": None, "location": {"lat": 60.17, "lng": 24.94}}  # fmt: skip
    event = {"event_id": str(uuid.uuid4()), "vehicle_state": "non_contactable",
             "event_types": ["comms_lost"], "timestamp": 1778569200000,
             "location": {"lat": 60.17, "lng": 24.94}}  # fmt: skip
    told, code = ingest(
        write("mds.json", [who | vehicle, who | telemetry, who | event, {"what": "is this"}]),
        write("batch.json", {"telemetry": [who | telemetry], "events": [who | event]}),
        form="mds",
    )
    assert (told["accepted"], told["duplicate"], told["refused"], code) == (3, 2, 1, 3)
    assert told["refusals"][0]["pointer"] == "/3"
    assert Vehicle.objects.filter(ref=device).exists()


def test_files_of_otm_are_told_apart_by_their_entities(write, van):
    event = {"id": str(uuid.uuid4()), "eventType": "startEngineEvent",
             "creationDate": TUESDAY.isoformat(),
             "vehicle": {"associationType": "reference", "entityType": "vehicle",
                         "uuid": str(van.id)}}  # fmt: skip
    told, code = ingest(write("otm.json", [trip(van), event]), form="otm")
    assert (told["accepted"], code) == (2, 0)
    assert (RoutePlan.objects.count(), LoggedEvent.objects.count()) == (1, 1)


def test_what_has_no_event_is_accepted_and_noted(write, van, carrier):
    seen = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "packing",
        "epcList": ["urn:epc:id:grai:0614141.12345.400"],
        "eventTime": TUESDAY.isoformat(),
        "eventTimeZoneOffset": "+00:00",
    }
    told, code = ingest(write("seen.jsonld", seen), form="epcis")
    assert (told["accepted"], told["refused"], code) == (1, 0, 0)
    assert told["notes"][0]["code"] == "dialect.not_mapped"
    assert not CaptureJob.objects.exists()


@standards.needed
def test_every_sample_of_epcis_is_taken_or_refused_as_the_schema_says(carrier):
    for path in standards.epcis_samples():
        valid = standards.epcis().is_valid(json.loads(path.read_text()))
        told, code = ingest(path, form="epcis")
        assert (told["files_accepted"], told["refused"] == 0, code == 0) == (valid, valid, valid)


@standards.needed
def test_every_sample_of_otm_is_read_although_its_schema_refuses_one(carrier):
    """`"fuel": "Diesel"` breaks the enum of 5.6; the trips are of 2021, their vehicles unknown."""
    told, _ = ingest(*standards.otm_samples(), form="otm")
    assert told["items"] == 4
    assert {one["code"] for one in told["refusals"]} <= {
        "dialect.unnamed",
        "carriers.vehicle_not_found",
    }


def test_events_of_another_carrier_are_refused(write, van, other_carrier):
    told, code = ingest(write("a.json", [fix(van)]), carrier="red-trucks")
    assert (told["refused"], told["refusals"][0]["code"], code) == (1, "carrier.not_yours", 3)


def test_a_file_larger_than_a_batch_is_taken_in_chunks(write, van):
    lines = b"\n".join(json.dumps(fix(van, seconds)).encode() for seconds in range(2_500))
    told, code = ingest(write("many.ndjson.gz", lines))
    assert (told["accepted"], told["items"], code) == (2_500, 2_500, 0)


def test_the_last_line_for_people_holds_the_figures(write, van):
    out = io.StringIO()
    with pytest.raises(SystemExit) as end, redirect_stdout(out):
        call_command(
            "ingest",
            str(write("a.json", [fix(van), fix(van, place={"lat": 91, "lng": 0})])),
            format="cityhub",
            carrier="blue-vans",
            stdout=out,
        )
    assert end.value.code == 3
    lines = out.getvalue().splitlines()
    assert "item 1 /1/place/lat: refused" in lines[0]
    assert lines[-1] == (
        "files 1, items 2, accepted 1, duplicate 0, conflict 0, quarantined 0, refused 1,"
        " files_accepted 1, files_refused 0"
    )


def test_a_city_that_is_not_there_is_a_wrong_argument(write, van):
    with pytest.raises(CommandError, match="no city 'nope'; there are: hel") as wrong:
        ingest(write("a.json", [fix(van)]), city="nope")
    assert wrong.value.returncode == 2


def test_a_carrier_that_nobody_or_everybody_knows_is_a_wrong_argument(write, van, hd):
    from tests import factories

    path = write("a.json", [fix(van)])
    with pytest.raises(CommandError, match="no carrier") as wrong:
        ingest(path, carrier="nobody")
    assert wrong.value.returncode == 2
    factories.organisation(hd, "blue-vans")
    with pytest.raises(CommandError, match="--city hd, hel"):
        ingest(path)
    assert ingest(path, city="hel")[0]["accepted"] == 1
