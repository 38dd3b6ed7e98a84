"""How a number plate may be written that somebody reads off a vehicle: with its country or not."""

import re

from kernel.identifiers import normalise_plate

# Distinguishing signs of vehicles in international traffic (Convention on Road Traffic, Vienna
# 1968, article 37; the list that the United Nations keep of them) by ISO 3166-1 code, with the
# code itself, which some write instead.
SIGNS: dict[str, tuple[str, ...]] = {
    "AT": ("A", "AT"), "BE": ("B", "BE"), "BG": ("BG",), "CH": ("CH",), "CY": ("CY",),
    "CZ": ("CZ",), "DE": ("D", "DE"), "DK": ("DK",), "EE": ("EST", "EE"), "ES": ("E", "ES"),
    "FI": ("FIN", "FI"), "FR": ("F", "FR"), "GB": ("UK", "GB"), "GR": ("GR",), "HR": ("HR",),
    "HU": ("H", "HU"), "IE": ("IRL", "IE"), "IS": ("IS",), "IT": ("I", "IT"),
    "LI": ("FL", "LI"), "LT": ("LT",), "LU": ("L", "LU"), "LV": ("LV",), "MT": ("M", "MT"),
    "NL": ("NL",), "NO": ("N", "NO"), "PL": ("PL",), "PT": ("P", "PT"), "RO": ("RO",),
    "RS": ("SRB", "RS"), "SE": ("S", "SE"), "SI": ("SLO", "SI"), "SK": ("SK",),
    "TR": ("TR",), "UA": ("UA",),
}  # fmt: skip
_ALL = frozenset(sign for signs in SIGNS.values() for sign in signs)
_SEPARATED = re.compile(r"\W*([A-Z]{1,3})[\W_]+(\w.*)")
SHORTEST = 3


def readings(text: str, country: str) -> tuple[str, ...]:
    """Return how a plate may be registered, normalised, the likeliest first; empty for no plate.

    As it is written; without a country's sign that stands apart before it (`FIN-ABC-123`); without
    the sign of the city's own country that sticks to it (`FINABC123`); with the sign of the city's
    own country before it, as some register their vehicles. `country` is that country's ISO code.
    A sign that sticks to a plate of another country is left: `F` may be France or Frankfurt.
    """
    whole = normalise_plate(text)
    if not whole:
        return ()
    found = [whole]
    apart = _SEPARATED.fullmatch(text.strip().upper())
    if apart is not None and apart[1] in _ALL:
        found.append(normalise_plate(apart[2]))
    own = SIGNS.get(country, ())
    found += [whole.removeprefix(sign) for sign in own if len(sign) > 1 and whole.startswith(sign)]
    found += [sign + whole for sign in own]
    kept = (one for one in found if len(one) >= SHORTEST or one == whole)
    return tuple(dict.fromkeys(kept))
