"""What the projections did, counted per process: for `/metrics` and for measurements."""

from prometheus_client import Counter

FIXES = Counter("hub_fixes", "Positions that were folded.")
MATCHED = Counter("hub_fixes_matched", "Of these, how many were decided by map matching.")
