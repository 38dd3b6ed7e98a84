"""Evidence is frozen with the confirmation, linked, kept for its own time, and shown as it was.

The lorry of `test_from_events` drives through the closed square: 20 fixes, of which 10 inside.
"""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from carriers.services import retention
from compliance.models import Dispute, EvidenceBundle, Finding
from compliance.services import evidence, findings, printing
from foundation.models import OutboxMessage
from kernel.refusals import Refusal
from roads.builds import build_base, build_view
from roads.models import StreetNetwork, View
from roads.network import open_view
from roads.selectors import networks
from tests.factories import TUESDAY
from tests.integration.compliance.test_from_events import (  # noqa: F401 (fixtures)
    DAY,
    drive,
    lorry,
    official,
    post,
    publish,
)
from zones.services import regulations

pytestmark = pytest.mark.django_db

DOCUMENTED = Path(__file__).resolve().parents[3] / "docs" / "api" / "compliance.md"
CONFIRMED = TUESDAY + DAY + timedelta(minutes=2)


@pytest.fixture
def found(api, lorry, publish, drain, domain_clock):  # noqa: F811 (fixtures)
    """A finding of the drive, still provisional."""
    publish()
    domain_clock(TUESDAY + timedelta(minutes=5))
    post(api(), drive(lorry, TUESDAY))
    drain()
    return Finding.objects.get()


@pytest.fixture
def confirmed(found, domain_clock):
    domain_clock(CONFIRMED)
    findings.confirm(CONFIRMED)
    found.refresh_from_db()
    return found


def kinds(bundle):
    return [entry.kind for entry in bundle.entries]


def test_a_provisional_finding_shows_what_is_known_and_keeps_nothing(found):
    bundle = evidence.bundle_of(found, now=TUESDAY + timedelta(hours=1))
    assert (bundle.number, bundle.frozen_at) == (0, None)
    assert len(bundle.events) == 20
    assert not EvidenceBundle.objects.exists()


def test_confirmation_freezes_vehicle_rule_judgement_events_path_map_and_journal(
    confirmed,
    lorry,  # noqa: F811
):
    bundle = evidence.bundle_of(confirmed, now=CONFIRMED)
    assert (bundle.number, bundle.frozen_at, bundle.broken) == (1, CONFIRMED, None)
    assert kinds(bundle) == [
        "finding", "vehicle", "rule", "judgement", "place", *["event"] * 20, "path", "map",
        "journal",
    ]  # fmt: skip
    assert bundle.of("finding")["state"] == "confirmed"
    assert bundle.of("vehicle") == {"id": str(lorry.id), "plate": lorry.plate}
    rule = bundle.of("rule")
    assert (rule["title"], rule["number"]) == ("Heavy", 1)
    assert rule["rows"] == [{"what": {"effect": "prohibit"}, "who": {"gross_weight_over_kg": 7500}}]
    assert bundle.of("judgement")["grace_s"] == 30
    assert [event["inside"] for event in bundle.events].count(True) == 10
    path = bundle.of("path")
    assert path["fixes"][0] == [24.9355, 60.165]
    assert (len(path["fixes"]), path["matched"], path["streets"]) == (20, [], None)
    assert path["not_matched"] == "no_streets"
    assert bundle.of("map")["svg"].count("<circle") == 20
    assert [entry["entry"] for entry in bundle.of("journal")] == ["opened", "confirmed"]


def test_streets_that_cannot_be_opened_keep_no_finding_from_its_confirmation(found, hel):
    """The database knows of streets whose files this host has not, nor what to build them from."""
    StreetNetwork.objects.create(
        city=hel, content="gone", loaded_at=TUESDAY, west=24.9, south=60.1, east=25, north=60.2
    )
    View.objects.create(
        city=hel, content="gone", profile="van", key="free", path="gone", created_at=TUESDAY
    )
    assert findings.confirm(CONFIRMED) == 1
    found.refresh_from_db()
    bundle = evidence.bundle_of(found, now=CONFIRMED)
    assert (found.state, bundle.number, bundle.broken) == ("confirmed", 1, None)
    path = bundle.of("path")
    assert (path["matched"], path["not_matched"]) == ([], "streets_not_opened")
    assert (len(path["fixes"]), path["streets"]) == (20, "gone")
    with translation.override("de"):
        page = printing.page(bundle, hel)
    assert "Die Straßen ließen sich nicht öffnen, als die Belege festgehalten wurden." in page


