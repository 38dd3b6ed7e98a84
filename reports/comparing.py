"""Who fares better by which rules? Two verdicts about one case, compared. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from kernel.verdicts import Access, Verdict

KINDS = ("free", "warning", "charge", "booking", "permit", "undetermined", "prohibited")
"""From the mildest to the strictest."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules make of a case: the strictest kind, and what it costs (smallest unit)."""

    kind: str
    charge: int = 0

    @property
    def _strictness(self) -> tuple[int, int]:
        return KINDS.index(self.kind), self.charge

    def against(self, before: "Standing") -> str:
        """Return `worse`, `better` or `same`, compared with the standing before."""
        if self._strictness == before._strictness:
            return "same"
        return "worse" if self._strictness > before._strictness else "better"


def standing(verdicts: Iterable[Verdict]) -> Standing:
    """Return the standing over all parts of a case: the strictest part counts."""
    return max((_of(verdict) for verdict in verdicts), key=lambda one: one._strictness)


def _of(verdict: Verdict) -> Standing:
    unmet = [duty for duty in verdict.obligations if not duty.met]
    owed = sum(duty.amount.amount for duty in unmet if duty.kind == "charge" and duty.amount)
    kinds = {duty.kind for duty in unmet}
    if verdict.access in (Access.PROHIBITED, Access.UNDETERMINED):
        return Standing(str(verdict.access.value), owed)
    for kind in ("permit", "booking", "charge", "warning"):
        if kind in kinds and (kind != "charge" or owed):
            return Standing(kind, owed)
    return Standing("free", owed)
