"""GS1 keys of vehicles and facilities: checked, and each once in an organisation."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from carriers import codes
from carriers.adapters import gs1
from kernel.refusals import Refusal

_ONCE = {"vehicle_grai_once": "grai", "vehicle_giai_once": "giai", "facility_gln_once": "gln"}


def own(kind: str, text: str) -> str:
    """Return a GLN, GRAI or GIAI in plain characters. Raises a Refusal (422) for a wrong one."""
    try:
        return gs1.own(kind, text.strip())
    except ValueError as error:
        raise Refusal(codes.IDENTIFIER, f"{error}.", pointer=f"/{kind}") from None


@contextmanager
def taken_once() -> Iterator[None]:
    """Let the constraint decide whose a key is. Raises a Refusal (409) when it is another's."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        named = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if named not in _ONCE:
            raise
        detail = "Another one of this organisation has this identifier."
        pointer = f"/{_ONCE[named]}"
        raise Refusal(codes.IDENTIFIER_TAKEN, detail, pointer=pointer) from None
