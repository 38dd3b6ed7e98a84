"""Fields of forms: what a template needs to draw one, and how what was typed is read."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kernel.periods import YEARS
from kernel.refusals import Refusal

LONGEST = 10_000
_MINUTES = re.compile(r"[0-9]{1,5}([.,][0-9]{1,6})?")


@dataclass(frozen=True)
class Field:
    """A field of a form. `kind`: an input's type, or `select`, `radio`, `checks`, `textarea`.

    `value` is a text, for `checks` the chosen ones; `options` are pairs of value and label.
    `known` is the id of a `<datalist>` of the page with what is often typed.
    """

    name: str
    label: Any
    kind: str = "text"
    value: Any = ""
    hint: Any = ""
    error: Any = ""
    options: Sequence[tuple[str, Any]] = ()
    most: int | None = None
    rows: int = 4
    known: str = ""

    @property
    def described_by(self) -> str:
        """Return the ids of the texts that belong to the field."""
        told = (("hint", self.hint), ("error", self.error))
        return " ".join(f"{self.name}-{what}" for what, text in told if text)


def text(sent: Mapping[str, Any], name: str, most: int = LONGEST) -> str:
    """Return what was typed into a field, without blanks around it and without NUL, which no
    text of the database holds."""
    return str(sent.get(name, "")).replace("\x00", "").strip()[:most]


def day(typed: str) -> date | None:
    """Return a day as `YYYY-MM-DD`, None for what is none or lies beyond the calendar."""
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def moment(typed: str, tz: ZoneInfo) -> datetime | None:
    """Return a local time as `YYYY-MM-DDTHH:MM`, None for what is none or lies beyond the
    calendar."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return found.replace(tzinfo=tz) if found.tzinfo is None and found.year in YEARS else None


def whole(typed: str, most: int) -> int | None:
    """Return a whole number from 0 to `most`, None for what is none."""
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
    return number if number is not None and number <= most else None


def minutes(typed: str, most: int) -> int | None:
    """Return minutes from 0 to `most`, whole or with a fraction, in seconds; None for what is
    none."""
    if not _MINUTES.fullmatch(typed):
        return None
    seconds = round(float(typed.replace(",", ".")) * 60)
    return seconds if seconds <= most * 60 else None


def as_minutes(seconds: int) -> str:
    """Return seconds as `minutes` reads them back, to the second."""
    return f"{seconds / 60:.4f}".rstrip("0").rstrip(".")


def errors(wrong: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is wrong, by field, for the summary on top of a page."""
    return [{"field": name, "text": said} for name, said in wrong.items()]


def wrong_of(refusal: Refusal, places: Mapping[str, str], otherwise: str) -> dict[str, str]:
    """Return the reasons of a refusal by the field that their pointers mean."""
    wrong: dict[str, str] = {}
    for reason in refusal.reasons:
        name = places.get(reason.pointer, otherwise)
        wrong[name] = f"{wrong[name]} {reason.detail}" if name in wrong else str(reason.detail)
    return wrong
