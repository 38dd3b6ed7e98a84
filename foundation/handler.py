"""How requests reach Django under ASGI: each in one thread, streams from the event loop."""

import asyncio
import os
import time
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import FileResponse, HttpResponseBase
from django.urls import set_script_prefix

from foundation import threads


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
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await threads.run(self._answer, scope, body, time.perf_counter())
        try:
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            if response.streaming:
                await threads.run(response.close)

    def _answer(self, scope: Any, body: Any, arrived: float) -> HttpResponseBase:
        """Return the response, closed unless its content is still to come."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, response = self.create_request(scope, body)
        if request is None:
            body.close()
        else:
            request.arrived = arrived
            request.is_cut = body.seek(0, os.SEEK_END) >= settings.HUB_BODY_KEPT
            body.seek(0)
            response = self.get_response(request)
        response._handler_class = self.__class__
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response

    async def _stream(self, response: HttpResponseBase, receive: Any, send: Any) -> None:
        """Send until all is sent or the client has gone."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        leaving.cancel()
        sent = sending.done()
        sending.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)
        if sent:
            sending.result()
