"""The ASGI application that granian serves."""

import os
from typing import Any

from asgiref.sync import sync_to_async

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.core.handlers.asgi import ASGIHandler  # noqa: E402

from carriers.api.lane import Lane  # noqa: E402
from foundation import memory  # noqa: E402


class OneHopHandler(ASGIHandler):
    """Runs all middleware and the view in one thread per request.

    Django's own handler crosses between the event loop and a thread twice for each middleware,
    which costs more than most of our views. Async views (live pages) still stream from the loop.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)
        self._middleware_chain: Any = sync_to_async(self._middleware_chain, thread_sensitive=True)


memory.settle()

ordinary = OneHopHandler()
application = Lane(ordinary) if settings.HUB_COALESCE else ordinary
