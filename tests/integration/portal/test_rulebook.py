"""The pages of rules: who may, what they say, what they do, and what they refuse."""

import html
import json
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import resolving
from accounts.services import setup
from curbs.services import bookings
from tests import curb_factories, factories, zone_factories
from tests.factories import TUESDAY
from zones.models import AccessZone, Calendar, Permit, RegulationVersion
from zones.services import permits, regulations

NO_LORRIES = {
    "id": "lorries",
    "who": {"category": ["N2", "N3"]},
    "when": [{"days": ["mon", "tue"], "from": "07:30", "to": "10:00"}],
    "what": {"effect": "prohibit"},
}
HOUR = timedelta(hours=1)
SQUARE = [[24.94, 60.16], [24.95, 60.16], [24.95, 60.17], [24.94, 60.17], [24.94, 60.16]]


@pytest.fixture
def office(client, domain_clock, hel_city):
    """Return `office()`: a test client of a new official of Helsinki, who is signed in."""

    def sign_in(role="city_official"):
        client.force_login(factories.person(hel_city, role))
        return client

    return sign_in


@pytest.fixture
def zone(hel):
    """A zone with one published version that forbids lorries on two mornings."""
    return zone_factories.zone(hel, rows=[NO_LORRIES], west=24.94, south=60.16, side=0.01)


@pytest.fixture
def version(zone):
    return RegulationVersion.objects.get(regulation__zone=zone)


def draft(version, rows, **changes):
    """Return another draft of the regulation, written by a machine."""
    actor = factories.actor_of(setup.city_organisation(version.regulation.city))
    facts = {"legal_from": TUESDAY, "title": "Second", **changes}
    return regulations.add_version(
        actor=actor, regulation_id=version.regulation_id, rows=rows, now=TUESDAY, **facts
    )


def page(client, name, /, *args, **query):
    answer = client.get(reverse(f"portal:{name}", args=args), query)
    return answer.status_code, answer.content.decode()


def send(client, name, /, *args, **sent):
    return client.post(reverse(f"portal:{name}", args=args), sent)


class Form(HTMLParser):
    """What a browser would send of the forms of a page: `sent`, by name."""

    def __init__(self, text):
        super().__init__()
        self.sent, self.area, self.select = defaultdict(list), "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        facts = dict(attrs)
        name = facts.get("name")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select:
            if "selected" in facts or not self.sent[self.select]:
                self.sent[self.select] = [facts["value"]]
        elif tag == "textarea":
            self.area, self.sent[name] = name, [""]
        elif tag == "input" and name and (facts["type"] != "checkbox" or "checked" in facts):
            self.sent[name].append(facts["value"])

    def handle_endtag(self, tag):
        self.area = "" if tag == "textarea" else self.area
        self.select = "" if tag == "select" else self.select

    def handle_data(self, data):
        if self.area:
            self.sent[self.area][0] += data


def addresses(zone, version):
    """Return every page of rules that can be looked at."""
    plain = ["rule-zones", "new-zone", "import-rules", "permits"]
    of_zone = ["rule-zone", "new-ground", "split-zone", "zone-templates"]
    of_version = [
        "rule-version", "version-analysis", "analysis-part", "version-impact", "impact-part",
        "edit-version",
    ]  # fmt: skip
    return [
        *(reverse(f"portal:{name}") for name in plain),
        *(reverse(f"portal:{name}", args=[zone.id]) for name in of_zone),
        *(reverse(f"portal:{name}", args=[version.id]) for name in of_version),
    ]


STEPS = ("review", "unreview", "suspend", "resume", "annul", "another")


def test_officials_look_at_all_pages_and_nobody_else_at_any(office, client, carrier, zone, version):
    second = draft(version, [NO_LORRIES])
    for address in addresses(zone, second):
        assert client.get(address).status_code == 302, address
    for role in ("enforcement_officer",):
        officer = office(role)
        assert {officer.get(one).status_code for one in addresses(zone, second)} == {403}
    client.force_login(factories.person(carrier))
    assert {client.get(one).status_code for one in addresses(zone, second)} == {403}
    for name in STEPS:
        assert send(client, f"{name}-version", second.id, reason="x").status_code == 403
    official = office()
    for address in addresses(zone, second):
        assert official.get(address).status_code == 200, address
    assert reverse("portal:rules") in page(official, "tower")[1]


def test_another_citys_rules_and_permits_are_not_there(office, hd, version):
    theirs = zone_factories.zone(hd, rows=[NO_LORRIES], west=8.68, south=49.4, side=0.01)
    other = draft(RegulationVersion.objects.get(regulation__zone=theirs), [NO_LORRIES])
    actor = factories.actor_of(setup.city_organisation(hd))
    permit = permits.issue(
        actor=actor, kind="heavy_day", plate="HD-X 1", starts_at=TUESDAY, now=TUESDAY
    )
    official = office()
    codes = {official.get(one).status_code for one in addresses(theirs, other)[4:]}
    assert codes == {404}
    for name in STEPS:
        assert send(official, f"{name}-version", other.id, reason="x").status_code == 404
    impact = send(official, "version-impact", other.id, bookings="cancel", impact_id=permit.id)
    assert impact.status_code == 404
    assert send(official, "edit-version", other.id, do="save").status_code == 404
    assert send(official, "zone-templates", theirs.id, template="PLAIN-OFF-PEAK").status_code == 404
    assert send(official, "new-regulation", theirs.id, code="x", title="X").status_code == 404
    ground = {"drawn": json.dumps({"type": "Polygon", "coordinates": [SQUARE]})}
    assert send(official, "new-ground", theirs.id, since="2026-05-12", **ground).status_code == 404
    assert send(official, "revoke-permit", permit.id).status_code == 404
    permit.refresh_from_db()
    assert permit.revoked_at is None
    assert "HDX1" not in page(official, "permits")[1]
    assert theirs.code not in page(official, "rule-zones")[1]
    chosen = send(
        official, "permits", kind="heavy_day", plate="A 1", since="2026-05-12", zones=theirs.id
    )
    assert chosen.status_code == 422
    assert Permit.objects.count() == 1


