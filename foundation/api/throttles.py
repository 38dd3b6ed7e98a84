"""Rate limits: so many requests per client and minute of wall time."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _
from rest_framework.throttling import BaseThrottle

from foundation import codes
from foundation.api import problems
from kernel.clock import wall
from kernel.refusals import Refusal

WINDOW_S = 60


class ClientThrottle(BaseThrottle):
    """Counts requests of a client, a person or (for the public) an address in fixed windows.

    The counters live in the cache: shared by all processes with Redis, open without it.
    """

    def allow_request(self, request: Any, view: Any) -> bool:
        actor = getattr(view, "actor", None)
        if actor is None:
            return True
        if actor.is_public:
            who, most = f"ip:{_address(request)}", settings.HUB_RATE_PUBLIC
        else:
            who, most = f"{actor.client_id or actor.user_id}", settings.HUB_RATE_CLIENT
        window, passed = divmod(int(wall().timestamp()), WINDOW_S)
        self._wait = WINDOW_S - passed
        return _count(f"hub.rate:{who}:{window}") <= most

    def wait(self) -> float:
        return self._wait


def are_allowed(client_id: Any, requests: int) -> bool:
    """Count requests that a machine client made at once; return whether they are within its
    limit."""
    window = int(wall().timestamp()) // WINDOW_S
    return _count(f"hub.rate:{client_id}:{window}", requests) <= settings.HUB_RATE_CLIENT


def limited(most: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for a plain view: at most so many requests per address and minute."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def wrapped(request: Any, *args: Any, **kwargs: Any) -> Any:
            window, passed = divmod(int(wall().timestamp()), WINDOW_S)
            if _count(f"hub.rate:{request.path}:{_address(request)}:{window}") > most:
                wait = WINDOW_S - passed
                refusal = Refusal(codes.RATE_EXCEEDED, _("Slow down."), retry_after_s=wait)
                return problems.response(refusal, request)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


def _count(key: str, more: int = 1) -> int:
    try:
        return cache.incr(key, more)
    except ValueError:  # the first of its window
        if cache.add(key, more, WINDOW_S + 5):
            return more
    return _count_on(key, more)


def _count_on(key: str, more: int) -> int:
    try:
        return cache.incr(key, more)
    except ValueError:  # the key has just run out
        return more


def _address(request: Any) -> str:
    return request.META.get("REMOTE_ADDR", "")
