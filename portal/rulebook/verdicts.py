"""Verdicts in a word or two, with the colour that goes with it."""

from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from kernel.verdicts import ReasonGiven, Verdict
from portal.words import money

KINDS: dict[str, tuple[Any, str]] = {
    "prohibited": (gettext_lazy("no access"), "bad"),
    "undetermined": (gettext_lazy("not decidable"), "warn"),
    "permit": (gettext_lazy("permit needed"), "bad"),
    "booking": (gettext_lazy("booking needed"), "bad"),
    "charge": (gettext_lazy("charge"), "info"),
    "warning": (gettext_lazy("warning"), "warn"),
    "allowed": (gettext_lazy("access"), "ok"),
    "unregulated": (gettext_lazy("no rule"), ""),
    "free": (gettext_lazy("free"), "ok"),
}
EFFECTS: dict[str, Any] = {
    "prohibit": gettext_lazy("forbids"),
    "warn": gettext_lazy("warns"),
    "charge": gettext_lazy("charges"),
    "require_permit": gettext_lazy("asks for a permit"),
    "require_booking": gettext_lazy("asks for a booking"),
    "allow": gettext_lazy("admits"),
    "exempt": gettext_lazy("exempts"),
    "undetermined": gettext_lazy("cannot be decided"),
}


def kind(verdict: Verdict) -> str:
    """Return the kind of a verdict: its access, or what it asks for first."""
    if verdict.access in ("prohibited", "undetermined"):
        return str(verdict.access.value)
    unmet = {duty.kind for duty in verdict.obligations if not duty.met}
    for name in ("permit", "booking", "charge", "warning"):
        if name in unmet:
            return name
    return str(verdict.access.value)


def label(verdict: Verdict) -> tuple[str, str]:
    """Return a verdict in a word or two, and its tone."""
    name = kind(verdict)
    word, tone = KINDS[name]
    if name == "charge":
        due = [duty for duty in verdict.obligations if duty.kind == "charge" and not duty.met]
        amounts = [duty.amount for duty in due if duty.amount is not None]
        return " + ".join(money(one.amount, one.currency) for one in amounts), tone
    return str(word), tone


def sentence(reason: ReasonGiven) -> str:
    """Return what a rule says in the reader's language."""
    return dict(reason.translations).get(language(), reason.sentence)


def language() -> Any:
    """Return the reader's language, of those that rules speak."""
    code = (get_language() or "en")[:2]
    return code if code in ("en", "de", "fr") else "en"


def effect(reason: ReasonGiven) -> str:
    """Return what a rule did, in a word, with the facts it misses."""
    said = str(EFFECTS.get(reason.effect, reason.effect))
    if not reason.missing:
        return said
    return _("%(effect)s, not known: %(facts)s") % {
        "effect": said,
        "facts": ", ".join(reason.missing),
    }
