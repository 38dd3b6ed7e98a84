"""Expected verdicts are read off the texts of the rules by hand."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from kernel.money import Money
from kernel.periods import Period
from kernel.schedules import DayCalendar
from kernel.vehicles import FUELS, VehicleFacts
from kernel.verdicts import Access
from tests.unit.zones.rulebook import HELSINKI, LONG_AGO, ZONE, local, regulation
from zones import rules
from zones.rules import HeldBooking, HeldPermit

BERLIN = ZoneInfo("Europe/Berlin")
VAN = VehicleFacts(category="N1", fuels=frozenset({"diesel"}), euro_class="5", gross_weight_kg=3500)
ELECTRIC_VAN = VehicleFacts(category="N1", fuels=frozenset({"electric"}), gross_weight_kg=3500)
TRUCK = VehicleFacts(category="N3", euro_class="VI", gross_weight_kg=18000)


def verdict(*regulations, facts=VAN, at="2026-03-10T12:00", tz=HELSINKI, **more):
    return rules.decide(regulations=regulations, facts=facts, at=local(at, tz), tz=tz, **more)


def prohibit(**more):
    return {"what": {"effect": "prohibit"}, **more}


# Heidelberg: https://www.heidelberg.de … "Umweltzone": 1 January 2010 without group 1, 2012 without
# group 2, 2013 without group 3; repealed on 1 March 2023. Group 1 = no sticker.
STICKERS = [("2010-01-01", "2012-01-01", ["none"]),
            ("2012-01-01", "2013-01-01", ["none", "2"]),
            ("2013-01-01", "2023-03-01", ["none", "2", "3"])]  # fmt: skip
HEIDELBERG = [
    regulation(
        prohibit(who={"stickers": {"de": banned}}),
        number=number,
        legal=Period(local(start, BERLIN), local(end, BERLIN)),
    )
    for number, (start, end, banned) in enumerate(STICKERS, 1)
]


@pytest.mark.parametrize(
    ("sticker", "at", "access"),
    [
        ("none", "2009-12-31T23:59:59", "unregulated"),
        ("none", "2010-01-01T00:00", "prohibited"),
        ("2", "2011-12-31T23:59:59", "unregulated"),
        ("2", "2012-01-01T00:00", "prohibited"),
        ("3", "2012-12-31T23:59:59", "unregulated"),
        ("3", "2013-01-01T00:00", "prohibited"),
        ("4", "2022-06-01T12:00", "unregulated"),
        ("3", "2023-02-28T23:59:59", "prohibited"),
        ("3", "2023-03-01T00:00", "unregulated"),
        ("none", "2024-06-01T12:00", "unregulated"),
    ],
)
def test_heidelbergs_sticker_groups_came_one_by_one_and_went(sticker, at, access):
    facts = VehicleFacts(category="N1", stickers={"de": sticker})
    ruling = rules.in_force(HEIDELBERG)
    assert verdict(*ruling, facts=facts, at=at, tz=BERLIN).access == access


OFF_PEAK = regulation(
    prohibit(
        who={"gross_weight_over_kg": 7500},
        when=[{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "07:00", "to": "19:00"}],
    )
)


@pytest.mark.parametrize(
    ("kilograms", "at", "access"),
    [
        (7500, "2026-03-10T12:00", "unregulated"),
        (7501, "2026-03-10T12:00", "prohibited"),
        (7501, "2026-03-10T06:59:59", "unregulated"),
        (7501, "2026-03-10T07:00", "prohibited"),
        (7501, "2026-03-10T18:59:59", "prohibited"),
        (7501, "2026-03-10T19:00", "unregulated"),
        (7501, "2026-03-14T12:00", "unregulated"),  # a Saturday
        (None, "2026-03-10T12:00", "undetermined"),
        (None, "2026-03-10T19:00", "unregulated"),
    ],
)
def test_heavy_vehicles_deliver_off_peak(kilograms, at, access):
    got = verdict(OFF_PEAK, facts=VehicleFacts(gross_weight_kg=kilograms), at=at)
    assert got.access == access
    assert got.missing_facts == (("gross_weight_kg",) if access == "undetermined" else ())


NIGHT = regulation(prohibit(when=[{"days": ["fri"], "from": "22:00", "to": "06:00"}]))


@pytest.mark.parametrize(
    ("at", "access"),
    [
        ("2026-03-13T21:59", "unregulated"),
        ("2026-03-13T22:00", "prohibited"),
        ("2026-03-14T00:00", "prohibited"),
        ("2026-03-14T05:59", "prohibited"),
        ("2026-03-14T06:00", "unregulated"),
        ("2026-03-14T22:00", "unregulated"),
    ],
)
def test_a_night_ban_of_friday_lasts_into_saturday(at, access):
    assert verdict(NIGHT, at=at).access == access


PEDESTRIAN = regulation(
    prohibit(unless={"permit": ["resident"]}),
    {
        "what": {"effect": "allow"},
        "who": {"category": ["N1", "N2"]},
        "when": [
            {"days": ["mon", "tue", "wed", "thu", "fri", "sat"], "from": "06:00", "to": "11:00"}
        ],
        "priority": 1,
    },
)


@pytest.mark.parametrize(
    ("at", "access"),
    [
        ("2026-03-10T05:59", "prohibited"),
        ("2026-03-10T06:00", "allowed"),
        ("2026-03-10T10:59", "allowed"),
        ("2026-03-10T11:00", "prohibited"),
        ("2026-03-15T08:00", "prohibited"),  # a Sunday
    ],
)
def test_a_pedestrian_street_opens_for_deliveries_in_the_morning(at, access):
    assert verdict(PEDESTRIAN, at=at).access == access


def test_a_permit_opens_the_pedestrian_street_while_it_is_valid_and_where():
    held = HeldPermit("resident", Period(local("2026-03-10T12:00"), local("2026-03-10T14:00")))
    assert verdict(PEDESTRIAN, at="2026-03-10T11:59", permits=[held]).access is Access.PROHIBITED
    assert verdict(PEDESTRIAN, at="2026-03-10T12:00", permits=[held]).access is Access.ALLOWED
    assert verdict(PEDESTRIAN, at="2026-03-10T14:00", permits=[held]).access is Access.PROHIBITED
    elsewhere = HeldPermit("resident", Period(LONG_AGO), frozenset({UUID(int=7)}))
    assert verdict(PEDESTRIAN, permits=[elsewhere]).access is Access.PROHIBITED
    here = HeldPermit("resident", Period(LONG_AGO), frozenset({ZONE}))
    assert verdict(PEDESTRIAN, permits=[here]).reasons[0].effect == "exempt"


def test_a_prohibition_without_the_exemption_names_it_as_remedy():
    got = verdict(PEDESTRIAN)
    assert got.access is Access.PROHIBITED
    assert got.reasons[0].remedies == ("permit:resident",)


PHASED = regulation(
    prohibit(who={"category": ["N1"], "euro_below": "6"}, warning_until="2026-04-01"),
    legal=Period(local("2026-01-01")),
)


@pytest.mark.parametrize(
    ("at", "access", "kinds"),
    [
        ("2025-12-31T23:59:59", "unregulated", []),
        ("2026-01-01T00:00", "allowed", ["warning"]),
        ("2026-03-31T23:59:59", "allowed", ["warning"]),
        ("2026-04-01T00:00", "prohibited", []),
    ],
)
def test_a_phased_zone_warns_before_it_prohibits(at, access, kinds):
    got = verdict(PHASED, at=at)
    assert got.access == access
    assert [duty.kind for duty in got.obligations] == kinds
    assert got.admissible is (access != "prohibited")


def test_an_unknown_euro_class_matters_only_to_whom_the_rule_may_mean():
    unknown_van = VehicleFacts(category="N1", fuels=frozenset({"diesel"}))
    got = verdict(PHASED, facts=unknown_van, at="2026-05-01T12:00")
    assert got.access is Access.UNDETERMINED
    assert got.missing_facts == ("euro_class",)
    assert not got.admissible
    for known in (VehicleFacts(category="N2"), ELECTRIC_VAN):
        assert verdict(PHASED, facts=known, at="2026-05-01T12:00").access is Access.UNREGULATED


def test_a_missing_fact_in_the_warning_phase_blocks_nobody():
    got = verdict(PHASED, facts=VehicleFacts(category="N1"), at="2026-02-01T12:00")
    assert got.admissible
    assert got.missing_facts == ("euro_class",)


def test_who_is_exempt_by_a_known_fact_may_lack_others():
    zone = regulation(
        prohibit(who={"euro_below": "6"}, unless={"who": {"special_purpose": ["crane"]}})
    )
    crane = VehicleFacts(special_purpose=frozenset({"crane"}))
    assert verdict(zone, facts=crane).access is Access.ALLOWED


def test_who_is_admitted_by_a_known_fact_may_lack_others():
    zone = regulation(
        prohibit(who={"euro_below": "6"}),
        {"what": {"effect": "allow"}, "who": {"body": ["sweeper"]}, "priority": 1},
    )
    assert verdict(zone, facts=VehicleFacts(body="sweeper")).access is Access.ALLOWED
    assert verdict(zone, facts=VehicleFacts(body="van", euro_class="5")).access is Access.PROHIBITED


def test_an_open_question_about_who_is_admitted_leaves_a_ban_undetermined():
    zone = regulation(
        prohibit(),
        {"what": {"effect": "allow"}, "who": {"body": ["sweeper"]}, "priority": 1},
    )
    got = verdict(zone, facts=VehicleFacts())
    assert got.access is Access.UNDETERMINED
    assert got.missing_facts == ("body",)


def test_equal_priority_does_not_admit():
    zone = regulation(prohibit(), {"what": {"effect": "allow"}})
    assert verdict(zone).access is Access.PROHIBITED


def test_an_allowance_in_one_zone_does_not_open_another():
    street = regulation({"what": {"effect": "allow"}, "priority": 9})
    around = regulation(prohibit(who={"euro_below": "6"}), regulation_id=2, zone=UUID(int=200))
    got = verdict(street, around)
    assert got.access is Access.PROHIBITED
    assert [reason.effect for reason in got.reasons] == ["allow", "prohibit"]


def test_every_rule_that_speaks_is_named():
    got = verdict(
        regulation(prohibit(who={"euro_below": "6"}), prohibit(who={"gross_weight_over_kg": 3000})),
        regulation(prohibit(), regulation_id=2),
    )
    assert [(reason.rule.code, reason.rule.row) for reason in got.reasons] == [
        ("R1", 0),
        ("R1", 1),
        ("R2", 0),
    ]


def test_a_required_permit_is_an_obligation_met_by_holding_it():
    zone = regulation({"what": {"effect": "require_permit", "permit": "delivery"}})
    without = verdict(zone)
    assert without.access is Access.ALLOWED
    assert not without.admissible
    assert without.reasons[0].remedies == ("permit:delivery",)
    assert verdict(zone, permits=[HeldPermit("delivery", Period(LONG_AGO))]).admissible


def test_a_required_booking_is_met_during_the_booking():
    zone = regulation({"what": {"effect": "require_booking"}})
    noon = Period(local("2026-03-10T12:00"), local("2026-03-10T12:30"))
    booking = HeldBooking(noon, frozenset({ZONE}))
    assert verdict(zone, at="2026-03-10T12:00", bookings=[booking]).admissible
    assert not verdict(zone, at="2026-03-10T12:30", bookings=[booking]).admissible


def test_a_booking_meets_what_its_own_places_require_and_no_other():
    noon = Period(local("2026-03-10T12:00"), local("2026-03-10T12:30"))
    need = {"what": {"effect": "require_booking"}}
    both = regulation(need), regulation(need, regulation_id=2, zone=UUID(int=99))
    got = verdict(*both, bookings=[HeldBooking(noon, frozenset({UUID(int=99)}))])
    assert [(duty.rule.code, duty.met) for duty in got.obligations] == [("R1", False), ("R2", True)]


def test_a_held_permit_answers_what_a_missing_fact_leaves_open():
    zone = regulation(
        {"what": {"effect": "require_permit", "permit": "heavy"}, "who": {"length_over_m": 8}}
    )
    assert verdict(zone, facts=VehicleFacts()).access is Access.UNDETERMINED
    held = HeldPermit("heavy", Period(LONG_AGO))
    assert verdict(zone, facts=VehicleFacts(), permits=[held]).admissible


def test_a_charge_never_blocks_and_carries_amount_and_cap():
    zone = regulation(
        {"what": {"effect": "charge", "amount": 1250, "currency": "GBP", "cap_per_day": 1250}}
    )
    got = verdict(zone)
    assert got.admissible
    assert got.obligations[0].amount == Money(1250, "GBP")
    assert got.obligations[0].cap == Money(1250, "GBP")
    assert not got.obligations[0].met


def test_a_pass_pays_the_charge():
    zone = regulation(
        {"what": {"effect": "charge", "amount": 200, "currency": "EUR", "permit": "day_pass"}}
    )
    held = HeldPermit("day_pass", Period(LONG_AGO))
    assert verdict(zone, permits=[held]).obligations[0].met


@pytest.mark.parametrize(
    ("limit", "category", "euro", "access"),
    [
        ({"light": "6", "heavy": "VI"}, "N1", "5b", "prohibited"),
        ({"light": "6", "heavy": "VI"}, "N1", "6", "unregulated"),
        ({"light": "6", "heavy": "VI"}, "N3", "V", "prohibited"),
        ({"light": "6", "heavy": "VI"}, "N3", "VI", "unregulated"),
        ({"light": "6d-TEMP"}, "N1", "6c", "prohibited"),
        ({"light": "6d-TEMP"}, "N1", "6d-TEMP", "unregulated"),
        ({"light": "6"}, "N3", "III", "unregulated"),
        ("6", "N3", "V", "prohibited"),
        ("6", "N1", "nonsense", "undetermined"),
    ],
)
def test_euro_classes_compare_within_their_family(limit, category, euro, access):
    facts = VehicleFacts(category=category, fuels=frozenset({"diesel"}), euro_class=euro)
    assert verdict(regulation(prohibit(who={"euro_below": limit})), facts=facts).access == access


@pytest.mark.parametrize(
    ("first", "access"), [(date(2024, 12, 31), "unregulated"), (date(2025, 1, 1), "prohibited")]
)
def test_new_vans_must_run_without_exhaust(first, access):
    """Dutch zero-emission zones: every N1 first registered from 1 January 2025 must be ZE."""
    zone = regulation(
        prohibit(
            who={"registered_from": "2025-01-01", "not": {"fuel_only": ["electric", "hydrogen"]}}
        )
    )
    facts = VehicleFacts(fuels=frozenset({"diesel"}), first_registration_on=first)
    assert verdict(zone, facts=facts).access == access
    clean = VehicleFacts(fuels=frozenset({"hydrogen"}), first_registration_on=date(2026, 2, 1))
    assert verdict(zone, facts=clean).access is Access.UNREGULATED


def test_paris_keeps_its_hours_and_its_holidays():
    """lez_facts: light Mo-Fr 08-20, public holidays off; Crit'Air 3 out from 1 January 2025."""
    paris = ZoneInfo("Europe/Paris")
    zone = regulation(
        prohibit(
            who={"category": ["N1"], "stickers": {"critair": ["3", "4", "5", "none"]}},
            when=[{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "20:00",
                   "holidays": "except"}],
        )
    )  # fmt: skip
    days = DayCalendar(holidays=frozenset({date(2025, 5, 1)}))
    facts = VehicleFacts(category="N1", stickers={"critair": "3"})
    expected = {
        "2025-03-04T07:59:59": "unregulated",
        "2025-03-04T08:00": "prohibited",
        "2025-03-04T20:00": "unregulated",
        "2025-05-01T12:00": "unregulated",
        "2025-05-02T12:00": "prohibited",
    }
    got = {at: verdict(zone, facts=facts, at=at, tz=paris, days=days).access for at in expected}
    assert got == expected