def test_who_may_review_sees_what_waits_by_whom_and_since_when(office, hel_city, version):
    author, reviewer = (factories.person(hel_city, "city_official") for _number in range(2))
    for person, at in ((author, TUESDAY), (reviewer, TUESDAY), (author, TUESDAY - HOUR)):
        written_by = resolving.actor_of_membership(person.memberships.get(), TUESDAY)
        facts = {"legal_from": TUESDAY, "rows": [NO_LORRIES], "now": at}
        regulations.add_version(
            actor=written_by, regulation_id=version.regulation_id, **facts
        )  # fmt: skip
    draft(version, [])  # says nothing yet
    client = office()
    client.force_login(reviewer)
    _status, text = page(client, "rule-zones")
    waiting = text.partition('id="to-review"')[2].partition("</section>")[0]
    assert waiting.count(f"written by {author}") == 2
    assert "Tue 12 May 10:00" in waiting
    assert "Tue 12 May 09:00" in waiting
    assert str(reviewer) not in waiting
    assert '<span class="nav-count">2<' in page(client, "reports")[1]
    client.force_login(author)
    assert '<span class="nav-count">1<' in page(client, "reports")[1]
    officer = office("enforcement_officer")
    assert "nav-count" not in page(officer, "tower")[1]
    hel_city.city.settings = {"zones": {"review": False}}
    hel_city.city.save()
    client.force_login(reviewer)
    assert "nav-count" not in page(client, "reports")[1]


def test_a_zone_is_made_of_a_file_whose_axes_are_turned_round(office):
    official = office()
    turned = [[lat, lng] for lng, lat in SQUARE]
    file = SimpleUploadedFile(
        "zone.geojson", json.dumps({"type": "Polygon", "coordinates": [turned]}).encode()
    )
    answer = official.post(
        reverse("portal:new-zone"),
        {"name": "Harbour", "code": "harbour", "kind": "weight", "boundary": file,
         "grace": "15", "since": "2026-06-01"},
        follow=True,
    )  # fmt: skip
    text = answer.content.decode()
    assert "Latitude stood before longitude; the axes were turned round." in text
    ground = AccessZone.objects.get(code="harbour").geometries.get()
    assert ground.geometry.extent == (24.94, 60.16, 24.95, 60.17)
    assert ground.grace_s == 900
    assert ground.legal_from == datetime(2026, 5, 31, 21, tzinfo=UTC)  # midnight in Helsinki


def test_what_was_mended_in_a_file_is_said_when_it_comes_onto_the_map_and_when_it_is_kept(office):
    official = office()
    turned = [[lat, lng] for lng, lat in SQUARE[:-1]]  # and the ring is open
    file = SimpleUploadedFile(
        "zone.geojson", json.dumps({"type": "Polygon", "coordinates": [turned]}).encode()
    )
    found = send(official, "look-at-boundary", boundary=file).json()
    said = {
        "axes_swapped": "Latitude stood before longitude; the axes were turned round.",
        "ring_closed": "A ring did not end where it began; it was closed.",
    }
    assert {one["code"]: one["text"] for one in found["mended"]} == said
    # The map keeps what it drew, and the codes beside it.
    kept = {"name": "Harbour", "kind": "weight", "drawn": json.dumps(found["geometry"]),
            "mended": "axes_swapped ring_closed nonsense", "since": "2026-06-01"}  # fmt: skip
    refused = send(official, "new-zone", code="no blanks", **kept).content.decode()
    assert "axes_swapped" in refused.partition('data-editor="')[2].partition('"')[0]
    answer = official.post(reverse("portal:new-zone"), {"code": "harbour", **kept}, follow=True)
    for sentence in said.values():
        assert answer.content.decode().count(sentence) == 1


