"""Who acts in a request. `accounts` knows; this floor only knows whom to ask."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

_resolver: Callable[..., Any] | None = None


def register(resolver: Callable[..., Any]) -> None:
    """Name the function `(request, now) -> actor` (in `AppConfig.ready` of accounts)."""
    global _resolver
    _resolver = resolver


def of(request: Any, now: datetime) -> Any:
    """Return the actor of a request. Raises a Refusal when its city is unknown."""
    if _resolver is None:
        raise RuntimeError("no app has registered an actor resolver")
    return _resolver(request, now)
