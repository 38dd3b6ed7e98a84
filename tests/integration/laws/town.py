"""A small town with servers and processes of its own, for tests that kill them.

Database, Redis, web server, worker and beat are those of `./hub up`, under the same supervisor,
beside those of the other tests: nobody else feels it when they fall.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg

from launcher import postgres, programs, templates
from launcher.checkout import Checkout, web_port
from launcher.given_database import conninfo
from launcher.processes import dies_with_parent, wait_for
from launcher.redis import Redis
from launcher.servers import Servers
from launcher.supervisor import Child, Program, Supervisor

DATABASE = "cityhub_laws"
SENDERS_AT_ONCE = 4
_WRITING = (
    "SELECT backend_xid::text FROM pg_stat_activity"
    " WHERE application_name = 'laws-worker' AND backend_xid IS NOT NULL"
)
ANSWER_S = 10.0
START_S = 60.0


class Town:
    """Servers, processes and the scene that was laid in their database."""

    def __init__(self, folder: Path) -> None:
        self._checkout = Checkout.here()
        self._checkout.make_folders()
        # What was acknowledged must survive a server that is killed: durable, as people's data.
        self.cluster = postgres.laws_cluster(self._checkout)
        self.redis = Redis(self._checkout, "laws-redis")
        self._servers = Servers(
            self.cluster, self.redis, self.cluster.url(DATABASE), self.redis.url()
        )
        self._folder = folder
        self._port = web_port(self._checkout, name="laws", base=10_000)
        self.dying = folder / "die-before-the-answer"
        env = programs.environment(self._checkout, self._servers.environment())
        self._env = {**env, "CITYHUB_LOG_LEVEL": "WARNING", "LAWS_DYING": str(self.dying)}
        self._supervisor = Supervisor([])
        self._closing = threading.Event()
        self._tender = threading.Thread(target=self._tend, daemon=True)

    @contextlib.contextmanager
    def open(self, days: int) -> Iterator["Town"]:
        """Start servers, lay the scene, start the processes; stop all of it at the end."""
        try:
            self._lay(days)
            self._servers.ensure()
            self._start()
            yield self
        finally:
            self._closing.set()
            if self._tender.is_alive():
                self._tender.join()
            self._supervisor.stop()
            self._servers.stop()

    def kill(self, name: str) -> None:
        """End a program with all its processes by SIGKILL; the supervisor starts it again."""
        child = self._child(name)
        if child.pid is not None:
            os.killpg(child.pid, signal.SIGKILL)
        child.failures = 0  # the pause after it is that after a first failure

    def kill_pool(self) -> None:
        """End the processes of the worker's pool by SIGKILL; the worker itself starts others."""
        pid = self._child("worker").pid
        with contextlib.suppress(OSError):  # it is just being started, or its pool is
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)

    def kill_in_mid_batch(self, kill: Callable[[], None], *, timeout_s: float = 5.0) -> bool:
        """Kill workers while one is in a transaction that has written something; return whether
        that transaction was lost, which is what PostgreSQL says of it afterwards."""
        deadline = time.monotonic() + timeout_s
        with psycopg.connect(conninfo(self._servers.database_url), autocommit=True) as watch:
            while time.monotonic() < deadline:
                found = watch.execute(_WRITING).fetchone()
                if found is None:
                    time.sleep(0.002)
                    continue
                kill()
                while watch.execute(_WRITING + " AND backend_xid = %s::xid", found).fetchone():
                    time.sleep(0.01)
                asked = watch.execute("SELECT pg_xact_status(%s::xid8)", found).fetchone()
                return asked == ("aborted",)
        return False

    def judge(self, answers: dict[str, Counter[str]]) -> None:
        """Wait until all is read; compare log and tables with the undisturbed days; forget them."""
        (self._folder / "answers.json").write_text(json.dumps(answers))
        self._scene("judge", str(self._folder))

    def clients(self, seed: int, *, pause_s: float = 0.0) -> "Clients":
        """Return the clients that tell the scene's days."""
        told = json.loads((self._folder / "events.json").read_text())
        address = f"http://127.0.0.1:{self._port}/api/v1/events"
        return Clients(address, told["tokens"], told["events"], random.Random(seed), pause_s)

    def _child(self, name: str) -> Child:
        return next(one for one in self._supervisor.children if one.program.name == name)

    def _lay(self, days: int) -> None:
        """Make the scene while the cluster need not wait for disks; it is whole once stopped."""
        hasty = postgres.laws_cluster(self._checkout, durable=False)
        hasty.stop()  # one that an interrupted run left
        hasty.start()
        templates.copy(self._checkout, self._servers, hasty, DATABASE)
        self._scene("lay", str(self._folder), str(days))
        hasty.stop()

    def _start(self) -> None:
        web = programs.web(self._checkout, self._env, port=self._port)
        served = {"cityhub.asgi:application": "tests.integration.laws.dying:application"}
        command = tuple(served.get(word, word) for word in web.command)
        worker = programs.worker(self._checkout, {**self._env, "PGAPPNAME": "laws-worker"})
        wanted = [
            Program("web", command, web.env),
            worker,
            programs.beat(self._checkout, self._env, name="laws-beat"),
        ]
        self._supervisor.children = [
            Child(one, self._checkout.log / f"laws-{one.name}.log", self._checkout.root)
            for one in wanted
        ]
        self._tender.start()
        assert wait_for(self._answers, timeout_s=START_S, pause_s=0.2), "the web does not answer"

    def _tend(self) -> None:
        while not self._closing.wait(0.1):
            self._supervisor.tend()

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self._port}/healthz", timeout=3).is_success
        return False

    def _scene(self, *arguments: str) -> None:
        done = subprocess.run(
            [self._checkout.python, "-m", "tests.integration.laws.scene", *arguments],
            cwd=self._checkout.root,
            env={**os.environ, **self._env},
            capture_output=True,
            text=True,
            preexec_fn=dies_with_parent,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]


