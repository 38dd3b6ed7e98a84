"""The states of a booking and who may follow whom. Pure."""

from enum import StrEnum


class State(StrEnum):
    """`held → confirmed → checked_in → completed`; the others end a booking early."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"

    @property
    def holds_metres(self) -> bool:
        return self in HOLDING

    def may_become(self, other: "State") -> bool:
        return other in FOLLOWERS[self]


HOLDING = frozenset({State.HELD, State.CONFIRMED, State.CHECKED_IN})
FOLLOWERS: dict[State, frozenset[State]] = {
    State.HELD: frozenset({State.CONFIRMED, State.CANCELLED, State.EXPIRED}),
    State.CONFIRMED: frozenset({State.CHECKED_IN, State.CANCELLED, State.NO_SHOW}),
    State.CHECKED_IN: frozenset({State.COMPLETED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
    State.NO_SHOW: frozenset(),
}
