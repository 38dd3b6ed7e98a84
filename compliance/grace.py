"""How long somebody who stands there now has left. Pure.

The question is answered by the judge of findings itself: were the vehicle to stay on, when would
which rule make a finding?
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from curbs import acts as curb_acts
from curbs.book import Zone
from curbs.evaluator import Evaluator, Question
from kernel.periods import Period
from kernel.text import Spoken, in_language
from kernel.verdicts import RuleRef, rule_json
from zones.acts import Breach
from zones.phrases import LANGUAGES

AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Grace:
    """A rule that somebody breaks, or will by staying: from `since` on, a finding after `until`."""

    rule: RuleRef
    kind: str
    severity: str
    sentence: Spoken
    since: datetime
    until: datetime

    def left(self, at: datetime) -> timedelta:
        """Return how much time is left at an instant before it makes a finding."""
        return max(self.until - at, timedelta())

    def as_json(self, at: datetime) -> dict[str, Any]:
        """Return it as our API writes it."""
        return {
            "rule": rule_json(self.rule),
            "kind": self.kind,
            "severity": self.severity,
            "sentence": str(self.sentence),
            "sentences": {"en": str(self.sentence), **self.sentence.translations},
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "left_s": int(self.left(at).total_seconds()),
        }


def graces(
    *,
    evaluator: Evaluator,
    question: Question,
    zones: Iterable[tuple[UUID, datetime]],
    curb: tuple[Zone, datetime] | None,
    at: datetime,
) -> list[Grace]:
    """Return what the vehicle breaks at `at`, or will within a day if it stays, the soonest first.

    `zones` and `curb` say where it is and since when; who is not known to be there comes at `at`.
    """
    found = []
    for zone_id, since in zones:
        grace = evaluator.zones.grace(zone_id, since)
        act = Period(since, _horizon(at, grace))
        breaches = curb_acts.judge_visit(
            evaluator=evaluator,
            zone_id=zone_id,
            act=act,
            facts=question.facts,
            permits=question.permits,
            bookings=question.bookings,
        )
        found += _of(breaches, grace)
    if curb is not None:
        zone, since = curb
        grace = curb_acts.grace_of(zone, since)
        breaches = curb_acts.judge_stay(
            zones=evaluator.zones,
            curb_zone=zone,
            act=Period(since, _horizon(at, grace)),
            facts=question.facts,
            permits=question.permits,
            bookings=[period for zone_id, period in question.bookings if zone_id == zone.id],
        )
        found += _of(breaches, grace)
    # What was over before `at` is a finding's matter, not this check's.
    return sorted((one for one, end in found if end > at), key=lambda one: one.until)


def _horizon(at: datetime, grace: timedelta) -> datetime:
    """Return how far to look: longer than the grace, or what begins late would seem to be none."""
    return at + AHEAD + grace


def _of(breaches: Sequence[Breach], grace: timedelta) -> list[tuple[Grace, datetime]]:
    found = []
    for breach in breaches:
        end = breach.period.end
        assert end is not None
        one = Grace(
            rule=breach.rule,
            kind=breach.kinds[0],
            severity=breach.severity,
            sentence=_together(breach.sentences),
            since=breach.period.start,
            until=breach.period.start + grace,
        )
        found.append((one, end))
    return found


def _together(sentences: Sequence[str]) -> Spoken:
    """Return sentences as one text, in every language in which rules are said."""
    said = ((one, [in_language(text, one, str) for text in sentences]) for one in LANGUAGES[1:])
    return Spoken(" ".join(sentences), ((one, " ".join(texts)) for one, texts in said))
