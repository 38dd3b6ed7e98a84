"""Every use of a mandate leaves an audit row with principal and agent."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from foundation import audit


def note(actor: Any, rows: Iterable[Any], *, scope: str | None, at: datetime) -> None:
    """Record that an actor read rows of other organisations by their mandates (once for each)."""
    if actor.organisation_id is None or actor.is_city:
        return
    principals: dict[Any, list[Any]] = {}
    for row in rows:
        owner = _owner(row)
        if owner is not None and owner != actor.organisation_id and scope:
            principals.setdefault(owner, []).append(row)
    for principal, theirs in principals.items():
        grant = actor.grant_for(principal, scope)
        if grant is None:  # not theirs by mandate: public rows
            continue
        audit.record(
            city_id=actor.city_id,
            actor=actor,
            action="mandate.read",
            subject=grant.mandate_id,
            at=at,
            inputs={"scope": scope, "rows": type(theirs[0])._meta.label},
            outcome={"count": len(theirs), "ids": [str(row.pk) for row in theirs[:20]]},
            on_behalf_of=principal,
        )


def _owner(row: Any) -> Any:
    tenancy = getattr(type(row), "tenancy", None)
    path = getattr(tenancy, "organisation", None)
    if not path or path == "pk":
        return None
    value = row
    for part in path.split("__"):
        value = getattr(value, part, None)
    return value
