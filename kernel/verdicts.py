"""The verdict: may this vehicle do this, here, at this time, at what price, and who says so?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple
from uuid import UUID

from kernel.money import Money


class Access(StrEnum):
    """Strictest first. What no rule speaks about is unregulated: not allowed, but admissible."""

    PROHIBITED = "prohibited"
    UNDETERMINED = "undetermined"
    ALLOWED = "allowed"
    UNREGULATED = "unregulated"


STRICTNESS = {access: place for place, access in enumerate(Access)}


@dataclass(frozen=True, slots=True)
class RuleRef:
    """One row of one version of a regulation; `code` is the regulation's code for people."""

    id: UUID
    version: UUID
    row: int
    code: str


@dataclass(frozen=True, slots=True)
class Obligation:
    """What comes with access. `met`: a valid permit, booking or pass is held. A charge is due
    `per` visit, or per local day however many visits."""

    kind: Literal["charge", "permit", "booking", "warning"]
    met: bool = False
    amount: Money | None = None
    cap: Money | None = None
    permit: str = ""
    rule: RuleRef | None = None
    per: str = ""


@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """One rule that spoke: its effect, its sentence, the facts it misses, what would help.

    `effect` is the row's effect (`prohibit`, `warn`, `charge`, `require_permit`,
    `require_booking`, `allow`), `exempt` when an exemption is held, or `undetermined` when a
    fact that matters is missing. A remedy is `permit:<kind>` or `booking`. The sentence is
    English; `translations` say the same as pairs of language and text.
    """

    rule: RuleRef
    effect: str
    sentence: str
    missing: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, with every rule that spoke and not only the first."""

    access: Access = Access.UNREGULATED
    obligations: tuple[Obligation, ...] = ()
    reasons: tuple[ReasonGiven, ...] = ()

    @property
    def admissible(self) -> bool:
        """Return whether the vehicle may: a charge or a warning never blocks."""
        return self.access in (Access.ALLOWED, Access.UNREGULATED) and not any(
            o.kind in ("permit", "booking") and not o.met for o in self.obligations
        )

    @property
    def missing_facts(self) -> tuple[str, ...]:
        """Return the names of the facts that some rule misses, sorted."""
        return tuple(sorted({fact for reason in self.reasons for fact in reason.missing}))


UNREGULATED = Verdict()


class FindingReason(NamedTuple):
    """A rule that a verdict breaks: `kind` is prohibited, permit, booking or warning."""

    rule: RuleRef
    kind: Literal["prohibited", "permit", "booking", "warning"]
    severity: Literal["violation", "warning"]


def combine(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the strictest access with all obligations and reasons; of nothing: unregulated."""
    access = Access.UNREGULATED
    obligations: list[Obligation] = []
    reasons: list[ReasonGiven] = []
    for verdict in verdicts:
        if STRICTNESS[verdict.access] < STRICTNESS[access]:
            access = verdict.access
        obligations += verdict.obligations
        reasons += verdict.reasons
    return Verdict(access, tuple(dict.fromkeys(obligations)), tuple(dict.fromkeys(reasons)))


def finding_reasons(verdict: Verdict) -> Iterator[FindingReason]:
    """Yield what makes a finding: prohibitions, unmet permits and bookings, and warnings.

    What is undetermined never does: it asks for data.
    """
    for reason in verdict.reasons:
        if reason.effect == "prohibit":
            yield FindingReason(reason.rule, "prohibited", "violation")
    for duty in verdict.obligations:
        if duty.rule is None or duty.met:
            continue
        if duty.kind == "warning":
            yield FindingReason(duty.rule, "warning", "warning")
        elif duty.kind != "charge":
            yield FindingReason(duty.rule, duty.kind, "violation")


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as our API writes it; amounts in the smallest unit of the currency."""
    return {
        "access": verdict.access.value,
        "admissible": verdict.admissible,
        "obligations": [_duty_json(duty) for duty in verdict.obligations],
        "reasons": [
            {
                "rule": rule_json(reason.rule),
                "effect": reason.effect,
                "sentence": reason.sentence,
                "sentences": {"en": reason.sentence, **dict(reason.translations)},
                "missing": list(reason.missing),
                "remedies": list(reason.remedies),
            }
            for reason in verdict.reasons
        ],
        "missing_facts": list(verdict.missing_facts),
    }


def rule_json(rule: RuleRef) -> dict[str, Any]:
    """Return a reference to a rule as our API writes it."""
    return {
        "regulation_id": str(rule.id),
        "version_id": str(rule.version),
        "row": rule.row,
        "code": rule.code,
    }


def _duty_json(duty: Obligation) -> dict[str, Any]:
    out: dict[str, Any] = {"kind": duty.kind, "met": duty.met}
    if duty.amount is not None:
        out |= {"amount": duty.amount.amount, "currency": duty.amount.currency}
    if duty.cap is not None:
        out["cap"] = duty.cap.amount
    if duty.per:
        out["per"] = duty.per
    if duty.permit:
        out["permit"] = duty.permit
    if duty.rule is not None:
        out["rule"] = rule_json(duty.rule)
    return out
