"""Counts findings into cells. Exact whatever the order, repetition and batching of the news."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction

from accounts.models import City
from compliance.models import Finding
from kernel.identifiers import uuid7
from reports import rules
from reports.models import CELL, CountedFinding, FindingCount
from reports.rules import Counted

_COLUMNS = (
    "id", "city_id", "from_at", "zone_id", "curb_zone_id", "organisation_id", "regulation_id",
    "rule_code", "kind", "severity", "state", "seconds_over",
)  # fmt: skip
_TYPES = (
    "uuid", "date", "smallint", "text", "uuid", "uuid", "uuid", "text", "text", "text", "text",
)  # fmt: skip
_ADD = f"""
INSERT INTO reports_findingcount (id, {", ".join(f'"{name}"' for name in CELL)}, findings, seconds)
SELECT * FROM unnest(%s::uuid[], {", ".join(f"%s::{kind}[]" for kind in _TYPES)},
                     %s::int[], %s::bigint[])
ON CONFLICT ({", ".join(f'"{name}"' for name in CELL)}) DO UPDATE
SET findings = reports_findingcount.findings + excluded.findings,
    seconds = reports_findingcount.seconds + excluded.seconds
"""


@transaction.atomic
def count(*, city: City, finding_ids: Collection[UUID]) -> int:
    """Bring the counts up to what these findings are now; return how many cells changed.

    Cells are written in their order, so that two workers never wait for each other in a ring.
    """
    before = {
        row.finding_id: Counted(tuple(row.cell), row.seconds)
        for row in CountedFinding.objects.select_for_update()
        .filter(finding_id__in=finding_ids)
        .order_by("finding_id")
    }
    rows = list(Finding.objects.filter(city=city, id__in=finding_ids).values(*_COLUMNS))
    after = {row["id"]: Counted(rules.cell_of(row, city.tz), row["seconds_over"]) for row in rows}
    owners = {row["id"]: row["organisation_id"] for row in rows}
    changed = {id_: now for id_, now in after.items() if before.get(id_) != now}
    added = rules.deltas((before.get(id_), now) for id_, now in changed.items())
    CountedFinding.objects.bulk_create(
        [
            CountedFinding(
                finding_id=id_,
                city=city,
                organisation_id=owners[id_],
                cell=list(now.cell),
                seconds=now.seconds,
            )
            for id_, now in changed.items()
        ],
        update_conflicts=True,
        unique_fields=["finding_id"],
        update_fields=["cell", "seconds", "organisation"],
    )
    _add(added)
    return len(added)


@transaction.atomic
def recount(*, city: City) -> int:
    """Forget the counts of a city and count all its findings anew; return how many cells."""
    CountedFinding.objects.filter(city=city).delete()
    FindingCount.objects.filter(city=city).delete()
    ids = Finding.objects.filter(city=city).values_list("id", flat=True)
    return count(city=city, finding_ids=list(ids))


def _add(added: dict[rules.Cell, tuple[int, int]]) -> None:
    if not added:
        return
    cells = sorted(added)
    ids = [uuid7() for _ in cells]
    columns = [list(column) for column in zip(*cells, strict=True)]
    counts, seconds = zip(*(added[cell] for cell in cells), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [ids, *columns, list(counts), list(seconds)])
