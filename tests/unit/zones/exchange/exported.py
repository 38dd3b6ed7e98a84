"""Makes what is published out of drafts, as a city would have it that published them all."""

from datetime import UTC, datetime
from uuid import UUID

from kernel.periods import Period
from zones.exchange.published import (
    PublishedRegulation,
    PublishedVersion,
    PublishedZone,
    Publisher,
)

CITY = Publisher("Testville", "NL", "nl", "EUR", "Europe/Amsterdam")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def zone(draft, number=1, **changes):
    """Return a draft of a zone as published."""
    facts = {
        "id": UUID(int=number),
        "code": draft.source_id,
        "name": draft.name,
        "kind": draft.kind,
        "geometry_id": UUID(int=number + 10_000),
        "geometry": draft.geometry,
        "grace_s": draft.grace_s,
        "legal": Period(draft.legal_from, draft.legal_until),
        "recorded_from": LONG_AGO,
        "regulations": tuple(
            PublishedRegulation(
                UUID(int=number * 100 + index),
                regulation.source_id,
                regulation.title,
                tuple(
                    PublishedVersion(
                        UUID(int=number * 10_000 + index * 100 + place),
                        place,
                        "",
                        version.rows,
                        Period(version.legal_from, version.legal_until),
                        version.legal_reference,
                        LONG_AGO,
                    )
                    for place, version in enumerate(regulation.versions, start=1)
                ),
            )
            for index, regulation in enumerate(draft.regulations, start=1)
        ),
    }
    return PublishedZone(**(facts | changes))