def test_the_head_is_told_with_the_confirmation(confirmed):
    told = OutboxMessage.objects.get(topic="finding.changed").payload
    assert told["change"] == "confirmed"
    assert told["evidence_head"] == EvidenceBundle.objects.get().head


def test_evidence_outlives_the_events_and_is_not_made_anew_from_less(confirmed, monkeypatch):
    from django.db import connection

    with connection.cursor() as cursor:  # what retention does with whole partitions
        cursor.execute("DELETE FROM carriers_position")
    assert retention.kept_days("carriers_position") < 1095
    bundle = evidence.bundle_of(confirmed, now=CONFIRMED + timedelta(days=60))
    assert len(bundle.events) == 20


def test_voided_events_are_no_evidence(found, api, lorry, drain):  # noqa: F811
    from tests import fleet

    told = evidence.bundle_of(found, now=TUESDAY).events
    void = fleet.event(
        lorry,
        "event.voided",
        TUESDAY + timedelta(minutes=4),
        voids={"event_id": told[3]["event_id"], "reason": "did_not_occur"},
    )
    void.pop("vehicle")
    post(api(), [void])
    drain()
    now = evidence.bundle_of(Finding.objects.standing().get(), now=TUESDAY).events
    assert told[3]["event_id"] not in [event["event_id"] for event in now]
    assert len(now) == 19


def test_an_adjustment_freezes_a_second_bundle_that_follows_on_the_first(
    confirmed,
    official,  # noqa: F811
    drain,
    domain_clock,
):
    first = EvidenceBundle.objects.get()
    later = domain_clock(CONFIRMED + DAY)
    regulations.annul(actor=official, version_id=confirmed.version_id, reason="Court", now=later)
    drain()
    confirmed.refresh_from_db()
    bundle = evidence.bundle_of(confirmed, now=later)
    assert (confirmed.state, bundle.number, bundle.previous) == ("withdrawn", 2, first.head)
    assert bundle.broken is None
    assert bundle.of("journal")[-1]["because"]["versions"][0]["change"] == "annulled"
    told = OutboxMessage.objects.filter(topic="finding.changed").last().payload
    assert (told["change"], told["evidence_head"]) == ("withdrawn", bundle.head)
    assert "dispute_id" not in told
    first.refresh_from_db()
    assert '"state":"confirmed"' in first.document


def test_tampering_with_what_was_frozen_is_named(confirmed):
    row = EvidenceBundle.objects.get()
    eighth = f'"lng":{24.9355 + 0.001 * 7},'
    assert row.document.count(eighth) == 1
    EvidenceBundle.objects.update(document=row.document.replace(eighth, '"lng":24.93,'))
    broken = evidence.broken_link(confirmed)
    # Five entries come before the first fix.
    assert (broken.bundle, broken.entry, broken.kind) == (1, 12, "event")
    assert evidence.bundle_of(confirmed, now=CONFIRMED).broken == broken


def test_what_was_frozen_and_destroyed_is_told_and_no_error(confirmed):
    EvidenceBundle.objects.update(document="no JSON")
    bundle = evidence.bundle_of(confirmed, now=CONFIRMED)
    assert (bundle.entries, bundle.broken.entry) == ([], 0)


