"""What was done to a version in the words of its page: when, why and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from portal import words
from zones.models import RegulationVersion
from zones.selectors import interruptions
from zones.selectors.interruptions import Interruption


@dataclass(frozen=True)
class Step:
    """A step in the life of a version: when, by whom, and what else there is to say."""

    step: str
    when: str
    who: str
    said: str = ""


def of(version: RegulationVersion, tz: Any) -> list[Step]:
    """Return what was done to a version; three queries."""
    suspended, annulled = interruptions.of_version(version)
    names = _Names(
        [
            *(version.created_by, version.changed_by, version.reviewed_by, version.published_by),
            *(who for one in suspended for who in (one.begun_by, one.ended_by)),
            annulled and annulled.by,
        ]
    )
    bookings = f"{version.get_bookings_display()}." if version.bookings else ""
    by, why = (annulled.by, annulled.reason) if annulled else (None, "")
    written: list[tuple[str, datetime | None, UUID | None, str]] = [
        (_("written"), version.created_at, version.created_by, ""),
        (_("changed"), version.changed_at, version.changed_by, ""),
        (_("reviewed"), version.reviewed_at, version.reviewed_by, ""),
        (_("published"), version.published_at, version.published_by, bookings),
    ]
    written_last = (_("annulled"), version.recorded_until, by, why)
    steps = [
        Step(step, words.recorded(at, tz), names.of(who), said)
        for step, at, who, said in [*written, written_last]
        if at is not None
    ]
    end = len(steps) - (version.recorded_until is not None)
    return [*steps[:end], *(_suspended(one, names, tz) for one in suspended), *steps[end:]]


def _suspended(one: Interruption, names: "_Names", tz: Any) -> Step:
    since, by = words.recorded(one.since, tz), names.of(one.begun_by)
    if one.until is None:
        return Step(_("suspended"), _("since %(start)s") % {"start": since}, by, one.reason)
    if one.until == one.since:
        when = _("for %(start)s, taken back before") % {"start": since}
    else:
        when = f"{since} – {words.recorded(one.until, tz)}"
    ended = names.of(one.ended_by)
    if ended and ended != by:
        by = _("%(name)s; ended by %(other)s") % {"name": by, "other": ended}
    return Step(_("suspended"), when, by, one.reason)


class _Names:
    """The names of people, looked up at once; who is no person is a machine client."""

    def __init__(self, ids: Iterable[UUID | None]) -> None:
        rows = User.objects.filter(pk__in={one for one in ids if one})
        self._known = {user.pk: str(user) for user in rows}

    def of(self, who: UUID | None) -> str:
        return self._known.get(who, _("a machine client")) if who else ""
