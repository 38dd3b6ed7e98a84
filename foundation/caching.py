"""A cache that nobody misses: with Redis down every answer is "not cached"."""

import functools
from collections.abc import Callable
from typing import Any

import structlog
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)


def _or(default: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                log.warning("cache_unreachable", error=type(error).__name__)
                return default(*args, **kwargs) if callable(default) else default

        return wrapped

    return decorate


def _given_default(key: str, default: Any = None, *args: Any, **kwargs: Any) -> Any:
    return default


class _Client(RedisCacheClient):
    """Keeps its clients, which the general one makes anew for each call, and counts in one round
    trip, where the general one asks first whether the key exists."""

    _INCREASE = (
        "if redis.call('EXISTS', KEYS[1]) == 0 then return false end "
        "return redis.call('INCRBY', KEYS[1], ARGV[1])"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[bool, Any] = {}

    def get_client(self, key: str | None = None, *, write: bool = False) -> Any:
        client = self._kept.get(write)
        if client is None:
            client = self._kept[write] = super().get_client(key, write=write)
        return client

    def incr(self, key: str, delta: int) -> int:
        counted = self.get_client(key, write=True).eval(self._INCREASE, 1, key, delta)
        if counted is None:
            raise ValueError(f"Key '{key}' not found.")
        return counted


class ForgivingRedisCache(RedisCache):
    """Redis as a cache whose loss costs time only: rate limits then let everything pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._class = _Client

    add = _or(True)(RedisCache.add)
    get = _or(_given_default)(RedisCache.get)
    set = _or(None)(RedisCache.set)
    touch = _or(False)(RedisCache.touch)
    delete = _or(False)(RedisCache.delete)
    get_many = _or(lambda *args, **kwargs: {})(RedisCache.get_many)
    set_many = _or(lambda *args, **kwargs: [])(RedisCache.set_many)
    delete_many = _or(None)(RedisCache.delete_many)
    has_key = _or(False)(RedisCache.has_key)
    incr = _or(1)(RedisCache.incr)
    clear = _or(False)(RedisCache.clear)
