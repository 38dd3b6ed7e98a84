"""A plain English sentence for a rule row, for reasons and findings.

A row may carry a sentence of its own; then that one stands.
"""

from kernel.money import Money
from zones.language import DAYS, EuroLimit, Row, When, Who


def of_row(row: Row) -> str:
    """Return the sentence: effect, who, when, exceptions."""
    if row.sentence:
        return row.sentence
    text = f"{_effect(row)}: {of_who(row.who)}"
    if row.when:
        text += ", " + " and ".join(_window(window) for window in row.when)
    exempt = [f"holders of “{kind}”" for kind in row.unless.permit]
    if row.unless.who is not None:
        exempt.append(of_who(row.unless.who))
    if exempt:
        text += "; except " + " and ".join(exempt)
    return text + "."


def of_who(who: Who) -> str:
    """Return the vehicles a predicate speaks of."""
    parts = [part for part in _who_parts(who) if part]
    return ", ".join(parts) if parts else "all vehicles"


def _effect(row: Row) -> str:
    what = row.what
    text = {
        "prohibit": "No access",
        "warn": "Warning",
        "allow": "Access",
        "require_permit": f"Only with permit “{what.permit}”",
        "require_booking": "Only with a booking",
        "charge": f"Charge of {Money(what.amount or 0, what.currency or 'XXX')}",
    }[what.effect]
    if what.cap_per_day is not None:
        text += f", at most {Money(what.cap_per_day, what.currency or 'XXX')} a day"
    if row.warning_until is not None:
        text += f" (warnings only before {row.warning_until})"
    return text


def _who_parts(who: Who) -> list[str]:
    parts = [
        _listed("category", who.category),
        _listed("body", who.body),
        _listed("fuel", who.fuel),
        _listed("only on", who.fuel_only),
        _euro("below", who.euro_below),
        _euro("at least", who.euro_at_least),
    ]
    bounds = (
        ("over {} kg", who.gross_weight_over_kg),
        ("up to {} kg", who.gross_weight_up_to_kg),
        ("from {} kg", who.gross_weight_at_least_kg),
        ("under {} kg", who.gross_weight_under_kg),
        ("longer than {} m", who.length_over_m),
        ("up to {} m long", who.length_up_to_m),
        ("wider than {} m", who.width_over_m),
        ("higher than {} m", who.height_over_m),
        ("first registered before {}", who.registered_before),
        ("first registered from {}", who.registered_from),
    )
    parts += [text.format(value) for text, value in bounds if value is not None]
    parts += [
        f"{scheme} sticker {' or '.join(values)}" for scheme, values in (who.stickers or {}).items()
    ]
    parts += [_listed("used as", who.special_purpose), _listed("operated by", who.operator)]
    if who.particulate_filter is not None:
        parts.append(f"{'with' if who.particulate_filter else 'without'} particulate filter")
    if who.any:
        parts.append("(" + " or ".join(of_who(part) for part in who.any) + ")")
    if who.all:
        parts.append("(" + " and ".join(of_who(part) for part in who.all) + ")")
    if who.not_ is not None:
        parts.append(f"not ({of_who(who.not_)})")
    return parts


def _listed(label: str, values: tuple[str, ...] | None) -> str:
    return "" if values is None else f"{label} {' or '.join(values)}"


def _euro(word: str, limit: str | EuroLimit | None) -> str:
    if limit is None:
        return ""
    if isinstance(limit, str):
        return f"Euro class {word} {limit}"
    given = [text for text in (limit.light, limit.heavy) if text]
    return f"Euro class {word} {' or '.join(given)}"


def _window(window: When) -> str:
    text = f"{window.from_}–{window.to}"
    if window.days != DAYS:
        text = ", ".join(day.capitalize() for day in window.days) + " " + text
    if window.from_on is not None:
        text += f" from {window.from_on}"
    if window.until_on is not None:
        text += f" before {window.until_on}"
    if window.holidays != "any":
        text += {"only": " on public holidays", "except": " except public holidays"}[
            window.holidays
        ]
    if window.calendar is not None:
        text += (
            f" {'on' if window.calendar_mode == 'only' else 'except on'} “{window.calendar}” days"
        )
    return text
