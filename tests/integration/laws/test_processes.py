"""Faults with real processes: what was acknowledged is there, nothing is doubled, and the
projections catch up with the undisturbed days, whatever was killed meanwhile."""

import os
import random
import signal
import time
from functools import partial

import pytest

from launcher import postgres, redis
from launcher.processes import wait_for
from tests.integration.laws.town import Town

KILLS = 50 if os.environ.get("CITYHUB_TEST_LONG") else 5

pytestmark = pytest.mark.skipif(
    postgres.programs() is None or redis.program() is None,
    reason="needs a PostgreSQL and a Redis of its own, which it may stop",
)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Database, Redis, web, worker and beat under a supervisor, and two days to be told."""
    with Town(tmp_path_factory.mktemp("laws")).open(days=2) as opened:
        yield opened


def test_workers_killed_in_mid_batch_lose_and_double_nothing(town):
    """Their batch was under way: PostgreSQL says that its transaction came to nothing."""
    lost = []

    def kill():
        while len(lost) < KILLS and clients.share_told < 1:
            whole = len(lost) % 5 == 4
            if town.kill_in_mid_batch(partial(town.kill, "worker") if whole else town.kill_pool):
                lost.append(clients.share_told)

    for number in range(KILLS):
        clients = town.clients(number, pause_s=0.8)
        clients.tell(kill)
        town.judge(clients.answers)
        if len(lost) == KILLS:
            break
    assert len(lost) == KILLS


def test_the_database_restarted_under_load_loses_and_doubles_nothing(town):
    """Stopped in order, in haste, and killed."""
    clients = town.clients(100, pause_s=0.1)

    def restart():
        for share, number in ((0.1, signal.SIGINT), (0.4, signal.SIGQUIT), (0.7, signal.SIGKILL)):
            wait_for(lambda share=share: clients.share_told >= share, timeout_s=120)
            server = town.cluster.process()
            server.signal(number)
            wait_for(lambda server=server: not server.alive(), timeout_s=60)
            town.cluster.start()

    clients.tell(restart)
    assert clients.unanswered + clients.unable.total() >= 3
    town.judge(clients.answers)


def test_redis_stopped_and_started_again_holds_up_work_and_loses_none(town):
    clients = town.clients(200, pause_s=0.1)

    def without():
        wait_for(lambda: clients.share_told >= 0.2, timeout_s=120)
        town.redis.stop()
        wait_for(lambda: clients.share_told >= 0.7, timeout_s=120)
        town.redis.start()

    clients.tell(without)
    assert (clients.unanswered, clients.unable.total()) == (0, 0)  # the door needs no Redis
    town.judge(clients.answers)


def test_a_web_server_killed_at_any_time_or_between_commit_and_answer(town):
    clients = town.clients(300, pause_s=0.1)
    chance = random.Random(300)
    died = []

    def kill():
        for share in (0.2, 0.4, 0.6):
            wait_for(lambda share=share: clients.share_told >= share, timeout_s=120)
            town.dying.touch()  # the next batch commits, and its sender never hears of it
            died.append(wait_for(lambda: not town.dying.exists(), timeout_s=60))
            time.sleep(chance.random())
            town.kill("web")

    clients.tell(kill)
    assert died == [True] * 3
    assert clients.unanswered >= 3
    town.judge(clients.answers)
