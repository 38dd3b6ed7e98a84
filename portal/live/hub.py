"""The hub of a web process: who listens, what changed for them, in commit order.

A cursor is a transaction id below which everything has been committed or rolled back (PostgreSQL's
`pg_snapshot_xmin`). News are the rows written by transactions in `[cursor, horizon)`; the horizon
is the next cursor, one number for all topics. Nothing is skipped that commits late.

Clients who may see the same rows, in one language, form a group; a group reads once for all of
them. Redis only wakes the groups earlier: without it they look every second.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

LOOK_EVERY_S = 1.0
LOOK_EVERY_WITH_REDIS_S = 5.0
QUEUE = 64


@dataclass(frozen=True)
class News:
    """What changed up to `cursor`: named events, each with a JSON-able payload."""

    cursor: int
    events: tuple[tuple[str, Any], ...] = ()


class Changed(Exception):
    """Who a group reads for may no longer see what its clients see."""


Reader = Callable[[int | None], News]
Run = Callable[..., Awaitable[News]]


@dataclass(eq=False)
class Client:
    """One browser. A full queue means it cannot keep up: it is told to begin anew."""

    queue: asyncio.Queue[News | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def offer(self, news: News | None) -> None:
        try:
            self.queue.put_nowait(news)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


@dataclass(eq=False)
class Group:
    """Clients who may see the same; `read` is called in a thread, by one of us at a time."""

    read: Reader
    cursor: int
    clients: set[Client] = field(default_factory=set)
    task: asyncio.Task[None] | None = None


class Hub:
    """Holds the groups of one event loop. `wake` may be called at any time."""

    def __init__(self, run: Run = asyncio.to_thread) -> None:
        self._run_in_thread = run
        self._groups: dict[Hashable, Group] = {}
        self._wake = asyncio.Event()
        self.look_every_s = LOOK_EVERY_S

    def wake(self) -> None:
        """Let every group look now."""
        self._wake.set()
        self._wake = asyncio.Event()

    @property
    def listeners(self) -> int:
        return sum(len(group.clients) for group in self._groups.values())

    async def listen(self, key: Hashable, read: Reader, after: int | None) -> AsyncIterator[News]:
        """Yield news after the cursor `after`, first of all what is there; ends when overrun, and
        when the group has changed."""
        first = await self._run_in_thread(read, after)
        client = Client()
        group = self._join(key, read, first.cursor, client)
        try:
            yield first
            if group.cursor > first.cursor:
                yield await self._run_in_thread(read, first.cursor)
            while (news := await client.queue.get()) is not None:
                if news.cursor > first.cursor:
                    yield news
        finally:
            self._leave(key, group, client)

    def _join(self, key: Hashable, read: Reader, cursor: int, client: Client) -> Group:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(read, cursor)
            group.task = asyncio.create_task(self._run(key, group))
        group.read = read  # the newest request: the oldest may be gone
        group.clients.add(client)
        return group

    def _leave(self, key: Hashable, group: Group, client: Client) -> None:
        group.clients.discard(client)
        if not group.clients:
            if group.task:
                group.task.cancel()
            if self._groups.get(key) is group:
                del self._groups[key]

    async def _run(self, key: Hashable, group: Group) -> None:
        while True:
            wake = self._wake
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), self.look_every_s)
            try:
                news = await self._run_in_thread(group.read, group.cursor)
            except Changed:  # all come back, and are asked anew who they are
                self._groups.pop(key, None)
                for client in tuple(group.clients):
                    client.offer(None)
                return
            except Exception:  # the database is away: look again
                _log().warning("live.read_failed", exc_info=True)
                continue
            group.cursor = news.cursor
            if news.events:
                for client in tuple(group.clients):
                    client.offer(news)


def _log() -> Any:
    import logging

    return logging.getLogger("portal.live")


_hubs: dict[int, Hub] = {}


def here(run: Run) -> Hub:
    """Return the hub of the running event loop; `run` reads in a thread."""
    return _hubs.setdefault(id(asyncio.get_running_loop()), Hub(run))
