"""Database and Redis: those we are given, or private ones that live while somebody uses them."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from launcher.checkout import Checkout
from launcher.postgres import Cluster
from launcher.processes import Use
from launcher.redis import Redis


@dataclass(frozen=True)
class Servers:
    """Where database and Redis are. `cluster` and `redis` are None when we were given others."""

    cluster: Cluster | None
    redis: Redis | None
    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """Return the environment for Django and Celery."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}

    def ensure(self) -> None:
        """Start what is ours and does not run."""
        if self.cluster:
            self.cluster.start()
        if self.redis:
            self.redis.start()

    def stop(self) -> None:
        """Stop what is ours."""
        if self.redis:
            self.redis.stop()
        if self.cluster:
            self.cluster.stop()


def choose(
    cluster: Cluster,
    redis: Redis,
    *,
    database: str = "cityhub",
    redis_database: int = 0,
    given: Mapping[str, str] = os.environ,
) -> Servers:
    """Return the servers to use: DATABASE_URL and REDIS_URL if given, else our own."""
    database_url, redis_url = given.get("DATABASE_URL"), given.get("REDIS_URL")
    return Servers(
        cluster=None if database_url else cluster,
        redis=None if redis_url else redis,
        database_url=database_url or cluster.url(database),
        redis_url=redis_url or redis.url(redis_database),
    )


@contextlib.contextmanager
def running(checkout: Checkout, servers: Servers, *, database: str | None) -> Iterator[Servers]:
    """Have the servers run for a while; the last user of this checkout stops them.

    `database` is created when it is ours to create and missing.
    """
    name = servers.cluster.name if servers.cluster else "given"
    use = Use(checkout.run / f"{name}.use")
    use.begin()
    try:
        servers.ensure()
        if servers.cluster and database:
            servers.cluster.ensure_database(database)
        yield servers
    finally:
        use.end(servers.stop)


@contextlib.contextmanager
def running_if_up(checkout: Checkout, servers: Servers) -> Iterator[bool]:
    """Start nothing; yield whether ours run, and stop them afterwards if nobody uses them."""
    name = servers.cluster.name if servers.cluster else "given"
    use = Use(checkout.run / f"{name}.use")
    use.begin()
    ran = bool(
        (servers.cluster and servers.cluster.process())
        or (servers.redis and servers.redis.process())
    )
    try:
        yield ran
    finally:
        use.end(servers.stop)
