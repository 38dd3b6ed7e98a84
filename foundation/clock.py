"""Domain time: what the city's books say the time is.

Outside a demo it is wall time. In a database marked as demo it is one row: standing still after
`start_demo` and `step_to`, running on at the speed of wall time after `release`.

Whether a database is a demo is asked once per process: it can only become one while it is empty.
"""

from datetime import datetime, timedelta

from django.apps import apps
from django.db import transaction

from kernel.clock import wall

_is_demo: bool | None = None

# Tables that a migration fills; they say nothing about whether a database is in use.
_FURNITURE = {
    "contenttypes.contenttype",
    "auth.permission",
    "foundation.domainclock",
    "sites.site",
    "django_celery_beat.periodictasks",
}


class NotADemo(Exception):
    """Domain time can only be set in a database that is marked as demo."""


class HoldsData(Exception):
    """A database that holds data cannot become a demo."""


class BackwardsInTime(Exception):
    """Domain time never goes back."""


def forget() -> None:
    """Ask again, at the next call, whether this database is a demo (tests, new databases)."""
    global _is_demo
    _is_demo = None


def _row(*, lock: bool = False):
    from foundation.models import DomainClock

    rows = DomainClock.objects.select_for_update() if lock else DomainClock.objects
    return rows.filter(pk=1).first()


def is_demo() -> bool:
    """Return whether this database is marked as demo."""
    global _is_demo
    if _is_demo is None:
        _is_demo = _row() is not None
    return _is_demo


def now() -> datetime:
    """Return domain time. Read it once at the door and pass it down."""
    if not is_demo():
        return wall()
    row = _row()
    if row is None:
        raise NotADemo("the demo clock has vanished from this database")
    return _reading(row)


def _reading(row) -> datetime:
    if row.anchor_wall is None:
        return row.instant
    return row.instant + max(wall() - row.anchor_wall, timedelta(0))


def state() -> tuple[datetime, bool, bool]:
    """Return domain time, whether this is a demo, and whether domain time is standing still."""
    if not is_demo():
        return wall(), False, False
    row = _row()
    return _reading(row), True, row.anchor_wall is None


@transaction.atomic
def start_demo(at: datetime) -> None:
    """Mark an empty database as demo and let its clock stand at `at`; set a demo's clock anew.

    Raises HoldsData when the database holds data and is not marked as demo.
    """
    from foundation.models import DomainClock

    forget()
    if _row(lock=True) is None:
        full = [model._meta.label for model in apps.get_models() if _holds_rows(model)]
        if full:
            raise HoldsData(f"this database already holds data ({', '.join(sorted(full)[:5])})")
    DomainClock.objects.update_or_create(pk=1, defaults={"instant": at, "anchor_wall": None})
    forget()


def _holds_rows(model) -> bool:
    if not model._meta.managed or model._meta.proxy or model._meta.label_lower in _FURNITURE:
        return False
    return model._default_manager.exists()


@transaction.atomic
def step_to(at: datetime) -> None:
    """Let a demo's domain time stand at `at`.

    Raises NotADemo in any other database, BackwardsInTime when `at` lies before domain time.
    """
    row = _row(lock=True)
    if row is None:
        raise NotADemo("domain time can only be set in a demo")
    if at < _reading(row):
        raise BackwardsInTime(f"{at.isoformat()} is before {_reading(row).isoformat()}")
    row.instant, row.anchor_wall = at, None
    row.save(update_fields=["instant", "anchor_wall"])


@transaction.atomic
def release() -> None:
    """Let a demo's domain time run on at the speed of wall time. Raises NotADemo elsewhere."""
    row = _row(lock=True)
    if row is None:
        raise NotADemo("domain time can only be released in a demo")
    row.instant, row.anchor_wall = _reading(row), wall()
    row.save(update_fields=["instant", "anchor_wall"])