def test_corners_are_counted_without_the_closing_points(office, version):
    hole = [[24.942, 60.162], [24.948, 60.162], [24.945, 60.168], [24.942, 60.162]]
    drawn = json.dumps({"type": "Polygon", "coordinates": [SQUARE, hole]})
    official, zone = office(), version.regulation.zone
    assert send(official, "new-ground", zone.id, drawn=drawn, since="2026-06-01").status_code == 302
    _, text = page(official, "rule-zone", zone.id)
    ground = text.partition("<caption>Ground")[2]
    assert re.findall(r'<td>[^<]*</td><td class="num">(\d+)</td>', ground) == ["7", "4"]


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ("{", "This is no GeoJSON: the text cannot be read."),
        ("[]", "There is no geometry in it."),
        ('{"type": "Point", "coordinates": [24.9, 60.1]}', "points have no ground"),
        ('{"type": "Polygon", "coordinates": [[[24.9, "x"]]]}', "each of two numbers"),
        ('{"type": "Polygon", "coordinates": [[[240, 60], [241, 60], [241, 61], [240, 60]]]}',
         "longitude and latitude in degrees"),
        ('{"type": "Polygon", "coordinates": [[[8.6, 49.4], [8.7, 49.4], [8.7, 49.5],'
         " [8.6, 49.4]]]}", "outside of the region of this city"),
        ('{"type": "Polygon", "coordinates": [[[24.94, 60.16], [24.96, 60.18],'
         " [24.96, 60.16], [24.94, 60.18], [24.94, 60.16]]]}",
         "The boundary crosses itself, at longitude 24.950000, latitude 60.170000."),
        ("", "Choose a file, or write the boundary as GeoJSON."),
        ('{"features": [3, {"geometry": {"type": "GeometryCollection", "geometries": 3}}]}',
         "areas or lines"),
    ],
)  # fmt: skip
def test_what_is_no_boundary_is_said_beside_its_field(office, drawn, said):
    answer = send(
        office(), "new-zone", name="A", code="a", kind="other", drawn=drawn, since="2026-05-12"
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not AccessZone.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 161}, {"code": "no blanks"}, {"kind": "moat"},
     {"grace": "-1"}, {"grace": "1e9"}, {"since": "2026-02-30"}, {"since": "0001-01-01"}],
)  # fmt: skip
def test_what_is_wrong_with_a_zone_is_said_and_nothing_is_made(office, wrong):
    drawn = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    sent = {"name": "A", "code": "a", "kind": "other", "drawn": drawn, "since": "2026-05-12"}
    answer = send(office(), "new-zone", **(sent | wrong))
    assert answer.status_code == 422
    assert f'id="{next(iter(wrong))}-error"' in answer.content.decode()
    assert not AccessZone.objects.exists()


def test_a_code_that_is_taken_is_said(office, zone):
    drawn = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    sent = {"name": "A", "code": zone.code, "kind": "other", "drawn": drawn}
    answer = send(office(), "new-zone", since="2026-05-12", **sent)
    assert answer.status_code == 422
    assert "Another zone has this code." in answer.content.decode()


def test_a_vehicle_is_tested_with_the_rule_that_fired_and_its_week(office, version):
    official = office()
    # 12 May 2026 is a Tuesday; the row rules from 07:30 to 10:00 on Mondays and Tuesdays.
    asked = {"category": "N2", "on": "2026-05-12", "time": "09:00"}
    status, text = page(official, "rule-version", version.id, **asked)
    assert status == 200
    assert "<h3>no access</h3>" in text
    assert "<strong>row 1</strong> forbids" in text
    week = text[text.index('class="data week"') :]
    assert week.count("no access") == 2 * 3  # from 07:30, 08:00 and 09:00, on two days
    assert week.count("07:30 no access") == 2
    assert week.count("no rule") == 7 * 24 - 2 * 2
    later = asked | {"time": "10:00"}
    assert "<h3>no rule</h3>" in page(official, "rule-version", version.id, **later)[1]


def test_a_draft_is_tested_in_the_place_of_its_predecessor_and_a_row_alone(office, version):
    admits = {"id": "free", "priority": 5, "what": {"effect": "allow"}}
    second = draft(version, [NO_LORRIES, admits], legal_from=TUESDAY - timedelta(days=1))
    asked = {"category": "N2", "on": "2026-05-12", "time": "09:30"}
    official = office()
    assert "<h3>no access</h3>" in page(official, "rule-version", version.id, **asked)[1]
    assert "<h3>access</h3>" in page(official, "rule-version", second.id, **asked)[1]
    alone = asked | {"row": "0"}
    second.refresh_from_db()
    assert "<h3>no access</h3>" in page(official, "rule-version", second.id, **alone)[1]


@pytest.mark.parametrize(
    "wrong",
    [{"euro": "nine"}, {"weight": "heavy"}, {"length": "-3"}, {"length": "nan"},
     {"sticker": "critair"}, {"registered": "yesterday"}, {"on": "2026-13-01"}, {"time": "25:00"}],
)  # fmt: skip
def test_a_fact_that_means_nothing_is_said_beside_its_field(office, version, wrong):
    status, text = page(office(), "rule-version", version.id, **({"category": "N2"} | wrong))
    assert status == 422
    assert f'id="{next(iter(wrong))}-error"' in text


@pytest.mark.parametrize("on", ["1900-01-01", "8999-12-31"])
def test_the_ends_of_the_calendar_are_answered(office, version, on):
    asked = {"category": "N2", "on": on, "time": "00:00", "row": "99", "permits": ",x,"}
    assert page(office(), "rule-version", version.id, **asked)[0] in (200, 400)


