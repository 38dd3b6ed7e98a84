"""Rate limits: so many requests per client and minute of wall time."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.throttling import BaseThrottle

from kernel.clock import wall

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


def _count(key: str) -> int:
    cache.add(key, 0, WINDOW_S + 5)
    try:
        return cache.incr(key)
    except ValueError:  # the key has just run out
        return 1


def _address(request: Any) -> str:
    return request.META.get("REMOTE_ADDR", "")
