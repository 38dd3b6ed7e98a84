"""Findings: judged anew when acts or rules change, confirmed when the watermark has passed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.models import City
from compliance import judging, rules
from compliance.models import Dispute, Finding, FindingJournal
from compliance.rules import Act, ActKind, Change
from compliance.selectors import acts as selected
from compliance.services import evidence
from foundation import outbox
from foundation.fields import CurrentTransaction
from kernel.identifiers import shard_of, uuid7
from kernel.periods import Period

CHUNK = 2000
LOCK_CLASS = 0x66696E64  # "find"
_WRITTEN = (
    "act_id",
    "version_id",
    "rule_row",
    "rule_code",
    "kind",
    "severity",
    "from_at",
    "until_at",
    "seen_until_at",
    "seconds_over",
    "sentence",
    "evidence",
    "state",
    "changed_at",
    "confirmed_at",
    "set_aside_at",
    "xid",
)


def lock(city_id: UUID, vehicle_ids: Iterable[UUID]) -> None:
    """Keep other workers off the findings of these vehicles until the transaction ends.

    One advisory lock per shard of vehicles, taken in order, so that two workers never wait for
    each other.
    """
    low = int.from_bytes(city_id.bytes[-2:])
    for shard in sorted({shard_of(vehicle_id) for vehicle_id in vehicle_ids}):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_CLASS, low * 64 + shard])


@transaction.atomic(savepoint=False)
def rejudge(
    *,
    city: City,
    acts: Sequence[Act],
    gone: Collection[UUID] = (),
    because: Mapping[str, Any],
    as_of: datetime,
) -> list[Change]:
    """Bring the findings of acts up to what they ought to be, and return what changed.

    `gone` are ids of acts that are no more: their findings are withdrawn. What changed is in the
    journal and in the outbox; `because` says why. The caller holds the locks of the vehicles.
    """
    if not acts and not gone:
        return []
    judged, standing = _gathered(city, acts, gone)
    changes = rules.reconcile(standing, judging.judge(city, judged), uuid7)
    apply(city=city, changes=changes, standing=standing, because=because, as_of=as_of)
    return changes


def apply(
    *,
    city: City,
    changes: Sequence[Change],
    standing: Mapping[UUID, Mapping[str, Any]],
    because: Mapping[str, Any],
    as_of: datetime,
) -> None:
    """Write changes of findings, with all that follows: journal, disputes, evidence, news.

    `standing` holds the values before. The caller holds the findings.
    """
    _write(changes, standing, as_of)
    _note(changes, because, as_of)
    _settle_disputes([one.id for one in changes if one.change == "withdrawn"], as_of)
    frozen = [one.id for one in changes if _was_confirmed(one, standing)]
    heads = evidence.freeze(frozen, as_of) if frozen else {}
    _tell(city.id, changes, because, heads, as_of)


def _was_confirmed(change: Change, standing: Mapping[UUID, Mapping[str, Any]]) -> bool:
    """Return whether a change is an adjustment of what was confirmed, and so frozen, already."""
    known = standing.get(change.id)
    told = change.change in ("adjusted", "withdrawn")
    return told and known is not None and known["state"] == Finding.State.CONFIRMED


def _settle_disputes(withdrawn: Sequence[UUID], as_of: datetime) -> None:
    """Close the disputes of findings that are no more: there is nothing left to decide."""
    if withdrawn:
        waiting = Dispute.objects.open().filter(finding_id__in=withdrawn)
        waiting.update(state=Dispute.State.MOOT, decided_at=as_of)


def _gathered(
    city: City, acts: Sequence[Act], gone: Collection[UUID]
) -> tuple[list[Act], dict[UUID, dict[str, Any]]]:
    """Return what has to be judged together, and the findings known of it.

    A visit that a late event lengthened has another id, and its finding still names the old one.
    So findings are looked for by act and by what acts overlap; the other acts that these name are
    judged too, so that no act loses its finding to another one unheard.
    """
    known = _known(city, {act.id for act in acts} | set(gone), acts)
    others = {row.act_id: row.act_kind for row in known.values()}
    for id_ in (*(act.id for act in acts), *gone):
        others.pop(id_, None)
    if not others:
        return list(acts), {id_: as_values(row) for id_, row in known.items()}
    visits = [id_ for id_, kind in others.items() if kind == ActKind.VISIT]
    stays = [id_ for id_, kind in others.items() if kind == ActKind.STAY]
    judged = [*acts, *selected.visits(visits), *selected.stays(stays)]
    known |= _known(city, set(others), ())
    return judged, {id_: as_values(row) for id_, row in known.items()}


def _known(city: City, act_ids: Collection[UUID], acts: Sequence[Act]) -> dict[UUID, Finding]:
    """Return findings of acts, and those that overlap acts of the same vehicle and place: one
    query."""
    condition = Q(act_id__among=list(act_ids))
    by_place: dict[tuple[UUID, UUID], list[Period]] = {}
    if acts:
        for act in acts:
            by_place.setdefault((act.vehicle_id, act.place_id), []).append(act.period)
        condition |= Q(
            vehicle_id__among=[vehicle_id for vehicle_id, _ in by_place],
            seen_until_at__gt=min(act.period.start for act in acts),
            from_at__lt=max(act.period.end for act in acts if act.period.end),
        )
    rows = Finding.objects.filter(condition, city=city).select_for_update()
    wanted = set(act_ids)
    return {
        row.id: row
        for row in rows
        if row.act_id in wanted
        or any(
            period.overlaps(Period(row.from_at, max(row.from_at, row.seen_until_at)))
            for period in by_place.get((row.vehicle_id, row.zone_id or row.curb_zone_id), ())
        )
    }


def confirm(as_of: datetime) -> int:
    """Confirm every finding behind the watermark and return how many (a job of the tick)."""
    confirmed = 0
    while True:
        with transaction.atomic():
            rows = list(
                Finding.objects.settled_before(rules.watermark(as_of))
                .select_for_update(skip_locked=True)
                .order_by("seen_until_at", "id")[:CHUNK]
            )
            _confirm(rows, as_of)
        confirmed += len(rows)
        if len(rows) < CHUNK:
            return confirmed


def next_confirmation(as_of: datetime) -> datetime | None:
    """Return when the next finding is to be confirmed, or None."""
    first = (
        Finding.objects.filter(state=Finding.State.PROVISIONAL)
        .order_by("seen_until_at")
        .values_list("seen_until_at", flat=True)
        .first()
    )
    return None if first is None else max(first + rules.WATERMARK, as_of)


def payload(
    finding_id: UUID,
    values: Mapping[str, Any],
    change: str,
    *,
    head: str | None = None,
    dispute_id: UUID | str | None = None,
) -> dict[str, Any]:
    """Return what floors above and carriers hear of a change of a finding.

    `head` is that of the evidence which the change froze: who was told it can tell for ever
    whether the evidence is what it was. `dispute_id` names the dispute that is the change's reason.
    """
    names = (
        "organisation_id",
        "vehicle_id",
        "zone_id",
        "curb_zone_id",
        "regulation_id",
        "version_id",
        "kind",
        "severity",
        "state",
        "from_at",
        "until_at",
    )
    told = {"finding_id": finding_id, "change": change} | {name: values[name] for name in names}
    own = {"evidence_head": head, "dispute_id": dispute_id}
    return told | {name: value for name, value in own.items() if value is not None}


def _confirm(rows: Sequence[Finding], as_of: datetime) -> None:
    """Confirm findings, note it in the journal, freeze their evidence and tell it: some statements
    for all of them."""
    told: dict[UUID, list[tuple[UUID, dict[str, Any]]]] = {}
    entries = []
    for row in rows:
        before: dict[str, Any] = {"state": row.state}
        after: dict[str, Any] = {"state": Finding.State.CONFIRMED.value}
        if row.until_at is None:
            before["until_at"], after["until_at"] = None, row.seen_until_at
        because = {"watermark": rules.watermark(as_of)}
        entries.append(
            _entry(row.id, FindingJournal.Entry.CONFIRMED, before, after, because, as_of)
        )
    Finding.objects.filter(id__in=[row.id for row in rows]).update(
        state=Finding.State.CONFIRMED,
        confirmed_at=as_of,
        changed_at=as_of,
        until_at=Coalesce("until_at", "seen_until_at"),
        xid=CurrentTransaction(),
    )
    FindingJournal.objects.bulk_create(entries, batch_size=500)
    heads = evidence.freeze([row.id for row in rows], as_of)
    for row in rows:
        after = {
            "state": Finding.State.CONFIRMED.value,
            "until_at": row.until_at or row.seen_until_at,
        }
        message = payload(row.id, as_values(row) | after, "confirmed", head=heads[row.id])
        told.setdefault(row.city_id, []).append((row.vehicle_id, message))
    for city_id, payloads in told.items():
        outbox.add_all(city_id=city_id, topic="finding.changed", payloads=payloads, at=as_of)


def _entry(
    finding_id: UUID,
    entry: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    because: Mapping[str, Any],
    at: datetime,
) -> FindingJournal:
    return FindingJournal(
        finding_id=finding_id,
        entry=entry,
        at=at,
        before=_plain(before),
        after=_plain(after),
        because=_plain(because),
    )


def as_values(row: Finding) -> dict[str, Any]:
    """Return all values of a finding by column, without its id."""
    return {
        field.attname: getattr(row, field.attname)
        for field in Finding._meta.concrete_fields
        if field.attname not in ("id", "xid")
    }


def _write(
    changes: Sequence[Change], standing: Mapping[UUID, Mapping[str, Any]], as_of: datetime
) -> None:
    rows = []
    for change in changes:
        known = standing.get(change.id, {})
        values = dict(change.values)
        values["opened_at"] = known.get("opened_at", as_of)
        values["changed_at"] = known["changed_at"] if change.change == "refreshed" else as_of
        confirmed = values["state"] == Finding.State.CONFIRMED
        values["confirmed_at"] = known["confirmed_at"] if confirmed else None
        rows.append(Finding(id=change.id, **values))
    Finding.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN, batch_size=500
    )


def _note(changes: Iterable[Change], because: Mapping[str, Any], as_of: datetime) -> None:
    FindingJournal.objects.bulk_create(
        [
            _entry(change.id, change.change, change.before, change.after, because, as_of)
            for change in changes
            if change.change != "refreshed"
        ],
        batch_size=500,
    )


def _tell(
    city_id: UUID,
    changes: Sequence[Change],
    because: Mapping[str, Any],
    heads: Mapping[UUID, str],
    as_of: datetime,
) -> None:
    topics = {"opened": "finding.created", "adjusted": "finding.changed"}
    topics["withdrawn"] = "finding.changed"
    told: dict[str, list[tuple[UUID, dict[str, Any]]]] = {}
    for change in changes:
        topic = topics.get(change.change)
        if topic is not None:
            message = payload(
                change.id,
                change.values,
                change.change,
                head=heads.get(change.id),
                dispute_id=because.get("dispute_id"),
            )
            told.setdefault(topic, []).append((change.values["vehicle_id"], message))
    for topic, payloads in told.items():
        outbox.add_all(city_id=city_id, topic=topic, payloads=payloads, at=as_of)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON knows them; times in full, to the microsecond."""
    return {
        name: value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for name, value in values.items()
    }
