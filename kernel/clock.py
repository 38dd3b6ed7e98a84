"""Wall time: for tokens, sessions, idempotency keys, retries, logs and metrics.

Everything a city would put into its books (received at, holds, windows, permits) is domain time
and comes from `foundation.clock`.
"""

from datetime import UTC, datetime


def wall() -> datetime:
    """Return the instant on this machine's clock as an aware UTC datetime."""
    return datetime.now(UTC)
