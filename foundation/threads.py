"""The threads in which a web process answers requests, and what runs in them.

Each keeps its connections to the database and to the cache from one request to the next. A thread
made for each request, as Django's handler for ASGI has it, opens both anew each time, which costs
more than most of our views; and the thread of a live page would keep a connection for as long as
the page is open. What is no request, and so sends no signals, begins with `close_old_connections`.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache, partial
from queue import SimpleQueue
from typing import Any

from django.conf import settings

Task = tuple[Future[Any], Callable[[], Any]]


async def run[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return what `work` returns, as soon as one of the threads has done it."""
    return await asyncio.wrap_future(submit(work, *args, **kwargs))


def submit[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
    """Return the future of what `work` returns."""
    return _threads().submit(work, *args, **kwargs)


def take_back(future: Future[Any]) -> bool:
    """Call off work that no thread has begun; return whether it was."""
    return _threads().take_back(future)


class Threads:
    """Threads of which the one that worked last works next.

    So as many threads start, and as many connections open, as there was ever work at once, and
    what they hold is warm. The library's pool takes them in turn.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._started = 0
        self._idle: list[SimpleQueue[Task]] = []
        self._waiting: deque[Task] = deque()

    def submit[**P, R](self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Return the future of what `fn` returns."""
        future: Future[R] = Future()
        task = future, partial(fn, *args, **kwargs)
        with self._lock:
            if self._idle:
                self._idle.pop().put(task)
            elif self._started < self._most:
                name = f"request-{self._started + 1}"
                threading.Thread(target=self._work, args=(task,), name=name, daemon=True).start()
                self._started += 1  # not before: one that the machine refuses is tried again
            else:
                self._waiting.append(task)
        return future

    def take_back(self, future: Future[Any]) -> bool:
        """Call off work that no thread has begun; return whether it was."""
        if not future.cancel():
            return False
        with self._lock:
            self._waiting = deque(task for task in self._waiting if task[0] is not future)
        return True

    def _work(self, task: Task | None) -> None:
        inbox: SimpleQueue[Task] = SimpleQueue()
        while True:
            future, call = task or inbox.get()
            if not future.set_running_or_notify_cancel():
                task = self._next(inbox)
                continue
            try:
                tell = partial(future.set_result, call())
            except BaseException as error:
                tell = partial(future.set_exception, error)
            task = self._next(inbox)  # first: who is told may have more work for this thread
            tell()
            del future, call, tell

    def _next(self, inbox: SimpleQueue[Task]) -> Task | None:
        """Return work that waits; without any, the thread's inbox waits for it."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._idle.append(inbox)
        return None


@cache
def _threads() -> Threads:
    return Threads(settings.HUB_WEB_THREADS)