class Clients:
    """Senders that post their days in batches, some at once, and repeat each until answered."""

    def __init__(
        self,
        address: str,
        tokens: list[str],
        events: list[Any],
        chance: random.Random,
        pause_s: float,
    ) -> None:
        self._address, self._tokens = address, tokens
        self._chance, self._pause_s = chance, pause_s
        self._batches = self._batched(events)
        self._all = len(self._batches)
        self._lock = threading.Lock()
        self.answers: dict[str, Counter[str]] = defaultdict(Counter)
        self.answered = 0
        self.unanswered = 0
        self.unable: Counter[int] = Counter()

    def tell(self, meanwhile: Callable[[], None]) -> None:
        """Tell everything, and do something else at the same time; return when both are done."""
        with ThreadPoolExecutor(SENDERS_AT_ONCE + 1) as pool:
            other = pool.submit(meanwhile)
            told = [pool.submit(self._tell) for _ in range(SENDERS_AT_ONCE)]
            for future in (*told, other):
                future.result()

    @property
    def share_told(self) -> float:
        """Return how much has been answered."""
        return self.answered / self._all

    def _tell(self) -> None:
        with httpx.Client(timeout=ANSWER_S) as http:
            while True:
                with self._lock:
                    if not self._batches:
                        return
                    sender, batch = self._batches.pop()
                while not self._told(http, sender, batch):
                    time.sleep(0.05)
                time.sleep(self._pause_s)

    def _told(self, http: httpx.Client, sender: int, batch: list[Any]) -> bool:
        """Post a batch; return whether its sender was answered."""
        try:
            answer = http.post(
                self._address,
                json=batch,
                headers={"Authorization": f"Bearer {self._tokens[sender]}"},
            )
        except httpx.HTTPError:
            self.unanswered += 1
            return False
        if answer.status_code != 200:
            self.unable[answer.status_code] += 1
            assert answer.status_code == 503, answer.text
            return False
        with self._lock:
            self.answered += 1
            for result in answer.json()["results"]:
                self.answers[batch[result["index"]]["event_id"]][result["status"]] += 1
        return True

    def _batched(self, events: list[Any]) -> list[tuple[int, list[Any]]]:
        found = []
        for sender in (0, 1):
            own = [body for number, body in events if number == sender]
            own += self._chance.sample(own, len(own) // 10)
            self._chance.shuffle(own)
            while own:
                size = self._chance.choice([1, 1, 5, 20])
                found.append((sender, own[:size]))
                own = own[size:]
        self._chance.shuffle(found)
        return found
