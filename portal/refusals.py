"""Refusals in clear sentences for people; a code without one keeps the sentence it came with."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from curbs import codes
from foundation.texts import said
from kernel.refusals import Reason, Refusal

SENTENCES: dict[str, Any] = {
    codes.METRES_TAKEN: gettext_lazy(
        "Somebody else has just taken these metres. Choose another time or another curb."
    ),
    codes.NOT_ADMISSIBLE: gettext_lazy(
        "The rules do not allow this vehicle to stop there at that time."
    ),
    codes.CLOSED: gettext_lazy("This curb is not in force at that time."),
    codes.NOT_BOOKABLE: gettext_lazy("This curb takes no bookings at that time."),
    codes.LENGTH_UNKNOWN: gettext_lazy(
        "The length of this vehicle is not known. Have its carrier add it, then book."
    ),
    codes.LENGTH_DOES_NOT_FIT: gettext_lazy("This vehicle is too long for this curb."),
    codes.LONGER_THAN_MAX_STAY: gettext_lazy("This is longer than one may stay here."),
    codes.RETURN_TOO_SOON: gettext_lazy(
        "This vehicle would return here too soon after its last stay."
    ),
    codes.ALREADY_BOOKED: gettext_lazy("This vehicle already has a booking here at that time."),
    codes.STARTS_IN_THE_PAST: gettext_lazy("This time has passed."),
    codes.TOO_FAR_AHEAD: gettext_lazy("This day is too far ahead to book yet."),
    codes.HOLD_EXPIRED: gettext_lazy(
        "The time to confirm has run out, and the metres were given back."
    ),
    codes.WRONG_STATE: gettext_lazy("This booking has changed in the meantime."),
}

# Why a quarter of an hour cannot be chosen, in a word, for the table of times.
SHORT: dict[str, Any] = {
    codes.METRES_TAKEN: gettext_lazy("taken"),
    codes.ALREADY_BOOKED: gettext_lazy("yours"),
    codes.NOT_ADMISSIBLE: gettext_lazy("not allowed"),
    codes.CLOSED: gettext_lazy("closed"),
    codes.NOT_BOOKABLE: gettext_lazy("closed"),
}


def sentence(reason: Reason) -> str:
    """Return what a person is told."""
    known = SENTENCES.get(reason.code)
    return str(known) if known is not None else said(reason.detail)


def errors(refusal: Refusal, field: str) -> list[dict[str, str]]:
    """Return every reason as an error beside a field; rules that spoke are quoted."""
    found = []
    for reason in refusal.reasons:
        text = sentence(reason)
        if reason.code == codes.NOT_ADMISSIBLE and reason.detail:
            text = _("%(sentence)s %(detail)s") % {"sentence": text, "detail": said(reason.detail)}
        found.append({"field": field, "text": text})
    return found


def short(code: str) -> str:
    """Return a word for a table cell, empty for what needs none."""
    return str(SHORT.get(code, ""))
