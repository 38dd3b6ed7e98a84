"""The main navigation: what a reader may open, pages of one kind in a menu of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts import scopes
from accounts.actors import Actor
from portal import quarantine
from portal.rulebook import versions

Spec = tuple[str, Any, str]
"""The name of a page, its label, and the scope that opens it."""

EVERYBODY = ""
PLAN: tuple[Spec | tuple[Any, tuple[Spec, ...]], ...] = (
    ("portal:tower", gettext_lazy("Control tower"), EVERYBODY),
    ("portal:bookings", gettext_lazy("Bookings"), scopes.CURBS_READ),
    (
        gettext_lazy("Compliance"),
        (
            ("portal:findings", gettext_lazy("Findings"), scopes.FINDINGS_READ),
            ("portal:disputes", gettext_lazy("Disputes"), scopes.FINDINGS_READ),
            ("portal:checks", gettext_lazy("Checks"), scopes.FINDINGS_READ),
        ),
    ),
    ("portal:rules", gettext_lazy("Rules"), scopes.RULES_READ),
    ("portal:patrol", gettext_lazy("Patrol"), scopes.ENFORCEMENT_CHECK),
    ("portal:exceptions", gettext_lazy("Exceptions"), scopes.VEHICLES_READ),
    ("portal:reports", gettext_lazy("Reports"), scopes.REPORTS_READ),
    (
        gettext_lazy("Data"),
        (
            ("portal:quarantine", gettext_lazy("Quarantine"), scopes.EVENTS_WRITE),
            ("portal:webhooks", gettext_lazy("Webhooks"), scopes.WEBHOOKS_WRITE),
            ("portal:standing", gettext_lazy("Standing still"), scopes.CONSUMERS_MEND),
        ),
    ),
)


@dataclass(frozen=True)
class Entry:
    """A page; `count`: how much waits there for the reader."""

    label: str
    url: str
    current: bool
    count: str = ""


@dataclass(frozen=True)
class Menu:
    """Pages of one kind, folded away under a name."""

    label: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def current(self) -> bool:
        """Whether the reader is on one of its pages."""
        return any(entry.current for entry in self.entries)

    @property
    def waits(self) -> list[Entry]:
        """Return the pages on which something waits."""
        return [entry for entry in self.entries if entry.count]


def of(request: HttpRequest, actor: Actor | None) -> list[Entry | Menu]:
    """Return what the reader may open; a menu of one page is that page."""
    found: list[Entry | Menu] = []
    for spec in PLAN if actor is not None else ():
        if isinstance(spec[1], tuple):
            entries = list(_entries(spec[1], request, actor))
            if len(entries) > 1:
                found.append(Menu(str(spec[0]), entries))
            else:
                found += entries
        else:
            found += _entries([spec], request, actor)
    return found


def _entries(specs: Sequence[Any], request: HttpRequest, actor: Any) -> Iterator[Entry]:
    for name, label, scope in specs:
        if scope == EVERYBODY or actor.may(scope):
            url = reverse(name)
            count = COUNTS[name](actor) if name in COUNTS else ""
            yield Entry(str(label), url, _within(request.path, url), count)


def _within(path: str, url: str) -> bool:
    return path == url if url == "/" else path.startswith(url)


COUNTS = {"portal:quarantine": quarantine.nav_count, "portal:rules": versions.nav_count}
