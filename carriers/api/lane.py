"""The fast lane for event posts: those that wait share one look-up, one write and one commit.

Under ASGI a post of events with a bearer token need not pass middleware, view and serializer on
its own. The lane takes what is as it should be; whatever it cannot take as a matter of course
(an unknown token, a missing scope, a body that is no batch) it hands on to the ordinary view,
which answers it as it answers everything else. So there is one place that refuses.

Posts are answered after the commit of the write that they shared. When more waits than can be
written soon, posts are turned away with 503 and Retry-After: nothing is dropped silently, and
nothing piles up without end.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import lru_cache
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.utils import translation
from django.utils.translation import gettext_noop as _

from accounts import resolving, scopes
from accounts.actors import Actor
from carriers.api import bodies
from carriers.services import batches, intake, outcomes
from foundation import clock, codes, middleware
from foundation.api import problems, throttles
from kernel.refusals import Refusal

log = structlog.get_logger(__name__)

PATH = "/api/v1/events"
WRITERS = 2
"""Threads that write: while one waits for the database the other decodes."""
TOGETHER_POSTS = 256
TOGETHER_BYTES = 2 * 1024 * 1024
"""A write takes at most so much, so that it stays short; a single larger post goes alone."""
WAITING_POSTS = 4096
WAITING_BYTES = 64 * 1024 * 1024
"""More than this is not kept waiting."""
PATIENCE_S = 10.0
"""Who has waited so long is turned away: a client's time-out is near."""
RETRY_AFTER_S = 2
IDLE_S = 30.0
"""A writer with nothing to do for so long ends, and with it its connection."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


Answer = bytes | Refusal | None
"""The result of a post, why it could not be written, or None: the ordinary view's turn."""


class Post(msgspec.Struct, gc=False):
    """One request that waits, and what will be answered."""

    token: bytes
    media: str
    encoding: str
    body: bytes
    began: float
    answer: asyncio.Future[Answer]
    batch: batches.Batch | None = None


class Lane:
    """An ASGI application in front of the ordinary one."""

    def __init__(self, ordinary: App) -> None:
        self._ordinary = ordinary
        self._desk = Desk()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        if headers is None:
            return await self._ordinary(scope, receive, send)
        began = time.perf_counter()
        body = await _body(receive)
        if body is None:
            return
        loop = asyncio.get_running_loop()
        post = Post(
            headers[b"authorization"].split()[1],
            headers.get(b"content-type", b"").decode("latin-1"),
            headers.get(b"content-encoding", b"identity").decode("latin-1"),
            body,
            began,
            loop.create_future(),
        )
        answer = _busy() if not self._desk.take(post, loop) else await post.answer
        if answer is None:
            return await self._ordinary(scope, _again(body, receive), send)
        request_id = middleware.begin(headers.get(b"x-request-id", b"").decode("latin-1"))
        response = _response(answer, headers, request_id)
        middleware.note("POST", PATH, response.status_code, time.perf_counter() - began)
        await _send(send, response)


def _headers(scope: Message) -> dict[bytes, bytes] | None:
    """Return the headers of a request that the lane can take, else None."""
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
        return None
    headers = dict(scope["headers"])
    words = headers.get(b"authorization", b"").split()
    length = headers.get(b"content-length", b"0")
    is_small = length.isdigit() and int(length) <= bodies.EVENTS_LIMIT
    is_bearer = len(words) == 2 and words[0].lower() == b"bearer"
    is_clear = len(headers) == len(scope["headers"])  # one token, one host, one type
    is_ours = _is_ours(headers.get(b"host", b"").decode("latin-1"))
    return headers if is_bearer and is_small and is_clear and is_ours else None


@lru_cache(maxsize=256)
def _is_ours(host: str) -> bool:
    """Return whether a request for a host is for us."""
    allowed = settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
    return validate_host(split_domain_port(host)[0], allowed)


async def _body(receive: Receive) -> bytes | None:
    """Return the body; of one beyond the limit, what is needed to see that it is. None when the
    client left before it had sent all of it."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if size <= bodies.EVENTS_LIMIT:
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that begins with a body that was read already."""
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _response(
    answer: bytes | Refusal, headers: dict[bytes, bytes], request_id: str
) -> HttpResponse:
    """Return an answer as HTTP; a refusal in the language of the request."""
    if isinstance(answer, bytes):
        response = HttpResponse(answer, content_type="application/json")
    else:
        request = HttpRequest()
        request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode(
            "latin-1"
        )
        request.request_id = request_id  # type: ignore[attr-defined]
        with translation.override(translation.get_language_from_request(request)):
            response = problems.response(answer, request)
    response["X-Request-Id"] = request_id
    return response


