"""The stream itself: server-sent events over a plain async view."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from accounts import scopes
from foundation import clock, threads
from foundation.api import actors
from portal.live import hub, redis_wake
from portal.live.reading import group_of, reader_for

HEARTBEAT_S = 15
LIFETIME_S = 60  # then the browser comes back and is asked again who it is


def vehicles(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`GET /live/vehicles`: vehicles, findings, bookings as they change; 401 unless signed in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    opened = _open(request)
    if opened is None:
        return HttpResponse(status=403)
    key, read = opened
    stream = StreamingHttpResponse(
        _stream(key, read, _cursor(request)), content_type="text/event-stream"
    )
    stream["Cache-Control"] = "no-store"
    stream["X-Accel-Buffering"] = "no"
    return stream


def _open(request: HttpRequest) -> tuple[Any, hub.Reader] | None:
    """Return the group of a reader and how to read for it; None who may not see vehicles."""
    actor = actors.of(request, clock.now())
    if not actor.may(scopes.VEHICLES_READ):
        return None
    group = group_of(actor)
    return group, reader_for(request, group)


def _cursor(request: HttpRequest) -> int | None:
    last = request.headers.get("Last-Event-ID", "")
    return int(last) if last.isdecimal() and len(last) < 20 else None


async def _stream(key: Any, read: hub.Reader, after: int | None) -> AsyncIterator[bytes]:
    here = hub.here(threads.run)
    redis_wake.attach(here)
    news = here.listen(key, read, after)
    loop = asyncio.get_running_loop()
    ends = loop.time() + LIFETIME_S
    pending = asyncio.ensure_future(anext(news))
    try:
        yield b"retry: 2000\n\n"
        while loop.time() < ends:
            done, _ = await asyncio.wait({pending}, timeout=HEARTBEAT_S)
            if not done:
                yield b": here\n\n"
                continue
            try:
                yield as_bytes(pending.result())
            except StopAsyncIteration:
                return
            pending = asyncio.ensure_future(anext(news))
    finally:
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        await news.aclose()


def as_bytes(news: hub.News) -> bytes:
    """Return news in the format of server-sent events; only the last one carries the cursor."""
    lines = []
    for name, payload in news.events:
        lines.append(f"event: {name}\ndata: {json.dumps(payload, separators=(',', ':'))}\n\n")
    if not lines:
        return b": nothing new\n\n"
    lines[-1] = f"id: {news.cursor}\n{lines[-1]}"
    return "".join(lines).encode()
