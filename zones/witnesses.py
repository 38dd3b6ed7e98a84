"""A solver's example in words: “Tue 09:30, N2 diesel Euro V, 7.4 t”. Pure."""

from datetime import datetime

from kernel.vehicles import VehicleFacts, euro_rank

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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
    return ", ".join([when(local, calendars), *_vehicle(facts), *held])


def when(local: datetime, calendars: tuple[str, ...] = ()) -> str:
    """Return weekday and time, with the named calendars that have the day."""
    said = f"{_DAYS[local.weekday()]} {local:%H:%M}"
    if calendars:
        said += " (" + ", ".join(calendars) + ")"
    return said


def _vehicle(facts: VehicleFacts) -> list[str]:
    words = [facts.category or "", "/".join(sorted(facts.fuels))]
    if facts.euro_class is not None and euro_rank(facts.euro_class) is not None:
        words.append(facts.euro_class if facts.euro_class == "EEV" else f"Euro {facts.euro_class}")
    said = [" ".join(word for word in words if word)]
    if facts.gross_weight_kg is not None:
        said.append(f"{facts.gross_weight_kg / 1000:.3f}".rstrip("0").rstrip(".") + " t")
    for value, unit in (
        (facts.length_m, "m long"),
        (facts.width_m, "m wide"),
        (facts.height_m, "m high"),
    ):
        if value is not None:
            said.append(f"{value:g} {unit}")
    if facts.body is not None:
        said.append(facts.body)
    if facts.first_registration_on is not None:
        said.append(f"registered {facts.first_registration_on}")
    said += [f"{scheme} sticker {value}" for scheme, value in sorted(facts.stickers.items())]
    said += sorted(facts.special_purpose)
    if facts.particulate_filter is not None:
        said.append(("with" if facts.particulate_filter else "without") + " particulate filter")
    if facts.operator is not None:
        said.append(f"operated by {facts.operator}")
    return said
