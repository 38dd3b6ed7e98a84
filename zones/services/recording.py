"""What every write of rules does: who may, since when it is recorded, and that the book changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.actors import Actor
from kernel.refusals import Code, Refusal
from zones import codes
from zones.models import RuleBookChange


def require_city(actor: Actor) -> None:
    """Refuse everybody but the city. Raises `zones.city_only`."""
    if not actor.is_city:
        raise Refusal(codes.CITY_ONLY, _("Rules are written by the city itself."))


def recorded_since(recorded_from: datetime | None, now: datetime) -> datetime:
    """Return the start of a record: now, or the publication date that an import names.

    Raises `zones.recorded_later` for a date after the load.
    """
    if recorded_from is None:
        return now
    if recorded_from > now:
        raise Refusal(
            codes.RECORDED_LATER,
            _("The publication date lies after the load."),
            pointer="/recorded_from",
        )
    return recorded_from


def require_period(legal_from: datetime, legal_until: datetime | None) -> None:
    """Raises `zones.period_empty` when the legal period ends before it begins."""
    if legal_until is not None and legal_until <= legal_from:
        raise Refusal(codes.PERIOD_EMPTY, _("It ends before it begins."), pointer="/legal_until")


@contextmanager
def constraint_means(
    constraint: str, code: Code, detail: str, pointer: str = "/code"
) -> Iterator[None]:
    """Let the database decide: a write that breaks the constraint is refused with the code."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if constraint not in str(error):
            raise
        raise Refusal(code, detail, pointer=pointer) from error


def book_changed(city_id: UUID) -> None:
    """Count a change of the city's rules, in the caller's transaction."""
    if not RuleBookChange.objects.filter(city_id=city_id).update(counter=F("counter") + 1):
        RuleBookChange.objects.update_or_create(
            city_id=city_id, create_defaults={"counter": 1}, defaults={"counter": F("counter") + 1}
        )
