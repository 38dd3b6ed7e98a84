"""Query parameters read as instants and numbers; a bad one is refused by its name."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from foundation import codes
from kernel.refusals import Refusal


class Query:
    """The query of a request."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters

    def instant(self, name: str, default: Any) -> Any:
        """Return an RFC 3339 time with offset, or the default."""
        text = self._parameters.get(name)
        if text is None:
            return default
        try:
            # A plus in a query is a blank once it has been decoded.
            found = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            raise _refused(name, "a time with offset (RFC 3339)") from None
        if found.tzinfo is None:
            raise _refused(name, "a time with offset (RFC 3339)")
        return found

    def number(self, name: str) -> float | None:
        """Return a positive number, or None where there is none."""
        text = self._parameters.get(name)
        if text is None:
            return None
        try:
            found = float(text)
        except ValueError:
            raise _refused(name, "a number") from None
        if not math.isfinite(found) or found <= 0:
            raise _refused(name, "a positive number")
        return found


def _refused(name: str, wanted: str) -> Refusal:
    return Refusal(codes.REQUEST_INVALID, f"{name} must be {wanted}.", parameter=name)
