"""Refusals: why something was not done, with a stable code and all reasons at once.

Exception
  └─ Refusal      raised where the reason is known, answered by one handler as RFC 9457
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self


class Code(str):
    """A stable, documented reason (`app.reason`) with its HTTP status and a short title."""

    __slots__ = ("status", "title")
    status: int
    title: str  # type: ignore[assignment]  # stands in for the method str.title

    def __new__(cls, name: str, status: int, title: str) -> Self:
        made = super().__new__(cls, name)
        made.status = status
        made.title = title
        return made


REGISTRY: dict[str, Code] = {}


def code(name: str, status: int, title: str) -> Code:
    """Register a refusal code and return it. Raises ValueError when the name means another one."""
    known = REGISTRY.get(name)
    if known is not None:
        if known.status != status:
            raise ValueError(f"refusal code {name!r} is already registered")
        return known
    REGISTRY[name] = Code(name, status, title)
    return REGISTRY[name]


@dataclass(frozen=True)
class Reason:
    """One reason against: where (`pointer` is a JSON pointer, RFC 6901) and with which facts."""

    code: Code
    detail: str
    pointer: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Refusal(Exception):
    """What was asked is not done. `reasons` holds every reason; the first one names the answer."""

    def __init__(self, code: Code, detail: str, *, pointer: str = "", **facts: Any) -> None:
        super().__init__(f"{code!s}: {detail}")
        self.reasons: tuple[Reason, ...] = (Reason(code, detail, pointer, facts),)

    @classmethod
    def of(cls, reasons: Sequence[Reason]) -> "Refusal":
        """Return one refusal for several reasons. Raises ValueError when there is none."""
        if not reasons:
            raise ValueError("a refusal needs a reason")
        first = reasons[0]
        refusal = cls(first.code, first.detail)
        refusal.reasons = tuple(reasons)
        return refusal

    @property
    def code(self) -> Code:
        """The code of the first reason."""
        return self.reasons[0].code

    @property
    def status(self) -> int:
        """The HTTP status of the first reason."""
        return self.reasons[0].code.status
