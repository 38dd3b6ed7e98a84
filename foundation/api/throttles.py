"""Rate limits: so many requests per client and minute of wall time."""

import functools
import threading
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
        return _leases.are_within(who, window, most)

    def wait(self) -> float:
        return self._wait


def are_allowed(client_id: Any, requests: int) -> bool:
    """Count requests that a machine client made at once; return whether they are within its
    limit."""
    window = int(wall().timestamp()) // WINDOW_S
    return _leases.are_within(f"{client_id}", window, settings.HUB_RATE_CLIENT, requests)


def limited(most: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator for a plain view: at most so many requests per address and minute."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def wrapped(request: Any, *args: Any, **kwargs: Any) -> Any:
            window, passed = divmod(int(wall().timestamp()), WINDOW_S)
            if not _leases.are_within(f"{request.path}:{_address(request)}", window, most):
                wait = WINDOW_S - passed
                refusal = Refusal(codes.RATE_EXCEEDED, _("Slow down."), retry_after_s=wait)
                return problems.response(refusal, request)
            return view(request, *args, **kwargs)

        return wrapped

    return decorate


class _Leases:
    """What this process may still let pass of the present window without asking the cache.

    A process takes a thousandth of a limit at a time, so that it asks seldom. Processes may turn
    somebody away so much too early, never too late.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._left: dict[str, int] = {}

    def are_within(self, who: str, window: int, most: int, requests: int = 1) -> bool:
        """Count requests; return whether all of them are within the limit."""
        if self._take(who, window, requests):
            return True
        share = max(requests, most // 1000)
        beyond = max(_count(f"hub.rate:{who}:{window}", share) - most, 0)
        return self._take(who, window, requests, more=max(share - beyond, 0))

    def _take(self, who: str, window: int, requests: int, more: int = 0) -> bool:
        with self._lock:
            if window != self._window:
                self._window, self._left = window, {}
            left = self._left.pop(who, 0) + more
            are_enough = left >= requests
            if are_enough:
                left -= requests
            if left:
                self._left[who] = left
            return are_enough


_leases = _Leases()


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
