"""What every export asks of a row: can it be said at all without the rows around it?

A row is exported whole or not at all: half of a rule would be another rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from zones.exchange.published import PublishedVersion, PublishedZone, Unsaid, row_name
from zones.language import Row, Who


class CannotSay(Exception):
    """A format has no word for this part of a rule."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A row with where it stands."""

    zone: PublishedZone
    code: str
    version: PublishedVersion
    row: Row
    name: str

    def unsaid(self, what: str) -> Unsaid:
        """Return that the row, or a part of it, is not said."""
        return Unsaid(self.zone.id, self.zone.code, self.code, self.name, what)


def rows(zone: PublishedZone) -> Iterator[Saying]:
    """Yield all rows of a zone, by regulation and version."""
    for regulation in zone.regulations:
        for version in regulation.versions:
            for index, row in enumerate(version.read):
                yield Saying(zone, regulation.code, version, row, row_name(row, index))


def plain_ban(saying: Saying) -> None:
    """Raise CannotSay unless the row is a ban that nothing else can soften."""
    row = saying.row
    if row.what.effect != "prohibit":
        raise CannotSay(f"effect {row.what.effect}")
    if row.warning_until is not None:
        raise CannotSay("warning_until")
    for exemption in row.exemptions:
        if exemption.permit:
            raise CannotSay(f"exemption by permit {', '.join(exemption.permit)}")
        if exemption.day_pass:
            raise CannotSay("day passes")
        if exemption.dates:
            raise CannotSay("an exemption with dates")
    for other in rows(saying.zone):
        if (
            other.row.what.effect == "allow"
            and other.row.priority > row.priority
            and other.version.legal.overlaps(saying.version.legal)
        ):
            raise CannotSay(f"overruled by {other.name}")


def exempt(row: Row) -> Who | None:
    """Return who is exempt by class, None for nobody."""
    found = tuple(entry.who for entry in row.exemptions if entry.who is not None)
    return Who(any=found) if len(found) > 1 else next(iter(found), None)


def about_zone(zone: PublishedZone, *, grace: bool = False) -> Iterator[Unsaid]:
    """Yield what of a zone itself no foreign format says."""
    if zone.grace_s and not grace:
        yield Unsaid(zone.id, zone.code, "", "", f"grace of {zone.grace_s} s")
    for regulation in zone.regulations:
        for version in regulation.versions:
            if version.vacate_by_s:
                seconds = f"{version.vacate_by_s} s to leave"
                yield Unsaid(zone.id, zone.code, regulation.code, "", seconds)
