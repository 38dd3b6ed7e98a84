"""EPCIS captures: a document in, a job that tells what became of its events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.actors import Actor
from accounts.models import Organisation
from carriers import codes
from carriers.models import CaptureJob
from carriers.services import dialects
from carriers.services.answers import MessageResult, Report
from carriers.services.dialects import Message, RolledBack
from kernel.identifiers import uuid7
from kernel.refusals import REGISTRY

PROCEED, ROLLBACK = "proceed", "rollback"


def capture(
    *,
    actor: Actor,
    sender: Organisation,
    events: Sequence[bytes],
    behaviour: str,
    base: str,
    now: datetime,
) -> CaptureJob:
    """Capture the events of a document and return the finished job.

    With the behaviour `rollback` one event that is refused leaves none of them in the log. `base`
    is the JSON pointer of the list that they stand in.
    """
    job = CaptureJob(
        id=uuid7(),
        city_id=actor.city_id,
        organisation=sender,
        client_id=actor.client_id,
        created_at=now,
        behaviour=behaviour,
    )

    def keep(report: Report) -> None:
        _finish(job, report, base, rolled_back=False)

    try:
        dialects.take(
            actor=actor,
            dialect="epcis",
            messages=[Message("events", raw) for raw in events],
            now=now,
            sender=sender,
            all_or_nothing=behaviour == ROLLBACK,
            beside=keep,
        )
    except RolledBack as undone:
        _finish(job, undone.report, base, rolled_back=True)
    return job


def _finish(job: CaptureJob, report: Report, base: str, *, rolled_back: bool) -> None:
    counts = report.counts
    if rolled_back:
        counts = dict.fromkeys(counts, 0) | {"refused": report.received}
    job.counts = {"received": report.received, **counts}
    job.errors = [
        _error(one, base)
        for one in report.results
        if one.status not in ("accepted", "duplicate") or one.notes
    ]
    if rolled_back:
        job.errors = [one for one in job.errors if one["status"] == "refused"]
        job.errors += [_undone(one, base) for one in report.results if one.status != "refused"]
    failed = [one for one in job.errors if one["status"] != "kept"]
    job.success = not failed
    job.save(force_insert=True)


def _error(result: MessageResult, base: str) -> dict[str, Any]:
    """Return a problem (RFC 9457) about one event; `kept` where it only has no event of ours."""
    only_notes = result.status in ("accepted", "duplicate")
    told = result.notes if only_notes else (result.errors or (result,))
    first = told[0]
    made = _problem(
        first.code,
        first.detail,
        "kept" if only_notes else result.status,
        f"{base}/{result.index}{first.pointer}",
    )
    return made | {
        "index": result.index,
        "eventID": result.native_id,
        "errors": [
            {
                "code": one.code,
                "detail": one.detail,
                "pointer": f"{base}/{result.index}{one.pointer}",
            }
            for one in told
        ],
    }


def _undone(result: MessageResult, base: str) -> dict[str, Any]:
    """Return the problem of an event that came to nothing for another's sake."""
    where, code = f"{base}/{result.index}", codes.ROLLED_BACK
    made = _problem(code, code.title, "refused", where)
    return made | {"index": result.index, "eventID": result.native_id}


def _problem(code: str, detail: str, status: str, pointer: str) -> dict[str, Any]:
    known = REGISTRY[str(code)]
    return {
        "type": f"urn:cityhub:problem:{code}",
        "title": known.title,
        "code": str(code),
        "detail": detail,
        "status": status,
        "pointer": pointer,
    }
