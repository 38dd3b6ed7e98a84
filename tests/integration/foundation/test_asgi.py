"""The ASGI application: one thread per request, live pages streamed from the event loop."""

import asyncio
import threading

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

threads = {}


def plain(request):
    threads["view"] = threading.current_thread()
    return HttpResponse("plain")


async def live(request):
    async def lines():
        for number in range(3):
            threads["stream"] = threading.current_thread()
            yield f"data: {number}\n\n".encode()
            await asyncio.sleep(0)

    return StreamingHttpResponse(lines(), content_type="text/event-stream")


urlpatterns = [path("plain", plain), path("live", live)]


@pytest.fixture
def ask(settings):
    settings.ROOT_URLCONF = __name__

    def run(target):
        async def talk():
            from cityhub.asgi import application

            sent, never = [], asyncio.Event()
            messages = [{"type": "http.request", "body": b"", "more_body": False}]

            async def receive():
                if not messages:
                    await never.wait()
                return messages.pop()

            async def send(message):
                sent.append(message)

            scope = {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "path": target,
                "query_string": b"",
                "headers": [(b"host", b"localhost")],
                "client": ("127.0.0.1", 5000),
                "server": ("127.0.0.1", 8000),
                "scheme": "http",
            }
            await asyncio.wait_for(application(scope, receive, send), 20)
            return sent

        return asyncio.run(talk())

    return run


def test_a_plain_view_runs_in_a_thread_of_its_own(ask):
    sent = ask("/plain")
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"plain")
    assert threads["view"] is not threading.main_thread()
    assert b"x-request-id" in {name.lower() for name, _value in sent[0]["headers"]}


def test_a_live_page_streams_from_the_event_loop(ask):
    sent = ask("/live")
    assert sent[0]["status"] == 200
    bodies = [message["body"] for message in sent[1:] if message.get("body")]
    assert bodies == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]
    assert threads["stream"] is threading.main_thread()