@pytest.fixture
def recipe(tmp_path):
    """Run the programme that the documentation gives to outsiders, on the text of an answer."""
    (programme,) = re.findall(r"```python\n(.*?)```", DOCUMENTED.read_text(), re.DOTALL)
    (tmp_path / "verify.py").write_text(programme)

    def run(text):
        (tmp_path / "answer.json").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-I", tmp_path / "verify.py", tmp_path / "answer.json"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    return run


def test_an_outsider_verifies_the_evidence_with_the_json_alone(
    confirmed,
    api,
    recipe,
    official,  # noqa: F811
    drain,
    domain_clock,
):
    url = f"/api/v1/findings/{confirmed.id}/evidence"
    answer = api().get(url).content.decode()
    first = OutboxMessage.objects.get(topic="finding.changed").payload["evidence_head"]
    assert recipe(answer) == (0, first, "")
    eighth = f'"lng":{24.9355 + 0.001 * 7},'
    assert answer.count(eighth) == 1
    moved = answer.replace(eighth, '"lng":24.93,')
    # Five entries come before the first fix.
    assert recipe(moved) == (1, "", "entry 12 (event) is not what was hashed")
    told = json.loads(answer)
    told["entries"].pop()
    assert recipe(json.dumps(told)) == (1, "", "entries are missing")
    later = domain_clock(CONFIRMED + DAY)
    regulations.annul(actor=official, version_id=confirmed.version_id, reason="Court", now=later)
    drain()
    second = api().get(url).content.decode()
    assert (json.loads(second)["number"], json.loads(second)["previous"]) == (2, first)
    assert recipe(second) == (0, EvidenceBundle.objects.get(number=2).head, "")


@pytest.mark.parametrize("what", ["", "/evidence", "/evidence.pdf", "/disputes"])
def test_another_organisation_cannot_tell_evidence_from_what_never_was(
    confirmed, api, other_carrier, what
):
    stranger = api(organisation=other_carrier)
    theirs = stranger.get(f"/api/v1/findings/{confirmed.id}{what}")
    nobodys = stranger.get(f"/api/v1/findings/{uuid4()}{what}")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.json() | {"request_id": ""} == nobodys.json() | {"request_id": ""}
    # Neither the head nor the bundle's own id opens anything, for its owner neither.
    bundle = EvidenceBundle.objects.get()
    assert isinstance(bundle.id, UUID)
    for key in (bundle.id, bundle.head):
        assert api().get(f"/api/v1/findings/{key}{what}").status_code == 404


def test_evidence_is_forgotten_after_its_own_time_not_before(confirmed, settings):
    settings.HUB_EVIDENCE_DAYS = 100
    assert evidence.forget_old(CONFIRMED + timedelta(days=100)) == 0
    assert evidence.forget_old(CONFIRMED + timedelta(days=100, seconds=1)) == 1
    assert not EvidenceBundle.objects.exists()


def test_no_evidence_goes_while_a_dispute_waits(confirmed, settings):
    settings.HUB_EVIDENCE_DAYS = 100
    dispute = Dispute.objects.create(
        finding=confirmed, reason="No", opened_at=CONFIRMED, decide_by_at=CONFIRMED
    )
    late = CONFIRMED + timedelta(days=200)
    assert evidence.forget_old(late) == 0
    Dispute.objects.filter(pk=dispute.pk).update(state="dismissed", decided_at=late)
    assert evidence.forget_old(late) == 1


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Evidence of a finding"),
        ("de", "Belege zu einer Feststellung"),
        ("fr", "Preuves d’un constat"),
    ],
)
def test_the_pdf_speaks_the_readers_language_and_loads_nothing(
    confirmed, monkeypatch, language, title
):
    asked = []
    monkeypatch.setattr(printing, "_refuse", lambda url, *_args, **_more: asked.append(url))
    bundle = evidence.bundle_of(confirmed, now=CONFIRMED)
    with translation.override(language):
        page = printing.page(bundle, confirmed.city)
        made = printing.pdf(bundle, confirmed.city)
    assert title in page
    assert bundle.head in page
    assert made.startswith(b"%PDF-")
    assert asked == []


