"""What the solver found about a version, in sentences with an example each."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.actors import Actor
from kernel.verdicts import RuleRef
from portal import words
from portal.rulebook import verdicts
from zones import witnesses
from zones.models import RegulationVersion
from zones.selectors import analyses
from zones.solving import Clash, Gap, Idle, Shift, Witness

WHY: dict[str, Any] = {
    "nobody": gettext_lazy("it means no vehicle at any time"),
    "exempt": gettext_lazy("everybody it means is exempt"),
    "silenced": gettext_lazy("a rule of higher priority admits everybody it means"),
}
# What changes for the worse, and for the better.
SHIFTS: dict[str, tuple[Any, Any]] = {
    "prohibited": (gettext_lazy("loses access"), gettext_lazy("gains access")),
    "permit": (gettext_lazy("needs a permit"), gettext_lazy("needs no permit any more")),
    "booking": (gettext_lazy("needs a booking"), gettext_lazy("needs no booking any more")),
    "charge": (gettext_lazy("pays more"), gettext_lazy("pays less")),
    "warning": (gettext_lazy("is warned"), gettext_lazy("is warned no more")),
}


@dataclass(frozen=True)
class Found:
    """One finding of the solver: a sentence and an example; `blocking` stands against review."""

    text: str
    example: str = ""
    blocking: bool = False


@dataclass
class Shown:
    """Everything the solver found, by kind."""

    clashes: list[Found] = field(default_factory=list)
    idle: list[Found] = field(default_factory=list)
    gaps: list[Found] = field(default_factory=list)
    worse: list[Found] = field(default_factory=list)
    better: list[Found] = field(default_factory=list)

    @property
    def blocking(self) -> bool:
        """Return whether a contradiction stands against review and publication."""
        return any(one.blocking for one in self.clashes)


def shown(version: RegulationVersion, actor: Actor, now: datetime) -> Shown:
    """Return what the solver says of a version, in words."""
    found = analyses.analysis(version, city=actor.city, now=now)
    return Shown(
        clashes=[_clash(clash, version) for clash in found.clashes],
        idle=[Found(_idle(one, version)) for one in found.idle],
        gaps=[Found(_gap(one, version), _example(one.witness)) for one in found.gaps],
        worse=[_shift(one, 0) for one in found.worse],
        better=[_shift(one, 1) for one in found.better],
    )


def contradictions(version: RegulationVersion, actor: Actor, now: datetime) -> list[Found]:
    """Return what stands against review and publication, in words."""
    found = analyses.contradictions(version, city=actor.city, now=now)
    return [_clash(clash, version) for clash in found]


def _clash(clash: Clash, version: RegulationVersion) -> Found:
    return Found(
        _("%(admits)s admits whom %(forbids)s does not, with equal priority.")
        % {"admits": _place(clash.admits, version), "forbids": _place(clash.forbids, version)},
        _example(clash.witness),
        version.id in (clash.admits.version, clash.forbids.version),
    )


def _place(rule: RuleRef, version: RegulationVersion) -> str:
    if rule.version == version.id:
        return _("Row %(n)d") % {"n": rule.row + 1}
    return _("Row %(n)d of %(code)s") % {"n": rule.row + 1, "code": rule.code}


def _idle(one: Idle, version: RegulationVersion) -> str:
    said = _("%(row)s never applies: %(why)s.") % {
        "row": _place(one.rule, version),
        "why": WHY[one.why],
    }
    if one.by:
        said += " (" + ", ".join(_place(rule, version) for rule in one.by) + ")"
    return said


def _gap(one: Gap, version: RegulationVersion) -> str:
    if one.kind == "euro_family" and one.rule is not None:
        return _("%(row)s names Euro classes of one family; no row speaks of the other.") % {
            "row": _place(one.rule, version)
        }
    return _("The zone lists whom it admits and says nothing of others.")


def _shift(one: Shift, way: int) -> Found:
    return Found(str(SHIFTS[one.kind][way]), _example(one.witness))


def _example(witness: Witness) -> str:
    """Return the example with its date, for a rule in phases says another thing in each."""
    local = witness.local
    when = f"{formats.date_format(local, 'D')} {words.dated(local)} {local:%H:%M}"
    if witness.calendars:
        when += f" ({', '.join(witness.calendars)})"
    said = [when, witnesses.vehicle(witness.facts, verdicts.language())]
    if witness.permits:
        said.append(_("with permit %(kinds)s") % {"kinds": ", ".join(witness.permits)})
    return ", ".join(said)