def test_a_later_version_rules_where_its_legal_period_lies_and_the_earlier_one_around_it():
    always = regulation(prohibit())
    works = regulation(
        {"what": {"effect": "allow"}},
        number=2,
        legal=Period(local("2026-03-10T10:00"), local("2026-03-10T14:00")),
        recorded=Period(local("2026-03-09T00:00")),
    )
    ruling = rules.in_force([always, works])
    assert verdict(*ruling, at="2026-03-10T09:59").access is Access.PROHIBITED
    assert verdict(*ruling, at="2026-03-10T10:00").access is Access.ALLOWED
    assert verdict(*ruling, at="2026-03-10T14:00").access is Access.PROHIBITED
    before = rules.in_force([always, works], local("2026-03-08T23:59"))
    assert verdict(*before, at="2026-03-10T10:00").access is Access.PROHIBITED


def test_the_sentence_says_what_the_row_does():
    sentence = verdict(OFF_PEAK, facts=TRUCK).reasons[0].sentence
    assert sentence == "No access: vehicles over 7.5 t, Mon–Fri 07:00–19:00."


def test_a_horizon_is_cut_where_the_verdict_changes():
    got = rules.intervals(
        regulations=[PEDESTRIAN],
        facts=VAN,
        period=Period(local("2026-03-10T00:00"), local("2026-03-11T00:00")),
        tz=HELSINKI,
    )
    assert [(p.start, p.end, v.access.value) for p, v in got] == [
        (local("2026-03-10T00:00"), local("2026-03-10T06:00"), "prohibited"),
        (local("2026-03-10T06:00"), local("2026-03-10T11:00"), "allowed"),
        (local("2026-03-10T11:00"), local("2026-03-11T00:00"), "prohibited"),
    ]


