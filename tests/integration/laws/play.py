"""A day played on the stage: clients that send and send again, a door, workers, and what befalls
them. Everything is chosen by one source of chance."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from time import sleep
from typing import Any

from django.db import OperationalError

from tests.factories import TUESDAY
from tests.integration.laws import stage as staging
from tests.integration.laws.simulated import Sent
from tests.integration.laws.stage import Process, Stage
from tests.integration.laws.world import World

START = TUESDAY + timedelta(hours=6)
END = TUESDAY + timedelta(days=5)
"""When all of a day has been told, and an instant behind whose watermark it lies."""
LOOKS = 0.2
MANY = 20_000
"""More steps than any play takes."""


@dataclass(frozen=True)
class Conditions:
    """How much runs at once, and what may go wrong, how often: shares of the steps."""

    doors: int = 2
    workers: int = 2
    batch: tuple[int, int] = (10, 60)
    limit: tuple[int, int] = (20, 2000)
    deaths: float = 0.0
    breaks: float = 0.0
    lost_answers: float = 0.0
    impatience: float = 0.0
    faults: int = 0
    strict: bool = True


@dataclass(eq=False)
class Request:
    """One batch of a client, who may have stopped waiting for the answer (and asked again)."""

    sender: int
    items: list[dict[str, Any]]
    abandoned: bool = False


@dataclass
class Answers:
    """What the clients saw: per event id and status, how often."""

    statuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def note(self, items: Sequence[dict[str, Any]], results: Sequence[Any]) -> None:
        """Note what an answer says of the items that were sent."""
        for result in results:
            self.statuses[items[result.index]["event_id"]][result.status] += 1

    def ids(self, *statuses: str) -> set[str]:
        """Return the ids that were answered with one of these statuses."""
        return {id_ for id_, seen in self.statuses.items() if any(seen[s] for s in statuses)}


class Play:
    """One day from the first request until clients and workers have nothing left to do."""

    def __init__(
        self, stage: Stage, world: World, chance: random.Random, conditions: Conditions
    ) -> None:
        self._stage, self._world = stage, world
        self._chance, self._conditions = chance, conditions
        self._now = START
        self._waiting: list[Request] = []
        self._under_way: dict[Process, Request] = {}
        self._faults = conditions.faults
        self._commits = 0
        self._read_up_to = -1
        self._began: dict[Process, int] = {}
        self.answers = Answers()
        self.trace: list[str] = []

    def run(self, requests: list[Request]) -> None:
        """Play until every request has been heard of and everything is read."""
        from foundation import consumers

        self._waiting = list(requests)
        for _ in range(MANY):
            acts = self._acts()
            if acts:
                self._chance.choice(acts)()
            elif consumers.backlog():
                self._read_up_to = -1  # somebody waited out a failure
            else:
                return
        raise AssertionError("the play does not end")

    def _acts(self) -> list[Callable[[], None]]:
        """Return what can happen next."""
        doors = self._conditions.doors
        crew = self._stage.processes[: doors + self._conditions.workers]
        acts = [partial(self._step, process) for process in self._stage.ready()]
        if self._waiting:
            acts += [partial(self._deliver, door) for door in crew[:doors] if door.idle]
        # Workers look now and then, as theirs is a tick: not whenever they have nothing to do.
        if self._commits > self._read_up_to and (not acts or self._chance.random() < LOOKS):
            acts += [partial(self._work, worker) for worker in crew[doors:] if worker.idle]
        if not acts and any(not process.idle for process in crew):
            acts = [partial(sleep, 0.01)]  # all wait for locks: PostgreSQL ends a ring by itself
        return acts

    def _deliver(self, door: Process) -> None:
        place = self._chance.randrange(min(len(self._waiting), 3))  # requests overtake each other
        request = self._waiting.pop(place)
        self._now += timedelta(seconds=self._chance.choice([1, 30, 1800, 4 * 3600]))
        actor, now = self._world.senders[request.sender].actor, self._now
        body = json.dumps(request.items).encode()
        self._under_way[door] = request
        door.give(lambda: _take(actor, body, now))
        self._say(f"{door.name} takes {len(request.items)} at {now:%d %H:%M:%S}")

    def _work(self, worker: Process) -> None:
        limit, now = self._chance.randint(*self._conditions.limit), self._now
        strict, whole = self._conditions.strict, self._chance.random() < 0.1
        self._began[worker] = self._commits
        worker.give(lambda: _tick(now, strict) if whole else _read(now, limit, strict))

    def _step(self, process: Process) -> None:
        fate, place = self._fate(process), process.place
        self._say(f"{process.name} {place}: {fate}")
        self._commits += place != "begin"
        self._stage.go_on(process, fate)
        for one in [one for one in self._stage.processes if one.outcome is not None]:
            self._ended(one)
        request = self._under_way.get(process)
        if request is not None and not request.abandoned and self._happens("impatience"):
            self._say(f"the client of {process.name} asks again")
            request.abandoned = True
            self._waiting.append(Request(request.sender, request.items))

    def _fate(self, process: Process) -> str:
        if process.place == "begin":
            return staging.GO
        if self._happens("deaths"):
            return staging.DIE
        return staging.BREAK if self._happens("breaks") else staging.GO

    def _happens(self, kind: str) -> bool:
        if self._faults <= 0 or self._chance.random() >= getattr(self._conditions, kind):
            return False
        self._faults -= 1
        return True

    def _ended(self, process: Process) -> None:
        kind, value = process.outcome or ("", None)
        process.outcome = None
        request = self._under_way.pop(process, None)
        if kind == "died":
            self._stage.replace(process)
        elif kind == "failed" and not _is_of_the_play(value):
            raise value
        if request is not None:
            self._answer(request, kind, value)
        elif kind == "answered" and value == 0:
            self._read_up_to = max(self._read_up_to, self._began[process])

    def _answer(self, request: Request, kind: str, result: Any) -> None:
        if request.abandoned:
            return
        if kind != "answered" or self._happens("lost_answers"):
            self._say(f"no answer: {kind}")
            self._waiting.append(Request(request.sender, request.items))
        else:
            self.answers.note(request.items, result.results)

    def _say(self, words: str) -> None:
        self.trace.append(words)


def requests(
    sent: Sequence[Sent], chance: random.Random, *, batch: tuple[int, int], distance: float
) -> list[Request]:
    """Return the batches of a day in the order of arrival: that of the events shaken by `distance`
    seconds, some events twice, and the batches shaken once more."""
    found: list[tuple[float, Request]] = []
    for sender in sorted({one.sender for one in sent}):
        own = [one for one in sent if one.sender == sender]
        own += chance.sample(own, len(own) // 8)
        own.sort(key=lambda one: one.arrives_s + chance.uniform(-distance, distance))
        while own:
            size = chance.randint(*batch)
            arrives_s = own[0].arrives_s + chance.uniform(-distance, distance)
            found.append((arrives_s, Request(sender, [one.body for one in own[:size]])))
            own = own[size:]
    return [request for _, request in sorted(found, key=itemgetter(0))]


def undisturbed(world: World, sent: Sequence[Sent], as_of: datetime = END) -> None:
    """Take a day in the order in which it happened, and read it, with nothing in the way."""
    for number, sender in enumerate(world.senders):
        items = [one.body for one in sent if one.sender == number]
        result = _take(sender.actor, json.dumps(items).encode(), START)
        assert result.accepted == len(items), result
    finish(as_of)


def finish(as_of: datetime = END) -> None:
    """Read what is left, and confirm what lies behind the watermark.

    The server ends the session of a process that died in its own time. Until then it may hold
    the tick's lock, which is waited for, or a transaction, behind which readers stay.
    """
    from foundation import consumers, ticks

    while ticks.tick(as_of, strict=True, wait=True) or consumers.backlog():
        pass


def _take(actor: Any, body: bytes, now: datetime) -> Any:
    from carriers.services import intake

    return intake.take(actor=actor, body=body, now=now)


def _read(now: datetime, limit: int, strict: bool) -> int:
    from foundation import consumers

    return consumers.run_once(as_of=now, limit=limit, strict=strict)


def _tick(now: datetime, strict: bool) -> int:
    from foundation import ticks

    return ticks.tick(now, strict=strict)


def _is_of_the_play(error: Exception) -> bool:
    """Return whether an error is one that the play made, or a deadlock that PostgreSQL ended."""
    lost = isinstance(error, OperationalError) and staging.LOST in str(error)
    closed = isinstance(error, OperationalError) and "connection is closed" in str(error)
    return lost or closed
