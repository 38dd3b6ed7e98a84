"""What a city decides about the making of its rules. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RuleTerms:
    """`review`: a draft is published only when a second person has reviewed it.

    Stands in the city's settings under `zones`.
    """

    review: bool = True

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "RuleTerms":
        """Return the terms in a city's settings, e.g. `{"zones": {"review": false}}`."""
        return cls(review=bool(settings.get("zones", {}).get("review", cls.review)))