def test_a_horizon_sees_versions_permits_and_phases_begin_and_end():
    permit = HeldPermit("resident", Period(local("2026-03-10T12:00"), local("2026-03-10T13:00")))
    zone = regulation(
        prohibit(unless={"permit": ["resident"]}, warning_until="2026-03-10"),
        legal=Period(local("2026-03-09T20:00"), local("2026-03-10T18:00")),
    )
    got = rules.intervals(
        regulations=[zone],
        facts=VAN,
        period=Period(local("2026-03-09T00:00"), local("2026-03-11T00:00")),
        tz=HELSINKI,
        permits=[permit],
    )
    starts = [datetime.fromisoformat(t).replace(tzinfo=HELSINKI) for t in (
        "2026-03-09T00:00", "2026-03-09T20:00", "2026-03-10T00:00", "2026-03-10T12:00",
        "2026-03-10T13:00", "2026-03-10T18:00")]  # fmt: skip
    assert [p.start for p, _ in got] == starts
    assert [v.access.value for _, v in got] == [
        "unregulated", "allowed", "prohibited", "allowed", "prohibited", "unregulated",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fuels", "fuel", "only"),
    [
        ({"diesel"}, "unregulated", "unregulated"),  # all that the rules leave out
        ({"electric", "diesel"}, "prohibited", "unregulated"),
        ({"electric", "Diesel"}, "prohibited", "undetermined"),
        ({"electric"}, "prohibited", "prohibited"),
        ({"Diesel"}, "undetermined", "undetermined"),
        (set(), "undetermined", "undetermined"),
    ],
)
def test_a_word_that_is_no_fuel_may_be_any(fuels, fuel, only):
    """Of a rule about every fuel but diesel, and of one about those that take nothing else."""
    others = sorted(FUELS - {"diesel"})
    facts = VehicleFacts(fuels=frozenset(fuels))
    for key, access in (("fuel", fuel), ("fuel_only", only)):
        found = verdict(regulation(prohibit(who={key: others})), facts=facts)
        assert found.access == Access[access.upper()], key
