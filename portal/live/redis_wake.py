"""Redis as an alarm clock: a message says only that a topic is at a cursor.

`announce` (called by the tick) publishes; `attach` lets a hub listen. Nothing is true because
Redis said so, and with Redis away nothing is lost: the hub looks by itself every second.
"""

import asyncio
import contextlib
import json
import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from portal.live.hub import LOOK_EVERY_S, LOOK_EVERY_WITH_REDIS_S, Hub

CHANNEL = "cityhub:live"
_listening: dict[int, asyncio.Task[None]] = {}
_published = 0


def attach(hub: Hub) -> None:
    """Let the hub be woken by Redis; once per hub."""
    key = id(hub)
    if not settings.REDIS_URL:
        return
    if key not in _listening or _listening[key].done():
        _listening[key] = asyncio.create_task(_listen(hub))


async def _listen(hub: Hub) -> None:
    import redis.asyncio as redis

    while hub.listeners or hub.look_every_s:
        with contextlib.suppress(redis.RedisError, OSError):
            async with (
                redis.from_url(settings.REDIS_URL, socket_timeout=30) as server,
                server.pubsub() as channel,
            ):
                await channel.subscribe(CHANNEL)
                hub.look_every_s = LOOK_EVERY_WITH_REDIS_S
                while True:
                    if await channel.get_message(ignore_subscribe_messages=True, timeout=20):
                        hub.wake()
        hub.look_every_s = LOOK_EVERY_S
        await asyncio.sleep(10)


def announce(as_of: datetime) -> int:
    """Say that something was committed since the last call, when something was. Returns 1 or 0."""
    global _published
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        horizon: Any = cursor.fetchone()[0]
    if horizon == _published or not settings.REDIS_URL:
        return 0
    _published = horizon
    import redis

    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=1) as server:
            server.publish(CHANNEL, json.dumps({"topic": "all", "cursor": horizon}))
    except (redis.RedisError, OSError):
        logging.getLogger("portal.live").info("live.no_redis")
    return 0