def test_a_draft_is_edited_and_faults_stand_beside_their_fields(office, version):
    second = draft(version, [NO_LORRIES], legal_from=TUESDAY + timedelta(hours=3))
    official = office()
    head = {"since": "2026-05-12", "until": "", "vacate": "10", "title": "Third"}
    row = {
        "row-1-effect": "charge",
        "row-1-from": "25:00",
        "row-1-rest": '{"who": {"fuel": ["x"]}}',
    }
    answer = send(official, "edit-version", second.id, do="save", rows="1", **head, **row)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert any(f'id="row-1-{name}-error"' in text for name in ("from", "rest"))
    good = {"row-1-effect": "charge", "row-1-amount": "12,50", "row-1-currency": "EUR",
            "row-1-category": "N1", "row-1-rest": '{"id": "toll"}'}  # fmt: skip
    answer = send(official, "edit-version", second.id, do="save", rows="1", **head, **good)
    assert answer.status_code == 302
    second.refresh_from_db()
    assert second.rows == [
        {
            "id": "toll",
            "what": {"effect": "charge", "amount": 1250, "currency": "EUR"},
            "who": {"category": ["N1"]},
        }
    ]
    assert second.legal_from == TUESDAY + timedelta(hours=3)  # its day was not touched
    assert second.vacate_by_s == 600


FULL = {
    "id": "snow",
    "what": {"effect": "require_permit", "permit": "snow-plough"},
    "who": {"category": ["N2"], "euro_below": "VI"},
    "when": [
        {"days": ["mon", "sat"], "from": "07:00", "to": "10:00", "from_on": "2026-11-01",
         "until_on": "2027-04-01", "holidays": "except", "calendar": "snow",
         "calendar_mode": "except"},
    ],
    "unless": {"permit": ["resident", "doctor"]},
    "priority": 10,
    "warning_until": "2026-12-01",
    "legal_reference": "§ 2 (1)",
}  # fmt: skip
ODD = {
    "what": {"effect": "prohibit"},
    "when": [
        {"days": ["sun", "mon"], "holidays": "any", "calendar": "closed", "calendar_mode": "only"}
    ],
}
TWICE = {"what": {"effect": "warn"}, "when": [{"from": "07:00"}, {"calendar": "snow"}]}


def test_a_row_is_written_without_json_and_comes_back_into_its_form(office, hel, version):
    Calendar.objects.create(city=hel, code="snow", name="Snow emergency")
    second = draft(version, [])
    official = office()
    row = {
        "effect": "require_permit", "permit": "snow-plough", "category": "N2",
        "euro_below": "VI", "days": ["mon", "sat"], "from": "07:00", "to": "10:00",
        "first_day": "2026-11-01", "last_day": "2027-03-31", "holidays": "except",
        "calendar": "snow", "calendar_mode": "except", "exempt": "resident, doctor",
        "priority": "10", "warning_until": "2026-12-01", "reference": "§ 2 (1)",
    }  # fmt: skip
    sent = {f"row-1-{name}": said for name, said in row.items()}
    answer = send(official, "edit-version", second.id, rows="1", since="2026-05-12", **sent)
    assert answer.status_code == 302
    second.refresh_from_db()
    assert second.rows == [{name: said for name, said in FULL.items() if name != "id"}]
    text = page(official, "edit-version", second.id)[1]
    assert ">Snow emergency</option>" in text
    shown = Form(text).sent
    assert {name: shown[name] for name in sent} == {
        name: said if isinstance(said, list) else [said] for name, said in sent.items()
    }
    assert shown["row-1-rest"] == [""]


