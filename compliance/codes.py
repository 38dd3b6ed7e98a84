"""Refusal codes of officers' checks."""

from kernel.refusals import code
from kernel.text import gettext_noop as _

CHECK_PLATE = code("check.plate_invalid", 422, _("This is no number plate"))
CHECK_FUTURE = code("check.in_the_future", 422, _("A check is about now or before"))
CHECK_PLACE = code("check.place_missing", 422, _("Exactly one place is needed"))
