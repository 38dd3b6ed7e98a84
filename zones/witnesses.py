"""A solver's example in words: “Tue 09:30, N2 diesel Euro V, 7.4 t”. Pure."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from kernel.vehicles import VehicleFacts, euro_rank
from zones import kinds, writing
from zones.phrases import FUELS, PHRASES, STICKERS, Language

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SIZES: Mapping[Language, tuple[str, str, str]] = {
    "en": ("m long", "m wide", "m high"),
    "de": ("m lang", "m breit", "m hoch"),
    "fr": ("m de long", "m de large", "m de haut"),
}
_REGISTERED: Mapping[Language, str] = {
    "en": "first registered {}",
    "de": "Erstzulassung {}",
    "fr": "première immatriculation {}",
}


def text(
    facts: VehicleFacts,
    local: datetime,
    calendars: tuple[str, ...] = (),
    permits: tuple[str, ...] = (),
) -> str:
    """Return the example as people say it; the facts that are known, in a fixed order.

    The date stands with the weekday; what it is no good for, the caller leaves out.
    """
    held = ["with permit " + " and ".join(permits)] if permits else []
    return ", ".join([when(local, calendars), vehicle(facts), *held])


def when(local: datetime, calendars: tuple[str, ...] = ()) -> str:
    """Return weekday and time, with the named calendars that have the day."""
    said = f"{_DAYS[local.weekday()]} {local:%H:%M}"
    if calendars:
        said += " (" + ", ".join(calendars) + ")"
    return said


def vehicle(facts: VehicleFacts, language: Language = "en") -> str:
    """Return the vehicle: the facts that are known, in a fixed order."""
    said = PHRASES[language]
    words = [_drive(facts, language)]
    if facts.gross_weight_kg is not None:
        words.append(f"{writing.number(Decimal(facts.gross_weight_kg) / 1000, language)} t")
    sizes = (facts.length_m, facts.width_m, facts.height_m)
    for value, unit in zip(sizes, _SIZES[language], strict=True):
        if value is not None:
            words.append(f"{writing.number(value, language)} {unit}")
    if facts.body is not None:
        words.append(facts.body)
    if facts.first_registration_on is not None:
        day = writing.day(facts.first_registration_on, language)
        words.append(_REGISTERED[language].format(day))
    words += [_sticker(scheme, value, language) for scheme, value in sorted(facts.stickers.items())]
    words += [kinds.PURPOSES[language].get(one, one) for one in sorted(facts.special_purpose)]
    if facts.particulate_filter is not None:
        words.append(said[f"particulate_filter_{str(facts.particulate_filter).lower()}"])
    if facts.operator is not None:
        words.append(said["operator"].format(facts.operator))
    return ", ".join(words)


def _drive(facts: VehicleFacts, language: Language) -> str:
    """Return category, fuels and Euro class; English has the fuels as they are written."""
    names = {} if language == "en" else FUELS[language]
    fuels = "/".join(names.get(fuel, fuel) for fuel in sorted(facts.fuels))
    words = [facts.category or "", fuels]
    if facts.euro_class is not None and euro_rank(facts.euro_class) is not None:
        words.append(facts.euro_class if facts.euro_class == "EEV" else f"Euro {facts.euro_class}")
    return " ".join(word for word in words if word)


def _sticker(scheme: str, value: str, language: Language) -> str:
    known = STICKERS[language]
    return f"{known.get(scheme) or known[''].format(scheme)} {value}"
