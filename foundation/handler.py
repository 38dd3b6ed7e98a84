"""How requests reach Django under ASGI: each in one thread, streams from the event loop."""

import asyncio
import os
import time
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import FileResponse, HttpResponseBase
from django.urls import set_script_prefix

from foundation import proxies, threads
from foundation.middleware import RequestMiddleware, busy

SOON_S = 0.5
"""A request that takes longer is called off when its client leaves before a thread began it."""
PATIENCE_S = 20.0
"""One that waited so long for a thread is turned away: who sent it may have given up."""

_busy = RequestMiddleware(busy)


class Handler(ASGIHandler):
    """Runs signals, all middleware and the view in one of our threads, as under WSGI.

    Django's own handler crosses between the event loop and a thread several times for each request.
    Live pages still stream from the loop.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def read_body(self, receive: Any) -> Any:
        """Return the body as a file; of one beyond every limit, what is needed to see that it is:
        anybody may send it, and it would lie on the disk."""
        room = settings.HUB_BODY_KEPT

        async def within() -> Any:
            nonlocal room
            message = await receive()
            if body := message.get("body"):
                message = {**message, "body": body[:room]}
                room -= len(message["body"])
            return message

        return await super().read_body(within)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if settings.HUB_PROXIES:
            scope = {**scope, "client": _sender(scope)}
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        arrived = time.perf_counter()
        task = threads.submit(self._answer, scope, body, arrived)
        answer = asyncio.wrap_future(task)
        if (await asyncio.wait((answer,), timeout=SOON_S))[0]:
            return await self._send(answer.result(), None, receive, send)
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait((answer, leaving), timeout=PATIENCE_S, return_when=FIRST_COMPLETED)
            if answer.done() or not threads.take_back(task):
                await self._send(await answer, leaving, receive, send)
            elif not leaving.done():
                await self._turn_away(scope, body, arrived, send)
        finally:
            await _end(leaving)

    async def _turn_away(self, scope: Any, body: Any, arrived: float, send: Any) -> None:
        """Say that no thread became free in time."""
        with body:
            request, _ = self.create_request(scope, body)
            if request is not None:
                request.arrived = arrived
                await self.send_response(_busy(request), send)

    async def _send(
        self,
        response: HttpResponseBase,
        leaving: asyncio.Future[Any] | None,
        receive: Any,
        send: Any,
    ) -> None:
        if not response.streaming:
            return await self.send_response(response, send)
        try:
            await self._stream(response, leaving, receive, send)
        finally:
            await threads.run(response.close)

    def _answer(self, scope: Any, body: Any, arrived: float) -> HttpResponseBase:
        """Return the response, closed unless its content is still to come."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        with body:
            request, response = self.create_request(scope, body)
            if request is not None:
                request.arrived = arrived
                request.is_cut = body.seek(0, os.SEEK_END) >= settings.HUB_BODY_KEPT
                body.seek(0)
                response = self.get_response(request)
        response._handler_class = self.__class__
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        elif not response.is_async:  # a file: read here, not in a thread made for it
            response.streaming_content = _one_by_one(list(response.streaming_content))
        return response

    async def _stream(
        self,
        response: HttpResponseBase,
        leaving: asyncio.Future[Any] | None,
        receive: Any,
        send: Any,
    ) -> None:
        """Send until all is sent or the client has gone."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        if leaving is None:
            leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        await asyncio.wait((sending, leaving), return_when=FIRST_COMPLETED)
        sent = sending.done()
        await _end(sending, leaving)
        if sent:
            sending.result()


async def _one_by_one(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _sender(scope: Any) -> tuple[str, int]:
    """Return the address of who sent a request, behind our proxies; port 0 is not known."""
    peer, port = scope.get("client") or ("", 0)
    given = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    address = proxies.sender(peer, b",".join(given).decode("latin-1"), settings.HUB_PROXIES)
    return address, port if address == peer else 0


async def _end(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
