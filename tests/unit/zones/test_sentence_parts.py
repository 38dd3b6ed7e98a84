"""A rule row in words: as a city prints it, in three languages, with all that the row says."""

from typing import get_args

import pytest

from kernel.money import Money
from zones import kinds, language, sentences, writing
from zones.phrases import FUELS, LANGUAGES, PHRASES

BAN = {"effect": "prohibit"}
ROW = {
    "what": {"effect": "require_permit", "permit": "delivery"},
    "who": {"category": ["N1"]},
    "when": [{"days": ["sat"], "from": "22:00", "to": "06:00"}, {"on": ["12-24"]}],
    "unless": {"permit": ["night"], "who": {"fuel_only": ["electric"]}},
}


def read(row):
    (found,), faults = language.read([row])
    assert faults == []
    return found


def parts(row, speaks="en"):
    return sentences.parts(read(row), speaks)


def whom(who, speaks="en"):
    return parts({"what": BAN, "who": who}, speaks).who


def when(*windows, speaks="en"):
    return parts({"what": BAN, "when": list(windows)}, speaks).when


def test_the_parts_of_a_row_are_those_of_its_sentence():
    assert parts(ROW) == (
        "Only with permit “delivery”",
        "vans up to 3.5 t (N1)",
        "Sat 22:00–06:00, and on 24 December",
        "holders of “night”, and vehicles running only on electricity",
    )


def test_parts_are_said_in_the_language_that_is_asked_for():
    assert parts(ROW, "de").what == "Nur mit Genehmigung „delivery“"
    assert parts(ROW, "fr").who == "utilitaires jusqu’à 3,5 t (N1)"


def test_a_row_that_always_means_everybody_has_no_time_and_no_exception():
    assert parts({"what": {"effect": "warn"}}) == ("Warning", "all vehicles", "", "")


def test_a_sentence_of_its_own_does_not_change_the_parts():
    assert parts(ROW | {"sentence": "Ask the guard."}) == parts(ROW)


def test_a_row_reads_as_a_city_prints_it():
    row = read(
        {
            "what": {"effect": "charge", "amount": 750, "currency": "EUR", "per": "day"},
            "who": {"category": ["N2", "N3"], "gross_weight_over_kg": 7500},
            "when": [
                {
                    "days": ["mon", "tue", "wed", "thu", "fri"],
                    "from": "07:00",
                    "to": "19:00",
                    "from_on": "2026-07-01",
                    "holidays": "except",
                }
            ],
            "unless": {"permit": ["heavy_day", "doctor"]},
        }
    )
    assert [sentences.of_row(row, speaks) for speaks in LANGUAGES] == [
        "Charge of €7.50 a day: lorries over 7.5 t (N2, N3), Mon–Fri 07:00–19:00 from 1 July 2026"
        " except public holidays; except holders of “heavy_day” or “doctor”.",
        "Gebühr von 7,50 € je Tag: Lastwagen über 7,5 t (N2, N3), Mo–Fr 07:00–19:00 ab dem"
        " 1. Juli 2026 außer an Feiertagen; ausgenommen Inhaber von „heavy_day“ oder „doctor“.",
        "Redevance de 7,50 € par jour\xa0: camions de plus de 7,5 t (N2, N3), lun–ven 07:00–19:00"
        " à partir du 1er juillet 2026 sauf jours fériés\xa0; sauf titulaires de"
        " «\xa0heavy_day\xa0» ou «\xa0doctor\xa0».",
    ]


def test_fuels_and_categories_are_said_in_words():
    who = {"category": ["van", "cargo_bicycle", "N1"], "fuel": ["diesel", "petrol"]}
    assert whom(who) == "vans (N1) or cargo bicycles, running on diesel or petrol"
    assert whom(who, "de") == (
        "Transporter (N1) oder Lastenräder, mit Diesel oder Benzin als Antrieb"
    )
    assert whom(who, "fr") == ("utilitaires (N1) ou vélos-cargos, roulant au gazole ou à l’essence")


