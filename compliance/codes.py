"""Refusals of compliance; a code never changes its meaning (docs/api/compliance.md)."""

from kernel.refusals import code
from kernel.text import gettext_noop as _

CHECK_PLATE = code("check.plate_invalid", 422, _("This is no number plate"))
CHECK_FUTURE = code("check.in_the_future", 422, _("A check is about now or before"))
CHECK_PLACE = code("check.place_missing", 422, _("Exactly one place is needed"))
EVIDENCE_GONE = code("finding.evidence_gone", 410, _("The evidence is kept no longer"))
NOT_STANDING = code("finding.not_standing", 409, _("The finding does not stand"))
NOT_CONFIRMED = code("finding.not_confirmed", 409, _("The finding is still provisional"))
ALREADY_DISPUTED = code("finding.already_disputed", 409, _("The finding is disputed already"))
DISPUTE_TOO_LATE = code("finding.dispute_too_late", 409, _("The time for a dispute is over"))
DISPUTE_DECIDED = code("finding.dispute_decided", 409, _("The dispute is decided"))
TEXT_MISSING = code("finding.text_missing", 422, _("A reason is missing"))
CHECK_EMPTY = code("self_check.empty", 422, _("A path or stops are needed"))
CHECK_ORDER = code("self_check.not_in_order", 422, _("Times are not in order"))
CHECK_TOO_LONG = code("self_check.too_long", 422, _("More than 31 days at once"))
CHECK_AMBIGUOUS = code("self_check.ambiguous", 422, _("Not exactly one place or vehicle"))