def test_who_prints_while_enough_others_do_is_told_to_come_back(confirmed, monkeypatch):
    bundle, asked = evidence.bundle_of(confirmed, now=CONFIRMED), []

    def printed(page):
        asked.append(page)
        if len(asked) < 5:
            printing.pdf(bundle, confirmed.city)
        return b"%PDF-"

    monkeypatch.setattr(printing, "_printed", printed)
    for _again in range(2):  # what a refused one held is free for the next
        asked.clear()
        with pytest.raises(Refusal) as refused:
            printing.pdf(bundle, confirmed.city)
        assert (refused.value.status, len(asked)) == (503, printing.AT_ONCE)


def test_a_sentence_in_a_pdf_is_text_and_not_markup(confirmed):
    Finding.objects.update(sentence='<img src="http://example.org/x.png">')
    EvidenceBundle.objects.all().delete()
    confirmed.refresh_from_db()
    page = printing.page(evidence.bundle_of(confirmed, now=CONFIRMED), confirmed.city)
    assert "&lt;img src=" in page
    assert "<img" not in page


def test_a_hundred_findings_are_frozen_with_the_queries_of_one(
    found, django_assert_max_num_queries
):
    ids = [found.id]
    for _ in range(5):
        found.pk = None
        found._state.adding = True
        copy = Finding.objects.create(
            **{
                field.attname: getattr(found, field.attname)
                for field in Finding._meta.concrete_fields
                if field.attname not in ("id", "xid")
            }
        )
        ids.append(copy.id)
    with django_assert_max_num_queries(20):
        heads = evidence.freeze(ids, CONFIRMED)
    assert len(set(heads.values())) == 6


def test_the_command_verifies_every_chain_and_names_what_is_broken(confirmed, capsys):
    call_command("verify_evidence", "--json")
    assert json.loads(capsys.readouterr().out) == {"verified": 1, "broken": []}
    row = EvidenceBundle.objects.get()
    touched = row.document.replace('"kind":"prohibited"', '"kind":"warning"')
    EvidenceBundle.objects.update(document=touched)
    with pytest.raises(SystemExit) as left:
        call_command("verify_evidence", str(confirmed.id), "--json")
    assert left.value.code == 3
    assert json.loads(capsys.readouterr().out) == {
        "verified": 1,
        "broken": [{"finding_id": str(confirmed.id), "bundle": 1, "entry": 0, "kind": "finding"}],
    }


def test_the_command_says_of_which_finding_there_is_no_evidence(found):
    with pytest.raises(CommandError, match=str(found.id)):
        call_command("verify_evidence", str(found.id))


def test_the_way_along_the_streets_is_part_of_the_evidence(found, tmp_path, monkeypatch):
    """One street runs along latitude 60.1651, 11 m north of the fixes: the way lies on it."""
    nodes = [f"n{number} v1 x{24.93 + 0.003 * number} y60.1651" for number in range(1, 10)]
    way = f"w1 v1 Thighway=residential,name=Long N{','.join(f'n{n}' for n in range(1, 10))}"
    (tmp_path / "street.opl").write_text("\n".join([*nodes, way]) + "\n")
    base = build_base(tmp_path / "street.opl", "van", tmp_path / "base")
    street = open_view(build_view(base, None, tmp_path / "views"))
    monkeypatch.setattr(networks, "free_view", lambda *_: SimpleNamespace(content="street-1"))
    monkeypatch.setattr(networks, "of", lambda _: street)
    bundle = evidence.bundle_of(found, now=TUESDAY)
    path = bundle.of("path")
    (driven,) = path["matched"]
    assert {lat for _, lat in driven} == {60.1651}
    assert (driven[0][0], driven[-1][0]) == pytest.approx((24.9355, 24.9545), abs=1e-5)
    assert (path["streets"], path["not_matched"]) == ("street-1", None)
    assert bundle.of("map")["svg"].count('class="way"') == 1
