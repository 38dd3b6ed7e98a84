"""The ASGI application that granian serves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")

import django

django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from carriers.api.lane import Lane  # noqa: E402
from foundation import memory  # noqa: E402
from foundation.handler import Handler  # noqa: E402

memory.settle()

ordinary = Handler()
application = Lane(ordinary) if settings.HUB_COALESCE else ordinary