def test_what_a_charge_is_due_for_and_what_pays_it():
    what = {"effect": "charge", "amount": 250, "currency": "EUR", "cap_per_day": 750}
    row = read({"what": what | {"permit": "ticket"}})
    assert [sentences.of_row(row, speaks) for speaks in LANGUAGES] == [
        "Charge of €2.50 a visit, at most €7.50 a day, paid with pass “ticket”: all vehicles.",
        "Gebühr von 2,50 € je Besuch, höchstens 7,50 € je Tag, bezahlt mit dem Pass „ticket“: alle"
        " Fahrzeuge.",
        "Redevance de 2,50 € par visite, au plus 7,50 € par jour, payée avec le pass"
        " «\xa0ticket\xa0»\xa0: tous les véhicules.",
    ]


def test_a_day_pass_is_said_with_its_price():
    sold = {"kind": "24h", "per_year": 8, "amount": 3500, "currency": "EUR"}
    row = read({"what": {"effect": "prohibit"}, "unless": {"day_pass": [sold]}})
    assert [sentences.of_row(row, speaks) for speaks in LANGUAGES] == [
        "No access: all vehicles; except holders of day pass “24h” (8 a year, €35 each).",
        "Keine Zufahrt: alle Fahrzeuge; ausgenommen Inhaber des Tagespasses „24h“ (8 je Jahr,"
        " je 35 €).",
        "Accès interdit\xa0: tous les véhicules\xa0; sauf titulaires du pass journalier"
        " «\xa024h\xa0» (8 par an, 35 € chacun).",
    ]


@pytest.mark.parametrize(
    ("categories", "said"),
    [
        (["N3", "M1"], "lorries over 12 t (N3) or cars (M1)"),
        (["N1", "N2", "N3"], "goods vehicles (N1, N2, N3)"),
        (["N1", "van", "N2", "N3", "truck"], "goods vehicles (N1, N2, N3)"),
        (["truck", "N2", "N3"], "lorries (N2, N3)"),
        (["van", "truck"], "vans or trucks"),
        (["M2"], "buses up to 5 t (M2)"),
        (["M2", "M3", "M1"], "buses (M2, M3) or cars (M1)"),
        (["N1", "N3"], "vans up to 3.5 t (N1) or lorries over 12 t (N3)"),
    ],
)
def test_categories_that_stand_together_are_said_together(categories, said):
    assert whom({"category": categories}) == said


def test_a_weight_of_its_own_stands_in_place_of_that_of_the_category():
    assert whom({"category": ["N1"], "gross_weight_up_to_kg": 2800}) == "vans up to 2,800 kg (N1)"
    both = {"category": ["N1", "M1"], "gross_weight_over_kg": 3000}
    assert whom(both) == "vans (N1) or cars (M1), over 3 t"


