"""Categories of vehicles and special purposes in words, by language. Pure.

Categories as defined by Regulation (EU) 2018/858, article 4 (M, N, O), 168/2013, article 4 (L)
and 167/2013, article 4 (T); special purposes by 2018/858, annex I, part A, point 5. Categories
that stand together are said together: N2 and N3 are lorries over 3.5 t.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from zones.phrases import LANGUAGES, Language


class Kind(NamedTuple):
    """Categories that one word means, and the gross weight that makes them what they are."""

    codes: tuple[str, ...]
    noun: str
    mass: str = ""

    def said(self, *, weighed: bool) -> str:
        """Return the words with the codes in brackets; no weight where another one is said."""
        words = f"{self.noun} {self.mass}" if self.mass and not weighed else self.noun
        codes = [code for code in self.codes if code not in _NO_CODE]
        if len(codes) > 3:
            codes = [f"{codes[0]}–{codes[-1]}"]
        return f"{words} ({', '.join(codes)})" if codes else words


_NO_CODE = frozenset({"van", "truck", "bicycle", "cargo_bicycle"})
_KINDS = (
    (
        "L1e L2e L3e L4e L5e L6e L7e",
        "two- and three-wheelers and quadricycles",
        "zwei-, drei- und leichte vierrädrige Kraftfahrzeuge",
        "deux-roues, trois-roues et quadricycles motorisés",
    ),
    ("O1 O2 O3 O4", "trailers", "Anhänger", "remorques"),
    ("van truck N1 N2 N3", "goods vehicles", "Güterfahrzeuge", "véhicules de marchandises"),
    ("N1 N2 N3", "goods vehicles", "Güterfahrzeuge", "véhicules de marchandises"),
    ("truck N2 N3", "lorries", "Lastwagen", "camions"),
    ("van N1", "vans", "Transporter", "utilitaires"),
    ("N2 N3", "lorries|over 3.5 t", "Lastwagen|über 3,5 t", "camions|de plus de 3,5 t"),
    ("M2 M3", "buses", "Busse", "autobus et autocars"),
    ("L6e L7e", "quadricycles", "leichte und schwere vierrädrige Kraftfahrzeuge", "quadricycles"),
    ("M1", "cars", "Pkw", "voitures"),
    ("M2", "buses|up to 5 t", "Busse|bis 5 t", "autobus et autocars|jusqu’à 5 t"),
    ("M3", "buses|over 5 t", "Busse|über 5 t", "autobus et autocars|de plus de 5 t"),
    ("N1", "vans|up to 3.5 t", "Transporter|bis 3,5 t", "utilitaires|jusqu’à 3,5 t"),
    (
        "N2",
        "lorries|over 3.5 t up to 12 t",
        "Lastwagen|über 3,5 t bis 12 t",
        "camions|de plus de 3,5 t à 12 t",
    ),
    ("N3", "lorries|over 12 t", "Lastwagen|über 12 t", "camions|de plus de 12 t"),
    ("L1e", "light two-wheelers", "leichte zweirädrige Kraftfahrzeuge", "deux-roues légers"),
    ("L2e", "three-wheel mopeds", "dreirädrige Mopeds", "cyclomoteurs à trois roues"),
    ("L3e", "motorcycles", "Motorräder", "motocyclettes"),
    (
        "L4e",
        "motorcycles with a sidecar",
        "Motorräder mit Beiwagen",
        "motocyclettes avec side-car",
    ),
    ("L5e", "powered tricycles", "dreirädrige Kraftfahrzeuge", "tricycles à moteur"),
    ("L6e", "light quadricycles", "leichte vierrädrige Kraftfahrzeuge", "quadricycles légers"),
    ("L7e", "heavy quadricycles", "schwere vierrädrige Kraftfahrzeuge", "quadricycles lourds"),
    ("O1", "trailers|up to 0.75 t", "Anhänger|bis 0,75 t", "remorques|jusqu’à 0,75 t"),
    (
        "O2",
        "trailers|over 0.75 t up to 3.5 t",
        "Anhänger|über 0,75 t bis 3,5 t",
        "remorques|de plus de 0,75 t à 3,5 t",
    ),
    (
        "O3",
        "trailers|over 3.5 t up to 10 t",
        "Anhänger|über 3,5 t bis 10 t",
        "remorques|de plus de 3,5 t à 10 t",
    ),
    ("O4", "trailers|over 10 t", "Anhänger|über 10 t", "remorques|de plus de 10 t"),
    (
        "T",
        "agricultural or forestry tractors",
        "land- oder forstwirtschaftliche Zugmaschinen",
        "tracteurs agricoles ou forestiers",
    ),
    ("van", "vans", "Transporter", "fourgons"),
    ("truck", "trucks", "Lastwagen", "camions"),
    ("bicycle", "bicycles", "Fahrräder", "vélos"),
    ("cargo_bicycle", "cargo bicycles", "Lastenräder", "vélos-cargos"),
)
"""Codes, and words in English, German and French; the larger groups first."""
_BY_LANGUAGE: Mapping[Language, Sequence[Kind]] = {
    language: [Kind(tuple(codes.split()), *words[place].split("|")) for codes, *words in _KINDS]
    for place, language in enumerate(LANGUAGES)
}


@lru_cache(maxsize=512)
def of(categories: tuple[str, ...], language: Language) -> tuple[Kind, ...]:
    """Return the kinds that categories make up, in the order of the first category of each."""
    left, found = set(categories), []
    for kind in _BY_LANGUAGE[language]:
        if left.issuperset(kind.codes):
            found.append(kind)
            left.difference_update(kind.codes)
    return tuple(sorted(found, key=lambda kind: min(map(categories.index, kind.codes))))


_PURPOSES = (
    ("SA", "motor caravan (SA)", "Wohnmobil (SA)", "autocaravane (SA)"),
    ("SB", "armoured vehicle (SB)", "beschussgeschütztes Fahrzeug (SB)", "véhicule blindé (SB)"),
    ("SC", "ambulance (SC)", "Krankenwagen (SC)", "ambulance (SC)"),
    ("SD", "hearse (SD)", "Leichenwagen (SD)", "corbillard (SD)"),
    ("SF", "mobile crane (SF)", "Mobilkran (SF)", "grue mobile (SF)"),
    (
        "SH",
        "wheelchair accessible vehicle (SH)",
        "rollstuhlgerechtes Fahrzeug (SH)",
        "véhicule accessible en fauteuil roulant (SH)",
    ),
    ("emergency", "emergency vehicle", "Einsatzfahrzeug", "véhicule d’urgence"),
    ("refuse_collection", "refuse collector", "Müllfahrzeug", "benne à ordures"),
    ("patient_transport", "patient transport", "Krankentransport", "transport de patients"),
    ("service_vehicle", "service vehicle", "Servicefahrzeug", "véhicule de service"),
    ("crane", "crane", "Kran", "grue"),
    ("sweeper", "sweeper", "Kehrmaschine", "balayeuse"),
)
PURPOSES: Mapping[Language, Mapping[str, str]] = {
    language: {code: words[place] for code, *words in _PURPOSES}
    for place, language in enumerate(LANGUAGES)
}
"""Special purposes in words; what is not here is said as it is written."""
