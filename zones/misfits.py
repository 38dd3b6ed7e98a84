"""What does not have the shape of a rule row, in sentences for people. Pure."""

import copy
import re
from collections.abc import Callable, Iterable
from typing import Any

from kernel.shapes import Misfit
from kernel.text import Filled
from kernel.text import gettext_noop as _

_UNKNOWN = re.compile(r"unknown field `(.*)`")
_WORDED: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = tuple(
    (re.compile(pattern), say)
    for pattern, say in (
        (
            _UNKNOWN.pattern,
            lambda name: Filled(_("“%(name)s” is not known here."), name=name),
        ),
        (r"required field `(.*)`", lambda name: Filled(_("“%(name)s” is missing."), name=name)),
        (r"of length >= ()", lambda _most: _("This must not be empty.")),
        (r"of length <= (\d+)", lambda most: Filled(_("At most %(most)s characters."), most=most)),
        (r">= (-?\d+)", lambda least: Filled(_("The least is %(least)s."), least=least)),
        (r"<= (-?\d+)", lambda most: Filled(_("The most is %(most)s."), most=most)),
        (r"^Invalid RFC3339 ()", lambda _text: _("A day is needed, such as 2027-01-31.")),
        (r"^Expected `int()", lambda _text: _("A whole number is needed.")),
        (r"^Expected `float()", lambda _text: _("A number is needed.")),
        (r"^Expected `bool()", lambda _text: _("Either true or false is needed.")),
        (r"^Expected `date()", lambda _text: _("A day is needed, such as 2027-01-31.")),
        (r"^Expected `array()", lambda _text: _("A list is needed.")),
        (r"^Expected `object()", lambda _text: _("An object is needed.")),
        (r"^Expected `str()", lambda _text: _("A text is needed.")),
    )
)
"""Messages of msgspec, the first that is found, and what they mean."""


def sentence(misfit: Misfit) -> str:
    """Return what is wrong, for `kernel.text.in_language`."""
    if misfit.allowed:
        wrong = misfit.text.removeprefix("Invalid enum value ").strip("'\"")
        template = _("“%(wrong)s” is not known; allowed: %(allowed)s.")
        return Filled(template, wrong=wrong, allowed=", ".join(misfit.allowed))
    if misfit.described:
        return misfit.described
    for pattern, say in _WORDED:
        found = pattern.search(misfit.text)
        if found:
            return say(found[1])
    return misfit.text


def without(value: Any, misfits: Iterable[Misfit]) -> Any:
    """Return a decoded value without the members in which something does not fit."""
    left = copy.deepcopy(value)
    for steps in {_member(misfit) for misfit in misfits}:
        holder = left
        for step in steps[:-1]:
            holder = _within(holder, step)
        if steps and isinstance(holder, dict):
            holder.pop(steps[-1], None)
    return left


def _member(misfit: Misfit) -> tuple[str, ...]:
    """Return the way to the member of an object that is unknown or in which something is."""
    if _UNKNOWN.search(misfit.text):
        return misfit.way
    steps = misfit.steps
    while steps and steps[-1].isdigit():
        steps = steps[:-1]
    return steps


def _within(holder: Any, step: str) -> Any:
    if isinstance(holder, list):
        return holder[int(step)] if step.isdigit() and int(step) < len(holder) else None
    return holder.get(step) if isinstance(holder, dict) else None