NIGHT_OWL = {"euro_below": {"light": "6", "heavy": "VI"}, "stickers": {"critair": ["4", "none"]}}


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (
            NIGHT_OWL,
            "vehicles below Euro 6 (light vehicles) or VI (heavy vehicles),"
            " with Crit’Air sticker 4 or none",
        ),
        (
            {"registered_before": "2017-01-01", "length_over_m": 7.5},
            "vehicles longer than 7.5 m, first registered before 1 January 2017",
        ),
        ({"not": {"fuel_only": ["electric"]}}, "all vehicles, except those running only on"
         " electricity"),
        ({"not": {"category": ["bicycle"]}}, "all vehicles, except bicycles"),
        (
            {"any": [{"category": ["M1"]}, {"category": ["N1"], "n1_class": ["I"]}],
             "fuel": ["diesel"]},
            "cars (M1) or vans up to 3.5 t (N1) of reference mass class I, running on diesel",
        ),
        (
            {"category": ["N3"], "any": [{"fuel": ["diesel"]}, {"euro_below": "VI"}]},
            "lorries over 12 t (N3), (running on diesel or below Euro VI)",
        ),
        ({"any": [{"fuel": ["diesel"]}, {"euro_below": "VI"}]},
         "vehicles running on diesel or below Euro VI"),
        (
            {"all": [{"any": [{"fuel": ["diesel"]}, {"category": ["N3"]}]}], "combination": True},
            "vehicles with a trailer, (running on diesel or that are lorries over 12 t (N3))",
        ),
        (
            {"not": {"category": ["N1"], "euro_in": ["6"], "fuel": ["lpg"]}},
            "all vehicles, except (vans up to 3.5 t (N1), running on LPG, of Euro class 6)",
        ),
    ],
)  # fmt: skip
def test_what_belongs_together_can_be_read_in_one_way_only(who, said):
    assert whom(who) == said


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ([{"from": "22:00", "to": "06:00"}], "22:00–06:00"),
        ([{}], "at all times"),
        ([{"days": ["sun", "sat"]}], "Sat and Sun"),
        ([{"days": ["mon", "tue", "wed", "fri"], "to": "07:00"}], "Mon–Wed and Fri 00:00–07:00"),
        (
            [{"from": "07:00", "to": "10:00"}, {"from": "16:00", "to": "19:00"}],
            "07:00–10:00 and 16:00–19:00",
        ),
        (
            [{"from": "07:00", "to": "10:00"}, {"days": ["sat"], "from": "06:00"}],
            "daily 07:00–10:00, and Sat 06:00–24:00",
        ),
        (
            [{"from_on": "2026-07-01", "until_on": "2026-10-01"}],
            "from 1 July 2026 and before 1 October 2026",
        ),
        (
            [{"not_on": ["01-01", "08-03", "08-01", "08-02"], "holidays": "except"}],
            "except on 1 January and 1 August – 3 August, except public holidays",
        ),
        (
            [{"calendar": "snow", "calendar_mode": "except", "holidays": "only"}],
            "on public holidays except while “snow” applies",
        ),
    ],
)
def test_times_read_as_on_a_sign(windows, said):
    assert when(*windows) == said


def test_days_of_the_year_are_written_in_the_readers_way():
    window = {"on": ["12-24", "05-01"]}
    assert when(window, speaks="de") == "am 1. Mai und 24. Dezember"
    assert when(window, speaks="fr") == "le 1er mai et 24 décembre"


@pytest.mark.parametrize(
    ("kilograms", "english", "german", "french"),
    [
        (3500, "3.5 t", "3,5 t", "3,5 t"),
        (12_000, "12 t", "12 t", "12 t"),
        (3501, "3,501 kg", "3.501 kg", "3\xa0501 kg"),
        (750, "750 kg", "750 kg", "750 kg"),
        (500, "500 kg", "500 kg", "500 kg"),
    ],
)
def test_masses_are_tonnes_where_these_are_whole_or_half(kilograms, english, german, french):
    said = tuple(writing.mass(kilograms, speaks) for speaks in LANGUAGES)
    assert said == (english, german, french)


def test_money_is_written_in_the_readers_way():
    assert writing.money(Money(1250, "GBP"), "en") == "£12.50"
    assert writing.money(Money(4500, "SEK"), "en") == "SEK 45"
    assert writing.money(Money(125_050, "EUR"), "de") == "1.250,50 €"
    assert writing.money(Money(300, "JPY"), "fr") == "300 JPY"


def test_every_language_has_the_same_phrases():
    assert PHRASES["en"].keys() == PHRASES["de"].keys() == PHRASES["fr"].keys()


def test_every_fuel_and_category_has_a_word():
    for speaks in LANGUAGES:
        assert set(get_args(language.Fuel)) == set(FUELS[speaks])
        for category in get_args(language.Category):
            (kind,) = kinds.of((category,), speaks)
            assert kind.codes == (category,)
