"""Templates of rules as a page lists them: what they say, from when, and where that is from."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import words
from portal.rulebook import verdicts
from zones import language, schemes, sentences

PLAIN = {
    "PLAIN-DELIVERY-WINDOW": gettext_lazy("Delivery window in a pedestrian street"),
    "PLAIN-LOW-EMISSION": gettext_lazy("Low-emission zone in phases"),
    "PLAIN-OFF-PEAK": gettext_lazy("Off-peak window by weight"),
    "PLAIN-SCHOOL-STREET": gettext_lazy("School street"),
    "PLAIN-WEIGHT-LIMIT": gettext_lazy("Weight limit"),
}
"""Titles of the plain templates; schemes of cities keep the names that they have."""


@dataclass(frozen=True)
class Template:
    """A template: its name for loading, its title and sentences, and where its facts are from."""

    name: str
    title: str
    plain: bool
    sentences: list[str]
    facts_on: str
    sources: list[str]
    left_out: list[str]
    note: str


def listed(today: date) -> list[Template]:
    """Return the plain templates first, then those of cities; dates count from today."""
    found = []
    for scheme in schemes.schemes().values():
        if scheme.regulations:
            title = str(PLAIN.get(scheme.code, scheme.title))
            found.append(_template(scheme, scheme.code, title, scheme.regulations, today))
        if scheme.bay is not None:
            title = _("%(scheme)s, loading bays") % {"scheme": scheme.title}
            found.append(_template(scheme, f"{scheme.code}/bay", title, (scheme.bay,), today))
    return sorted(found, key=lambda one: (not one.plain, one.title))


def _template(scheme: schemes.Scheme, name: str, title: str, orders: Any, today: date) -> Template:
    said = [row for order in orders for row in _sentences(order, today)]
    note = " ".join(text for text in (scheme.label, scheme.starts) if text)
    return Template(
        name=name,
        title=title,
        plain=scheme.is_plain,
        sentences=said,
        facts_on=words.dated(scheme.facts_on) if scheme.facts_on else "",
        sources=list(scheme.sources),
        left_out=list(scheme.left_out),
        note=note,
    )


def _sentences(order: schemes.Order, today: date) -> list[str]:
    rows = [schemes.resolved(row, today) for row in order.rows]
    return [sentences.of_row(row, verdicts.language()) for row in language.read(rows)[0]]