async def _send(send: Send, answer: HttpResponse) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
    headers.append((b"content-length", str(len(answer.content)).encode()))
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


def _busy() -> Refusal:
    detail = _("More is waiting than can be written soon. Nothing of this was taken.")
    return Refusal(codes.SERVER_UNAVAILABLE, detail, retry_after_s=RETRY_AFTER_S)


class Desk:
    """Where posts wait, and the threads that write what waits."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Post, asyncio.AbstractEventLoop]] = deque()
        self._bytes = 0
        self._bell = threading.Condition()
        self._writers = 0

    def take(self, post: Post, loop: asyncio.AbstractEventLoop) -> bool:
        """Let a post wait for its turn; returns False when too much waits already."""
        with self._bell:
            if len(self._waiting) >= WAITING_POSTS or self._bytes >= WAITING_BYTES:
                return False
            if self._writers < WRITERS:
                name = f"events-{self._writers + 1}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
                self._writers += 1  # not before: one that the machine refuses is tried again
            self._waiting.append((post, loop))
            self._bytes += len(post.body)
            self._bell.notify()
        return True

    def _work(self) -> None:
        while taken := self._next():
            answered = answers([post for post, _ in taken])
            by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Post, Answer]]] = {}
            for (post, loop), answer in zip(taken, answered, strict=True):
                by_loop.setdefault(loop, []).append((post, answer))
            for loop, pairs in by_loop.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_deliver, pairs)
        connection.close()

    def _next(self) -> list[tuple[Post, asyncio.AbstractEventLoop]]:
        """Return the posts of the next write; none when nothing came for a while."""
        with self._bell:
            if not self._bell.wait_for(lambda: self._waiting, IDLE_S):
                self._writers -= 1
                return []
            taken: list[tuple[Post, asyncio.AbstractEventLoop]] = []
            size = 0
            while self._waiting and len(taken) < TOGETHER_POSTS:
                size += len(self._waiting[0][0].body)
                if taken and size > TOGETHER_BYTES:
                    break
                taken.append(self._waiting.popleft())
                self._bytes -= len(taken[-1][0].body)
            return taken


def _deliver(pairs: Iterable[tuple[Post, Answer]]) -> None:
    for post, answer in pairs:
        if not post.answer.done():
            post.answer.set_result(answer)


def answers(posts: list[Post]) -> list[Answer]:
    """Return the answers to posts after one write of them all.

    When they cannot be written together, for whatever lies in one of them, each is written alone.
    """
    late = time.perf_counter() - PATIENCE_S
    waited = {id(post) for post in posts if post.began < late}
    try:
        close_old_connections()  # one that the server ended meanwhile costs nobody an answer
        batched = _batches([post for post in posts if id(post) not in waited])
        if batched:
            intake.read(batched)
            intake.write(batched, batched[0].now)
    except (OperationalError, InterfaceError) as error:
        log.error("events_not_written", exc_info=error, posts=len(posts))
        connection.close()
        return [problems.translate(error) for _ in posts]
    except Exception as error:
        log.error("events_failed", exc_info=error, posts=len(posts))
        connection.close()
        return [None] if len(posts) == 1 else [answers([post])[0] for post in posts]
    return [_busy() if id(post) in waited else _answer(post) for post in posts]


def _batches(posts: list[Post]) -> list[batches.Batch]:
    """Return the batches of the posts that are as they should be."""
    now = clock.now()
    actors = resolving.actors_of_tokens({post.token for post in posts}, now)
    by_client: dict[Any, list[Post]] = {}
    for post in posts:
        actor, post.batch = actors.get(post.token), None
        if actor is not None and actor.may(scopes.EVENTS_WRITE):
            post.batch = _batch(post, actor, now)
        if actor is not None and post.batch is not None:
            by_client.setdefault(actor.client_id, []).append(post)
    for client_id, own in by_client.items():
        if not throttles.are_allowed(client_id, len(own)):
            for post in own:
                post.batch = None  # the ordinary view tells them
    return [post.batch for post in posts if post.batch is not None]


def _batch(post: Post, actor: Actor, now: Any) -> batches.Batch | None:
    try:
        content, lines = bodies.unpacked(post.media, post.encoding, post.body)
        return batches.Batch(actor, bodies.items(content, lines=lines), now)
    except Refusal:
        return None


def _answer(post: Post) -> bytes | None:
    return None if post.batch is None else outcomes.encode(post.batch.result())