def test_a_form_that_is_sent_as_it_came_changes_no_row(office, hel, version):
    Calendar.objects.create(city=hel, code="snow", name="Snow emergency")
    second = draft(version, [FULL, ODD, TWICE])
    official = office()
    form = Form(page(official, "edit-version", second.id)[1]).sent
    assert form["row-2-calendar"] == ["closed"]  # no calendar of the city, and kept
    assert json.loads(form["row-3-rest"][0]) == {"when": TWICE["when"]}
    assert send(official, "edit-version", second.id, **form).status_code == 302
    second.refresh_from_db()
    assert second.rows == [FULL, ODD, TWICE]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"days": ["mon", "someday"]}, "days"),
        ({"first_day": "2026-02-30"}, "first_day"),
        ({"first_day": "2026-06-02", "last_day": "2026-06-01"}, "last_day"),
        ({"holidays": "at times"}, "holidays"),
        ({"calendar": "x" * 81}, "calendar"),
        ({"calendar_mode": "except"}, "calendar_mode"),
        ({"calendar": "snow", "calendar_mode": "never"}, "calendar_mode"),
        ({"warning_until": "soon"}, "warning_until"),
        ({"reference": "x" * 501}, "reference"),
        ({"permit": "x" * 81}, "permit"),
        ({"priority": "high"}, "priority"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_beside_its_field(office, version, wrong, field):
    second = draft(version, [NO_LORRIES])
    sent = {f"row-1-{name}": said for name, said in ({"effect": "prohibit"} | wrong).items()}
    answer = send(office(), "edit-version", second.id, rows="1", since="2026-05-12", **sent)
    assert answer.status_code == 422
    assert f'id="row-1-{field}-error"' in answer.content.decode()


def test_what_the_rule_language_refuses_is_said_in_the_language_of_the_reader(office, version):
    second = draft(version, [NO_LORRIES])
    sent = {"row-1-effect": "prohibit", "row-1-calendar_mode": "except", "rows": "1"}
    answer = office().post(
        reverse("portal:edit-version", args=[second.id]),
        {**sent, "since": "2026-05-12"},
        headers={"accept-language": "de"},
    )
    assert "Zählt nur mit einem Kalender; nennen Sie einen." in answer.content.decode()


@pytest.mark.parametrize(
    ("speaks", "summary", "amount"),
    [
        ("en", "Row 1, From: A time of day from 00:00 to 24:00, such as 07:00.", "two decimals"),
        ("de", "Zeile 1, Von: Eine Uhrzeit von 00:00 bis 24:00, etwa 07:00.", "Nachkommastellen"),
        ("fr", "Ligne 1, Du\xa0: Une heure de 00:00 à 24:00, par exemple 07:00.", "deux décimales"),
    ],
)
def test_every_wrong_field_of_a_draft_has_its_sentence_at_once_in_the_readers_language(
    office, version, speaks, summary, amount
):
    second = draft(version, [NO_LORRIES])
    row = {
        "effect": "charge", "amount": "12.505", "currency": "EUR", "category": "n1",
        "fuel": "Diesel", "euro_below": "banana", "from": "7", "to": "25:00",
        "rest": '{"who": {"colour": "red"}}',
    }  # fmt: skip
    sent = {f"row-1-{name}": said for name, said in row.items()} | {"since": "", "rows": "1"}
    answer = office().post(
        reverse("portal:edit-version", args=[second.id]), sent, headers={"accept-language": speaks}
    )
    text = html.unescape(answer.content.decode())
    wrong = re.findall(r'class="error" id="(?:row-1-)?([a-z_]+)-error">([^<]*)<', text)
    said = dict(wrong)
    assert answer.status_code == 422
    assert said.keys() == {"since", *row} - {"effect", "currency"}
    assert summary in text
    assert amount in said["amount"]
    assert "diesel, electric" in said["fuel"]
    assert said["rest"].startswith("who: ")
    assert not any("Expected" in one or "Invalid" in one for one in said.values())


def test_kinds_of_permits_that_rules_and_permits_know_are_offered(office, hd, version):
    official = office()
    permit = {"kind": "heavy_day", "plate": "ABC-123", "since": "2026-05-12"}
    assert send(official, "permits", **permit).status_code == 302
    theirs = factories.actor_of(setup.city_organisation(hd))
    permits.issue(actor=theirs, kind="elsewhere", plate="HD-X 1", starts_at=TUESDAY, now=TUESDAY)
    day_pass = {"day_pass": [{"kind": "tram-day", "per_year": 12}]}
    second = draft(version, [FULL, NO_LORRIES | {"unless": [day_pass]}])
    kinds = ("doctor", "heavy_day", "resident", "snow-plough", "tram-day")
    known = "".join(f'<option value="{kind}"></option>' for kind in kinds)
    for text in (page(official, "permits")[1], page(official, "edit-version", second.id)[1]):
        assert f'<datalist id="permit-kinds">{known}</datalist>' in text
    assert text.count(' list="permit-kinds"') == 4  # what two rows ask for, and who is exempt


def test_rows_are_added_and_removed_without_saving(office, version):
    second = draft(version, [NO_LORRIES])
    official = office()
    sent = {"rows": "1", "row-1-effect": "warn", "since": "2026-05-12"}
    text = send(official, "edit-version", second.id, do="add", **sent).content.decode()
    assert 'name="row-2-effect"' in text
    text = send(official, "edit-version", second.id, do="remove-1", **sent).content.decode()
    assert 'name="row-1-effect"' not in text
    second.refresh_from_db()
    assert second.rows == [NO_LORRIES]


def test_what_a_person_wrote_that_person_does_not_review(office, version):
    official = office()
    answer = send(official, "another-version", version.id)
    second = RegulationVersion.objects.get(number=2)
    assert answer["Location"] == reverse("portal:rule-version", args=[second.id])
    refused = send(official, "review-version", second.id)
    assert refused.status_code == 409
    assert "You wrote or changed this draft yourself." in refused.content.decode()
    assert "I have reviewed it" not in page(official, "rule-version", second.id)[1]
    colleague = office()
    assert reverse("portal:rule-version", args=[second.id]) in page(colleague, "rule-zones")[1]
    assert send(colleague, "review-version", second.id).status_code == 302
    second.refresh_from_db()
    assert second.state == "reviewed"


def test_the_impact_publishes_with_the_choice_for_bookings(office, version):
    second = draft(version, [NO_LORRIES])
    official = office()
    _, text = page(official, "version-impact", second.id)
    assert "A second person has to review this draft" in text
    send(official, "review-version", second.id)
    _, text = page(official, "version-impact", second.id)
    impact_id = text.split('name="impact_id" value="')[1].split('"')[0]
    missing = send(official, "version-impact", second.id, impact_id=impact_id)
    assert missing.status_code == 422
    assert "Choose what becomes of bookings." in missing.content.decode()
    other = send(official, "version-impact", second.id, impact_id=version.id, bookings="cancel")
    assert other.status_code == 409
    done = send(official, "version-impact", second.id, impact_id=impact_id, bookings="cancel")
    assert done.status_code == 302
    second.refresh_from_db()
    assert (second.state, second.bookings, str(second.impact_id)) == (
        "published", "cancel", impact_id,
    )  # fmt: skip
    assert "Earlier bookings are cancelled." in page(official, "rule-version", second.id)[1]


def test_the_impact_names_the_bookings_that_change_with_their_curbs(office, hel, carrier):
    zone = zone_factories.zone(hel, rows=[], west=24.93, south=60.16, side=0.03)
    curb, van = curb_factories.zone(curb_factories.line(hel)), curb_factories.van(carrier)
    asked = curb_factories.asked(curb, van, confirm=True)
    booking = bookings.hold(actor=factories.actor_of(carrier), request=asked, now=TUESDAY)
    ruled = RegulationVersion.objects.get(regulation__zone=zone)
    second = draft(ruled, [{"what": {"effect": "prohibit"}, "who": {"fuel": ["diesel"]}}])
    table = page(office(), "version-impact", second.id)[1].partition("<caption>Bookings to come")[2]
    address = reverse("portal:booking", args=[booking.id])
    assert f'<a href="{address}">{booking.reference}</a></th><td>{curb.name}</td>' in table


def test_a_version_is_suspended_resumed_and_annulled_with_a_reason(office, version):
    official = office()
    refused = send(official, "suspend-version", version.id)
    assert refused.status_code == 422
    assert 'id="reason-error"' in refused.content.decode()
    for name, state in (("suspend", "suspended"), ("resume", "published"), ("annul", "annulled")):
        assert send(official, f"{name}-version", version.id, reason="Fair").status_code == 302
        version.refresh_from_db()
        assert version.state == state
    again = send(official, "annul-version", version.id, reason="Twice")
    assert again.status_code == 409


def history(client, version):
    """Return the steps of a version's history as text, in their order."""
    part = page(client, "rule-version", version.id)[1].partition("<h2>History</h2>")[2]
    steps = part.partition("</dl>")[0].split("</dt>")
    return [re.sub(r"<[^>]+>", " ", step).split() for step in steps][1:]


def test_the_history_tells_when_why_and_by_whom_a_version_did_not_rule(
    client, hel_city, domain_clock, version
):
    anna, bert = (factories.person(hel_city, "city_official") for _number in range(2))

    def act(person, name, at, reason=""):
        domain_clock(at)
        client.force_login(person)
        assert send(client, f"{name}-version", version.id, reason=reason).status_code == 302
        return history(client, version)

    def said(text):
        return text.split()

    began, ended = "12 May 2026 10:00:00", "12 May 2026 11:00:00"
    steps = act(anna, "suspend", TUESDAY, "Marathon")
    assert steps[-1] == said(f"since {began}, {anna} Marathon")
    steps = act(bert, "resume", TUESDAY + HOUR)
    assert steps[-1] == said(f"{began} – {ended}, {anna}; ended by {bert} Marathon")
    act(bert, "suspend", TUESDAY + 2 * HOUR, "Flood")
    act(bert, "resume", TUESDAY + 3 * HOUR)
    *_, first, second, last = act(anna, "annul", TUESDAY + 4 * HOUR, "Never meant")
    assert first[-1] == "suspended"
    assert second == said(f"12 May 2026 12:00:00 – 12 May 2026 13:00:00, {bert} Flood annulled")
    assert last == said(f"12 May 2026 14:00:00, {anna} Never meant")


def test_a_contradiction_is_shown_and_stands_against_the_review(office, version):
    admits = {"id": "free", "what": {"effect": "allow"}}
    second = draft(version, [NO_LORRIES, admits])
    official = office()
    _, text = page(official, "version-analysis", second.id)
    assert "Row 2 admits whom Row 1 does not, with equal priority." in text
    assert "stands against review" in text
    assert send(official, "review-version", second.id).status_code == 409


def test_what_contradicts_a_rule_is_not_offered_for_publication(office, hel_city, version):
    hel_city.city.settings = {"zones": {"review": False}}
    hel_city.city.save()
    second = draft(version, [NO_LORRIES, {"id": "free", "what": {"effect": "allow"}}])
    official = office()
    for name in ("version-impact", "impact-part"):
        _, text = page(official, name, second.id)
        assert "Row 2 admits whom Row 1 does not, with equal priority." in text
        clash = reverse("portal:version-analysis", args=[second.id]) + "#contradictions"
        assert f'href="{clash}"' in text
        assert "Publish this version" not in text
    assert 'id="contradictions"' in page(official, "version-analysis", second.id)[1]
    second.rows = [NO_LORRIES]
    second.save()
    assert "Publish this version" in page(official, "version-impact", second.id)[1]


def test_a_draft_that_a_later_version_has_outrun_is_not_offered_for_publication(
    office, hel_city, version
):
    hel_city.city.settings = {"zones": {"review": False}}
    hel_city.city.save()
    second, third = draft(version, [NO_LORRIES]), draft(version, [NO_LORRIES])
    city = factories.actor_of(hel_city)
    regulations.publish(actor=city, version_id=third.id, now=TUESDAY)
    _, text = page(office(), "version-impact", second.id)
    assert "A later version has been published." in text
    assert "Publish this version" not in text


def test_a_row_that_never_applies_is_named(office, version):
    second = draft(version, [NO_LORRIES | {"unless": {"who": {"category": ["N2", "N3"]}}}])
    _, text = page(office(), "version-analysis", second.id)
    assert "Row 1 never applies: everybody it means is exempt." in text


def test_who_would_lose_a_day_pass_is_told_apart_from_who_holds_none(office, version):
    day_pass = {"unless": {"day_pass": [{"kind": "tram-day", "per_year": 12}]}}
    second = draft(version, [NO_LORRIES | day_pass])
    official = office()
    _, text = page(official, "version-analysis", second.id)
    assert "gains access" in text
    assert re.search(r"access: \w{3} \d+ \w+ 20\d\d \d\d:\d\d, [^<]*with permit tram-day<", text)
    path = reverse("portal:version-analysis", args=[second.id])
    in_german = official.get(path, headers={"accept-language": "de"}).content.decode()
    assert "mit Genehmigung tram-day" in in_german


def test_plain_templates_are_named_in_the_language_of_the_reader(office, version):
    path = reverse("portal:zone-templates", args=[version.regulation.zone_id])
    in_french = office().get(path, headers={"accept-language": "fr"}).content.decode()
    assert "Zone à faibles émissions par étapes" in in_french
    assert "Low-emission zone in phases" not in in_french


def test_what_differs_is_shown_row_by_row(office, version):
    changed = NO_LORRIES | {"who": {"category": ["N3"]}}
    second = draft(version, [changed, {"id": "new", "what": {"effect": "warn"}}])
    _, text = page(office(), "rule-version", second.id)
    table = text[text.index("What differs") :]
    assert "No access: lorries over 3.5 t (N2, N3), Mon and Tue 07:30–10:00." in table
    assert "No access: lorries over 12 t (N3), Mon and Tue 07:30–10:00." in table
    assert "Warning: all vehicles." in table


def test_rows_are_said_in_the_language_of_the_page(office, version):
    official = office()
    for language, said in (
        ("de", "Keine Zufahrt: Lastwagen über 3,5 t (N2, N3), Mo und Di 07:30–10:00."),
        ("fr", "Accès interdit\xa0: camions de plus de 3,5 t (N2, N3), lun et mar 07:30–10:00."),
    ):
        official.post(reverse("set_language"), {"language": language})
        assert said in page(official, "rule-version", version.id)[1]


def test_a_template_without_a_day_of_its_own_asks_for_one(office, zone):
    official = office()
    refused = send(official, "zone-templates", zone.id, template="NL-ZE-GENERIC")
    assert refused.status_code == 422
    assert 'id="starts_on-error"' in refused.content.decode()
    loaded = send(
        official, "zone-templates", zone.id, template="NL-ZE-GENERIC", starts_on="2027-01-01"
    )
    assert loaded.status_code == 302
    again = send(
        official, "zone-templates", zone.id, template="NL-ZE-GENERIC", starts_on="2027-01-01"
    )
    assert again.status_code == 422
    assert "Another regulation has this code." in again.content.decode()


@pytest.mark.parametrize("name", ["", "moat", "PLAIN-OFF-PEAK(2026-99-99)", "PLAIN-OFF-PEAK/bay"])
def test_what_is_no_template_is_said(office, zone, name):
    answer = send(office(), "zone-templates", zone.id, template=name)
    assert answer.status_code == 422
    assert 'id="template-error"' in answer.content.decode()


def test_a_permit_is_issued_listed_and_revoked(office, zone):
    official = office()
    sent = {"kind": "heavy_day", "plate": "abc-123", "since": "2026-05-12", "until": "2026-05-12"}
    assert send(official, "permits", zones=zone.id, **sent).status_code == 302
    permit = Permit.objects.get()
    assert permit.plate == "ABC123"
    # One local day of Helsinki, which in May is three hours ahead of UTC.
    assert permit.starts_at == datetime(2026, 5, 11, 21, tzinfo=UTC)
    assert permit.ends_at == datetime(2026, 5, 12, 21, tzinfo=UTC)
    assert "ABC123" in page(official, "permits")[1]
    assert "ABC123" in page(official, "rule-zone", zone.id)[1]
    assert send(official, "revoke-permit", permit.id).status_code == 302
    permit.refresh_from_db()
    assert permit.revoked_at == TUESDAY
    assert "ABC123" not in page(official, "rule-zone", zone.id)[1]


def test_a_permit_for_a_class_is_said_in_words(office):
    official = office()
    who = '{"fuel_only": ["electric"]}'
    sent = {"kind": "quiet", "vehicle_class": who, "since": "2026-05-12"}
    assert send(official, "permits", **sent).status_code == 302
    assert "vehicles running only on electricity" in page(official, "permits")[1]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"plate": ""}, "plate"),
        ({"kind": ""}, "kind"),
        ({"vehicle_class": '{"fuel": ["diesel"]}'}, "plate"),  # both a plate and a class
        ({"plate": "", "vehicle_class": "[1]"}, "vehicle_class"),
        ({"plate": "", "vehicle_class": '{"wings": 2}'}, "vehicle_class"),
        ({"since": ""}, "since"),
        ({"until": "2026-05-01"}, "until"),
        ({"zones": "nowhere"}, "zones"),
    ],
)
def test_what_is_wrong_with_a_permit_is_said_beside_its_field(office, wrong, field):
    sent = {"kind": "heavy_day", "plate": "ABC-123", "since": "2026-05-12"}
    answer = send(office(), "permits", **(sent | wrong))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert not Permit.objects.exists()


