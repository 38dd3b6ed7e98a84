"""What is asked of a day that was disturbed: judged from the clients' side and from the tables."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.factories import TUESDAY
from tests.integration.laws.play import Answers
from tests.integration.laws.simulated import Sent
from tests.integration.laws.world import World


def junk(world: World, seed: int) -> list[Sent]:
    """Return events that no log takes: broken, a stranger's, too old; and of an unknown vehicle."""
    found = []
    strangers = str(world.senders[1].organisation.id), str(world.senders[0].organisation.id)
    for number, sender in enumerate(world.senders):
        good = {
            "event_type": "telemetry.engine_on",
            "classifier": "actual",
            "carrier_id": str(sender.organisation.id),
            "occurred_at": TUESDAY.isoformat(),
            "vehicle": {"vehicle_id": f"ref:{sender.vehicles[0].ref}"},
        }
        old = (TUESDAY - timedelta(days=20)).isoformat()
        bad = [
            {"classifier": "planned"},
            {"carrier_id": strangers[number]},
            {"occurred_at": old},
            {"vehicle": {"vehicle_id": "ref:ghost"}},
        ]
        for place, change in enumerate(bad):
            id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"junk {seed} {number} {place}"))
            found.append(Sent(number, {"event_id": id_, **good, **change}, 600.0 * place))
    return found


def acknowledged(sent: Sequence[Sent], answers: Answers) -> None:
    """Every event of the day was acknowledged, accepted at most once, and is in the log once."""
    wanted = {one.event_id for one in sent}
    assert wanted <= answers.ids("accepted", "duplicate"), "never acknowledged"
    often = {id_ for id_, seen in answers.statuses.items() if seen["accepted"] > 1}
    assert not often, f"accepted twice: {often}"
    assert answers.ids("accepted", "duplicate") == wanted
    logged = _logged()
    doubled = {id_ for id_, count in logged.items() if count > 1}
    assert not doubled, f"in the log twice: {doubled}"
    missing = wanted - set(logged) - _held(sent)
    assert not missing, f"acknowledged and not in the log: {missing}"
    assert set(logged) <= wanted, f"in the log and not of the day: {set(logged) - wanted}"


def refusals(answers: Answers) -> None:
    """What was refused left no trace."""
    from carriers.models import EventIdentity, Quarantined

    refused = answers.ids("refused")
    assert len(refused) == 6
    assert not refused & set(_logged())
    assert not EventIdentity.objects.filter(event_id__in=refused).exists()
    assert not Quarantined.objects.filter(event_id__in=refused).exists()


def quarantine(world: World, answers: Answers) -> None:
    """What was quarantined is kept once, and only there."""
    from carriers.models import EventIdentity, Quarantined

    doubtful = answers.ids("quarantined")
    kept = Counter(str(id_) for id_ in Quarantined.objects.values_list("event_id", flat=True))
    assert kept == dict.fromkeys(doubtful, 1)
    assert len(doubtful) == len(world.senders)
    assert not EventIdentity.objects.filter(event_id__in=doubtful).exists()


def journal() -> None:
    """Opened plus adjustments = current verdict, and each opening was told once."""
    from compliance.models import Finding, FindingJournal
    from foundation.models import OutboxMessage

    verdicts: dict[uuid.UUID, dict[str, Any]] = {}
    openings: Counter[str] = Counter()
    for entry in FindingJournal.objects.order_by("id"):
        assert (entry.entry == "opened") == (entry.finding_id not in verdicts)
        verdicts.setdefault(entry.finding_id, {}).update(entry.after)
        openings[str(entry.finding_id)] += entry.entry == "opened"
    for finding in Finding.objects.all():
        verdict = verdicts.pop(finding.id)
        now = {name: _plain(getattr(finding, name)) for name in verdict}
        assert now == {name: _plain(value) for name, value in verdict.items()}
    assert verdicts == {}
    told = OutboxMessage.objects.filter(topic="finding.created").values_list("payload", flat=True)
    assert Counter(payload["finding_id"] for payload in told) == openings


def identities() -> None:
    """An incident has one standing finding, and an id means one incident for ever.

    Ids are minted as findings arise, so that another order of arrival gives others; this is what
    every order owes (`docs/decisions/findings.md`).
    """
    from compliance.models import Finding
    from compliance.rules import INCIDENT
    from foundation.models import OutboxMessage

    told: dict[str, set[tuple[Any, ...]]] = {}
    about = [name for name in INCIDENT if name != "act_kind"]
    for payload in OutboxMessage.objects.filter(topic__startswith="finding.").values_list(
        "payload", flat=True
    ):
        incident = tuple(payload[name] for name in about)
        told.setdefault(payload["finding_id"], set()).add(incident)
    assert all(len(incidents) == 1 for incidents in told.values()), "an id changed its meaning"
    standing: dict[tuple[Any, ...], list[Any]] = {}
    for row in Finding.objects.standing().order_by("from_at"):
        assert str(row.id) in told, "a finding that nobody was told of"
        key = *(getattr(row, name) for name in INCIDENT), row.severity, row.rule_row < 0
        standing.setdefault(key, []).append(row)
    for rows in standing.values():
        for one, other in pairwise(rows):
            assert one.seen_until_at <= other.from_at, "two findings of one incident"


class Reactor:
    """Acts on each message twice over: by a row that commits with its place, and by something
    that no rollback takes back."""

    name = "laws.reactor"
    stream = "outbox"
    topics: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.acts: Counter[uuid.UUID] = Counter()

    def consume(self, rows: Sequence[Any], *, as_of: datetime) -> None:
        from foundation.models import AuditEntry

        self.acts.update(row.id for row in rows)
        AuditEntry.objects.bulk_create(
            AuditEntry(city_id=row.city_id, at=as_of, action=self.name, subject=str(row.id))
            for row in rows
        )

    def forget(self) -> None:
        self.acts.clear()

    def judge(self) -> None:
        """At least once for every message that was committed, exactly once in effect."""
        from foundation.models import AuditEntry, OutboxMessage

        messages = set(OutboxMessage.objects.values_list("id", flat=True))
        assert messages, "there was nothing to act upon"
        assert set(self.acts) == messages
        rows = AuditEntry.objects.filter(action=self.name).values_list("subject", flat=True)
        assert Counter(rows) == dict.fromkeys((str(id_) for id_ in messages), 1)


def _logged() -> Counter[str]:
    """Return how often each event id is in the log."""
    from carriers.models import LoggedEvent, LoggedPosition

    found: Counter[str] = Counter()
    for model in (LoggedEvent, LoggedPosition):
        found.update(str(id_) for id_ in model.objects.values_list("event_id", flat=True))
    return found


def _held(sent: Sequence[Sent]) -> set[str]:
    """Return the voids that wait for a target which never comes; each is kept with its identity."""
    from carriers.models import EventIdentity

    told = {one.event_id for one in sent}
    waiting = {
        one.event_id: one.body["voids"]["event_id"]
        for one in sent
        if "voids" in one.body and one.body["voids"]["event_id"] not in told
    }
    kept = EventIdentity.objects.filter(event_id__in=waiting, content_hash__isnull=False)
    return {str(row.event_id) for row in kept}


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID | datetime):
        return value.isoformat() if isinstance(value, datetime) else str(value)
    return value
