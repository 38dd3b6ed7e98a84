"""Figures of the fold for Prometheus: runs at a zone's edge that nobody could decide."""

from collections.abc import Iterable

from prometheus_client import Counter

from tracking.rules.fold import Folded

UNRESOLVED = Counter(
    "hub_tracking_unresolved_runs",
    "Runs near a zone's border that neither fixes nor streets could decide, hence no visits.",
    ["reason"],
)


def count(folded: Iterable[Folded | None]) -> None:
    """Count what a batch left undecided."""
    for one in folded:
        for run in one.unresolved if one is not None else ():
            UNRESOLVED.labels(run.reason).inc()