def test_the_list_of_zones_costs_the_same_however_many_there_are(
    office, hel, django_assert_max_num_queries
):
    for n in range(6):
        zone_factories.zone(hel, rows=[NO_LORRIES], west=24.9 + n / 50, south=60.1, side=0.01)
    official = office()
    page(official, "rule-zones")
    with django_assert_max_num_queries(22):
        assert page(official, "rule-zones")[0] == 200


def test_a_reviewed_version_is_open_again_only_with_a_reason(office, version):
    second = draft(version, [NO_LORRIES])
    official = office()
    send(official, "review-version", second.id)
    assert send(official, "unreview-version", second.id).status_code == 422
    assert send(official, "unreview-version", second.id, reason="A typo").status_code == 302
    second.refresh_from_db()
    assert second.state == "draft"


def read_file(official, content, do, standard="zfe"):
    """Send a file of rules, as the form does."""
    file = SimpleUploadedFile("rules.json", content)
    sent = {"file": file, "standard": standard, "do": do}
    return official.post(reverse("portal:import-rules"), sent, follow=True)


def of_schema_zfe():
    """Return a zone of the French schema: no vans with a vignette of group 4 or worse."""
    facts = {"id": "zone-1", "date_debut": "2026-06-01", "vul_critair": "V4"}
    square = {"type": "Polygon", "coordinates": [SQUARE]}
    feature = {"type": "Feature", "properties": facts, "geometry": square}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def test_a_file_of_rules_is_looked_at_and_then_written_as_drafts(office):
    official = office()
    answer = read_file(official, of_schema_zfe(), "look")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "What it would become" in text
    assert "zones drawn: <strong>1</strong>" in text
    assert not AccessZone.objects.exists()
    text = read_file(official, of_schema_zfe(), "write").content.decode()
    zone = AccessZone.objects.get()
    assert reverse("portal:rule-zone", args=[zone.id]) in text
    assert set(RegulationVersion.objects.values_list("state", flat=True)) == {"draft"}
    again = read_file(official, of_schema_zfe(), "write").content.decode()
    assert "known already" in again


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b" ", b"<a/>", b"[" * 50_000])
@pytest.mark.parametrize("standard", ["zfe", "datex2", "osm", "dtro"])
def test_a_file_that_cannot_be_read_is_refused_in_the_report(office, content, standard):
    answer = read_file(office(), content, "write", standard)
    assert answer.status_code == 200
    assert "refused: <strong>1</strong>" in answer.content.decode()
    assert not AccessZone.objects.exists()


