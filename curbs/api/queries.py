"""Query parameters of the curb's endpoints."""

import math
from typing import Any

from django.utils.translation import gettext as _

from foundation import codes
from kernel.refusals import Refusal

MOST = 1_000_000


def positive(request: Any, name: str) -> float | None:
    """Return a parameter as a positive number, None when absent. Raises `request.invalid`."""
    text = request.GET.get(name)
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found <= MOST:
        raise Refusal(codes.REQUEST_INVALID, _("Give a positive number."), parameter=name)
    return found
