"""The ASGI application: requests in few threads that stay, live pages from the event loop."""

import asyncio
import io
import threading

import pytest
from django.db import connection, connections
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import path

from foundation import handler, threads
from foundation.handler import Handler

seen = {}
counting, gate = threading.Lock(), threading.Event()


def plain(request):
    seen["view"] = threading.current_thread()
    return HttpResponse("plain")


def size(request):
    return HttpResponse(str(len(request.read())))


def live(request):
    async def lines():
        for number in range(3):
            seen["stream"] = threading.current_thread()
            yield f"data: {number}\n\n".encode()
            await asyncio.sleep(0)

    return StreamingHttpResponse(lines(), content_type="text/event-stream")


class Watched(io.BytesIO):
    def read(self, *args):
        seen["file"] = threading.current_thread()
        return super().read(*args)


def file(request):
    return FileResponse(Watched(b"a" * 100_000))


def endless(request):
    async def lines():
        try:
            yield b"data: first\n\n"
            await asyncio.Event().wait()
        finally:
            seen["ended"] = seen.get("ended", 0) + 1

    return StreamingHttpResponse(lines(), content_type="text/event-stream")


def slow(request):
    with counting:
        seen["slow"] = seen.get("slow", 0) + 1
    gate.wait(20)
    return HttpResponse("slow")


def address(request):
    return HttpResponse(request.META["REMOTE_ADDR"])


def session(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [
    path("plain", plain),
    path("size", size),
    path("live", live),
    path("endless", endless),
    path("session", session),
    path("slow", slow),
    path("file", file),
    path("address", address),
]


@pytest.fixture(autouse=True)
def _two_threads(settings):
    settings.ROOT_URLCONF = __name__
    settings.HUB_WEB_THREADS = 2
    threads._threads.cache_clear()
    seen.clear()
    yield
    threads._threads.cache_clear()


class Browser:
    """One request, and what came of it."""

    def __init__(self, target, *parts, headers=()):
        self.target, self.sent, self.gone = target, [], asyncio.Event()
        self.headers = [(b"host", b"localhost"), *headers]
        self.begun = asyncio.Event()
        self._messages = [{"type": "http.request", "body": b"", "more_body": False}]
        self._messages += [{"type": "http.request", "body": p, "more_body": True} for p in parts]

    async def ask(self, application=None):
        if application is None:
            from cityhub.asgi import application
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": self.target,
            "query_string": b"",
            "headers": self.headers,
            "client": ("127.0.0.1", 5000),
            "server": ("127.0.0.1", 8000),
            "scheme": "http",
        }
        await asyncio.wait_for(application(scope, self._receive, self._send), 20)
        return self.sent

    async def _receive(self):
        if self._messages:
            return self._messages.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        self.sent.append(message)
        if message.get("body"):
            self.begun.set()


def ask(target):
    return asyncio.run(Browser(target).ask())


def test_a_plain_view_runs_in_a_thread():
    sent = ask("/plain")
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"plain")
    assert seen["view"] is not threading.main_thread()
    assert b"x-request-id" in {name.lower() for name, _value in sent[0]["headers"]}


def test_behind_a_proxy_of_ours_the_sender_is_who_connected_to_it(settings):
    settings.HUB_PROXIES = ("127.0.0.0/8",)
    browser = Browser("/address", headers=[(b"x-forwarded-for", b"192.0.2.1, 203.0.113.9")])
    assert asyncio.run(browser.ask())[1]["body"] == b"203.0.113.9"
    settings.HUB_PROXIES = ()
    browser = Browser("/address", headers=[(b"x-forwarded-for", b"203.0.113.9")])
    assert asyncio.run(browser.ask())[1]["body"] == b"127.0.0.1"


def test_a_body_beyond_every_limit_is_refused_and_no_more_of_it_kept_than_shows_that(settings):
    settings.HUB_BODY_KEPT = 1000
    kept = []

    class Weighed(Handler):
        async def read_body(self, receive):
            body = await super().read_body(receive)
            kept.append(len(body.read()))
            return body

    large, small = (
        asyncio.run(Browser("/size", *[b"x" * 300] * parts).ask(Weighed())) for parts in (10, 3)
    )
    assert kept == [1000, 900]
    assert large[0]["status"] == 413
    assert b'"request.too_large"' in large[1]["body"]
    assert small[1]["body"] == b"900"


def test_a_live_page_streams_from_the_event_loop():
    sent = ask("/live")
    assert sent[0]["status"] == 200
    bodies = [message["body"] for message in sent[1:] if message.get("body")]
    assert bodies == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]
    assert seen["stream"] is threading.main_thread()


def test_a_file_is_read_in_the_thread_of_its_request():
    sent = ask("/file")
    assert b"".join(message.get("body", b"") for message in sent[1:]) == b"a" * 100_000
    assert seen["file"].name.startswith("request-")


def test_open_live_pages_hold_no_thread_and_end_when_their_browser_has_gone():
    async def run():
        pages = [Browser("/endless") for _ in range(5)]
        open_ = [asyncio.create_task(page.ask()) for page in pages]
        await asyncio.wait_for(asyncio.gather(*(page.begun.wait() for page in pages)), 20)
        meanwhile = await Browser("/plain").ask()
        for page in pages:
            page.gone.set()
        await asyncio.gather(*open_)
        return meanwhile

    assert asyncio.run(run())[0]["status"] == 200
    assert seen["ended"] == 5


def asked_behind_slow_ones(monkeypatch, browser, *, leaves):
    """Ask while both threads are busy for longer than anybody waits; return what was sent."""
    monkeypatch.setattr(handler, "SOON_S", 0.01)
    monkeypatch.setattr(handler, "PATIENCE_S", 0.2 if not leaves else 20)

    async def run():
        slow = [Browser("/slow") for _ in range(2)]
        open_ = [asyncio.create_task(page.ask()) for page in slow]
        while seen.get("slow", 0) < 2:
            await asyncio.sleep(0.01)
        if leaves:
            browser.gone.set()
        sent = list(await browser.ask())
        gate.set()
        await asyncio.gather(*open_)
        return sent, [page.sent[0]["status"] for page in slow]

    gate.clear()
    sent, others = asyncio.run(run())
    assert others == [200, 200]  # what was begun is answered, however long it takes
    assert "view" not in seen
    assert not threads._threads()._waiting
    return sent


def test_who_waited_too_long_for_a_thread_is_told_to_come_back(monkeypatch):
    sent = asked_behind_slow_ones(monkeypatch, Browser("/plain"), leaves=False)
    headers = {name.lower(): value for name, value in sent[0]["headers"]}
    assert (sent[0]["status"], headers[b"retry-after"]) == (503, b"5")
    assert b"x-request-id" in headers
    assert b'"server.unavailable"' in sent[1]["body"]


def test_nothing_is_done_for_who_left_while_waiting(monkeypatch):
    assert asked_behind_slow_ones(monkeypatch, Browser("/plain"), leaves=True) == []


@pytest.fixture
def _closed():
    yield
    asyncio.run(threads.run(connections.close_all))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_closed")
def test_a_connection_stays_and_one_that_the_server_ended_costs_no_answer():
    first, again = ask("/session")[1]["body"], ask("/session")[1]["body"]
    assert first == again
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [int(first)])
    sent = ask("/session")
    assert sent[0]["status"] == 200
    assert sent[1]["body"] != first