def test_a_file_has_to_be_chosen_and_its_format(office):
    answer = send(office(), "import-rules", standard="papyrus")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="file-error"' in text
    assert 'id="standard-error"' in text


def test_a_collection_in_a_feature_is_a_boundary_too(office):
    inner = {"type": "Polygon", "coordinates": [SQUARE]}
    feature = {"geometry": {"type": "GeometryCollection", "geometries": [inner, inner]}}
    drawn = json.dumps({"type": "FeatureCollection", "features": [feature]})
    sent = {"code": "a", "name": "A", "kind": "other", "since": "2026-05-12", "drawn": drawn}
    assert send(office(), "new-zone", **sent).status_code == 302
    assert AccessZone.objects.get().geometries.get().geometry.num_geom == 1  # they were one


def seen_on(text):
    """Return the hash that a page carries of what it shows."""
    return text.split('name="seen" value="')[1].split('"')[0]


def test_a_draft_that_changed_meanwhile_is_neither_saved_over_nor_reviewed(office, version):
    second = draft(version, [NO_LORRIES])
    official = office()
    opened = seen_on(page(official, "edit-version", second.id)[1])
    read = seen_on(page(official, "rule-version", second.id)[1])
    head = {"since": "2026-05-12", "until": "", "vacate": "0", "rows": "1"}
    first = {"row-1-effect": "warn", "seen": opened}
    assert send(official, "edit-version", second.id, **head, **first).status_code == 302
    late = {"row-1-effect": "allow", "seen": opened}
    refused = send(official, "edit-version", second.id, **head, **late)
    assert refused.status_code == 422
    assert "Somebody has changed this draft in the meantime." in refused.content.decode()
    second.refresh_from_db()
    assert second.rows == [{"what": {"effect": "warn"}}]
    colleague = office()
    assert send(colleague, "review-version", second.id, seen=read).status_code == 409
    now = seen_on(page(colleague, "rule-version", second.id)[1])
    assert send(colleague, "review-version", second.id, seen=now).status_code == 302


def test_a_draft_says_for_which_rows_no_law_is_named(office, version):
    second = draft(version, [NO_LORRIES | {"legal_reference": "Decree 7"}, NO_LORRIES])
    says = "No law is named for row 2."
    assert says in page(office(), "rule-version", second.id)[1]
    RegulationVersion.objects.filter(pk=second.id).update(legal_reference="Decree 8")
    assert says not in page(office(), "rule-version", second.id)[1]
