"""Browser tests: Debian's Chromium against the real server, in one process and few.

The server is granian as a process of its own on the test database, because the live pages need
ASGI. Whatever a page asks of another host, or throws, fails its test.
"""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "var" / "screenshots"
CHROMIUM = os.environ.get("CITYHUB_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PASSWORD = "a long password"


def pytest_collection_modifyitems(items):
    """Without Chromium or a built front end there is nothing to drive: say so."""
    missing = [
        text
        for text, there in (
            (f"no Chromium at {CHROMIUM}: apt-get install chromium", Path(CHROMIUM).exists()),
            (
                "the front end is not built: cd frontend && npm ci && npm run build",
                (ROOT / "static" / "dist" / "tower.js").exists(),
            ),
        )
        if not there
    ]
    if missing:
        for item in items:
            if "tests/browser" in str(item.path):
                item.add_marker(pytest.mark.skip(reason="; ".join(missing)))


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture(scope="session")
def server(django_db_setup, django_db_blocker):
    """The address of a web server on the test database."""
    from django.db import connection

    facts = connection.settings_dict
    host, port = facts["HOST"], facts["PORT"]
    query = f"?host={host}" if str(host).startswith("/") else ""
    netloc = "" if query else f"{host}{f':{port}' if port else ''}"
    user = f"{facts['USER']}{':' + facts['PASSWORD'] if facts['PASSWORD'] else ''}"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgis://{user}@{netloc}/{facts['NAME']}{query}",
        "CITYHUB_STATIC": "1",
        "CITYHUB_LOG_LEVEL": "WARNING",
        "REDIS_URL": "",
    }
    if query and port:
        environment["DATABASE_URL"] += f"&port={port}"
    log = (ROOT / "var" / "browser-server.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "granian", "--interface", "asginl", "--host", "127.0.0.1",
         "--port", str(number), "--workers", "1", "cityhub.asgi:application"],
        cwd=ROOT, env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    address = f"http://127.0.0.1:{number}"
    _wait(address, process)
    yield address
    process.terminate()
    process.wait(20)


def _wait(address, process):
    import httpx

    for _try in range(120):
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{address}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.25)
    raise RuntimeError("the web server did not start: see var/browser-server.log")


@pytest.fixture
def people(server, browser, transactional_db, demo_day):
    """Return `people(user)`: a page of their own, signed in; None: a visitor."""
    opened = []

    def open_page(user=None, **options):
        context = browser.new_context(
            viewport={"width": 1440, "height": 960}, locale="en-GB", **options
        )
        page = context.new_page()
        page.trouble = []
        page.on("pageerror", lambda error: page.trouble.append(f"threw {error}"))
        page.on("request", lambda request: _watch(page, server, request))
        page.base = server
        opened.append((context, page))
        if user is not None:
            sign_in(page, user)
        return page

    yield open_page
    for context, page in opened:
        context.close()
        assert page.trouble == []


def _watch(page, server, request):
    parts = urlsplit(request.url)
    if parts.scheme in ("http", "https", "ws", "wss") and not request.url.startswith(server):
        page.trouble.append(f"asked another host: {request.url}")


def sign_in(page, user):
    """Sign a person in through the sign-in page."""
    page.goto(f"{page.base}/accounts/login/")
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("form[data-sign-in] button[type=submit]")
    page.wait_for_url(f"{page.base}/")


@pytest.fixture
def demo_day(transactional_db):
    """A demo's clock, standing at TUESDAY; a demo only offers the second factor."""
    from foundation import clock
    from foundation.models import DomainClock
    from tests.factories import TUESDAY

    DomainClock.objects.create(pk=1, instant=TUESDAY, anchor_wall=None)
    clock.forget()
    yield TUESDAY
    clock.forget()


@pytest.fixture
def town(demo_day, settings):
    """A small city on a few drawn streets: a zone, a curb, two carriers, an official."""
    # The server is another process: it knows only real password hashes.
    from cityhub import settings as real

    settings.PASSWORD_HASHERS = real.PASSWORD_HASHERS
    from tests.browser.town import build

    return build()


@pytest.fixture
def axe():
    """Return `axe(page)`: the A and AA violations that axe-core finds, in a line each."""
    from axe_playwright_python.sync_playwright import Axe

    def violations(page, without=()):
        levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        options = {"runOnly": {"type": "tag", "values": levels}, "resultTypes": ["violations"]}
        context = {"exclude": [[selector] for selector in without]} if without else None
        found = Axe().run(page, context=context, options=options).response["violations"]
        return [
            f"{one['id']}: {one['help']} at {node['target']}"
            for one in found
            for node in one["nodes"]
        ]

    return violations


@pytest.fixture
def shoot():
    """Return `shoot(page, name)`: keep a picture of the page under var/screenshots."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def shot(page, name, **options):
        page.screenshot(path=SHOTS / f"{name}.png", **options)

    return shot
