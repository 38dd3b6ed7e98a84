"""What the solver says of a draft, for who edits and who reviews it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from msgspec import Struct
from rest_framework.response import Response

from accounts.scopes import RULES_READ
from foundation.api.openapi import schema
from foundation.api.views import HubView
from kernel.vehicles import VehicleFacts
from kernel.verdicts import RuleRef
from zones import codes
from zones.models import RegulationVersion
from zones.selectors import analyses

if TYPE_CHECKING:
    from zones.solving import Analysis, Witness


class RowOut(Struct):
    """A row of a version: `row` counts from 0."""

    regulation_id: UUID
    version_id: UUID
    code: str
    row: int


class WitnessOut(Struct):
    """An example: in words, as an instant, with the named calendars of its day, and as facts.

    `permits` are the kinds of permits and day passes that the vehicle holds.
    """

    text: str
    at: datetime
    calendars: list[str]
    permits: list[str]
    facts: dict[str, Any]


class ClashOut(Struct):
    """Two rows of equal priority: one admits whom the other forbids or binds.

    `blocking`: a row of this version has a part in it; it can be neither reviewed nor published.
    """

    admits: RowOut
    forbids: RowOut
    blocking: bool
    witness: WitnessOut


class IdleOut(Struct):
    """A row that never applies: it means nobody, all are exempt, or `by` silence it."""

    rule: RowOut
    why: Literal["nobody", "exempt", "silenced"]
    by: list[RowOut]


class GapOut(Struct):
    """A case nobody thought of."""

    kind: Literal["no_default", "euro_family"]
    rule: RowOut | None
    witness: WitnessOut


class ShiftOut(Struct):
    """Who is worse or better off than without the version, by an example per category.

    Of who holds permits or day passes, one per set of them that makes the difference.
    """

    kind: Literal["prohibited", "permit", "booking", "charge", "warning"]
    witness: WitnessOut


class AnalysisOut(Struct):
    """A version together with the rules in force in its zone, over all vehicles and times."""

    clashes: list[ClashOut]
    never_apply: list[IdleOut]
    gaps: list[GapOut]
    worse: list[ShiftOut]
    better: list[ShiftOut]


class AnalysisView(HubView):
    """The solver looks at a version."""

    scope = RULES_READ
    missing = codes.VERSION_NOT_FOUND
    rows = RegulationVersion.objects.select_related("regulation")

    @schema(
        response=AnalysisOut,
        summary="Analyse a version over all vehicles and times",
        tags=["rules"],
    )
    def get(self, request: Any, version_id: UUID) -> Response:
        version, city = self.one(version_id), self.actor.city
        return Response(
            _said(analyses.analysis(version, city=city, now=self.now), version, city.tz)
        )


def _said(found: Analysis, version: RegulationVersion, tz: Any) -> dict[str, Any]:
    def example(witness: Witness) -> dict[str, Any]:
        return {
            "text": witness.text,
            "at": witness.local.replace(tzinfo=tz),
            "calendars": list(witness.calendars),
            "permits": list(witness.permits),
            "facts": _facts(witness.facts),
        }

    return {
        "clashes": [
            {
                "admits": _row(clash.admits),
                "forbids": _row(clash.forbids),
                "blocking": version.id in (clash.admits.version, clash.forbids.version),
                "witness": example(clash.witness),
            }
            for clash in found.clashes
        ],
        "never_apply": [
            {"rule": _row(idle.rule), "why": idle.why, "by": [_row(rule) for rule in idle.by]}
            for idle in found.idle
        ],
        "gaps": [
            {
                "kind": gap.kind,
                "rule": None if gap.rule is None else _row(gap.rule),
                "witness": example(gap.witness),
            }
            for gap in found.gaps
        ],
        "worse": [{"kind": s.kind, "witness": example(s.witness)} for s in found.worse],
        "better": [{"kind": s.kind, "witness": example(s.witness)} for s in found.better],
    }


def _row(ref: RuleRef) -> dict[str, Any]:
    return {
        "regulation_id": ref.id,
        "version_id": ref.version,
        "code": ref.code,
        "row": ref.row,
    }


def _facts(facts: VehicleFacts) -> dict[str, Any]:
    """Return the facts that are known, as decisions take them."""
    known = {name: getattr(facts, name) for name in VehicleFacts.__slots__}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in known.items()
        if value not in (None, frozenset(), {})
    }
