"""What was driven against what was found."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from simulation.rulebook import Truth

SLACK_S = 120.0


@dataclass(frozen=True)
class Found:
    """A confirmed finding as the hub tells it, in seconds of the day."""

    id: str
    vehicle: str
    place: str
    start: float
    end: float
    kind: str


@dataclass
class Comparison:
    """Each truth with the finding that fits it, and who is left on either side."""

    pairs: list[tuple[Truth, Found]] = field(default_factory=list)
    missed: list[Truth] = field(default_factory=list)
    false: list[Found] = field(default_factory=list)

    def by_kind(self) -> list[tuple[str, int, int, int]]:
        """Rows (kind, driven, found, missed), most driven first."""
        driven = Counter(t.kind for t, _ in self.pairs) + Counter(t.kind for t in self.missed)
        found = Counter(t.kind for t, _ in self.pairs)
        return [(k, n, found[k], n - found[k]) for k, n in driven.most_common()]


def compare(driven: Sequence[Truth], found: Iterable[Found]) -> Comparison:
    """Pair truths and findings one to one: same vehicle, same place, overlapping in time."""
    left = sorted(found, key=lambda one: one.start)
    result = Comparison()
    for truth in sorted(driven, key=lambda one: one.start):
        fit = next(
            (
                one
                for one in left
                if one.vehicle == truth.vehicle
                and one.place == truth.place
                and one.start < truth.end + SLACK_S
                and truth.start - SLACK_S < one.end
            ),
            None,
        )
        if fit is None:
            result.missed.append(truth)
        else:
            left.remove(fit)
            result.pairs.append((truth, fit))
    result.false = left
    return result
