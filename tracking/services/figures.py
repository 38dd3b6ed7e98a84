"""What the projections did, counted per process: for `/metrics` and for measurements."""

from collections.abc import Iterable

from prometheus_client import Counter

from tracking.rules.fold import Folded

FIXES = Counter("hub_fixes", "Positions that were folded.")
MATCHED = Counter("hub_fixes_matched", "Of these, how many went to map matching.")
UNRESOLVED = Counter(
    "hub_tracking_unresolved_runs",
    "Runs near a zone's border that neither fixes nor streets could decide, hence no visits.",
    ["reason"],
)


def count(folded: Iterable[Folded | None]) -> None:
    """Count what was matched in a batch, and what it left undecided."""
    for one in folded:
        if one is not None:
            MATCHED.inc(one.matched)
            for run in one.unresolved:
                UNRESOLVED.labels(run.reason).inc()
