"""Faults with real processes: what was acknowledged is there, nothing is doubled, and the
projections catch up with the undisturbed days, whatever was killed meanwhile."""

import os
import random
import signal
import time

import pytest

from launcher.processes import wait_for
from tests.integration.laws.town import Town

LONG = bool(os.environ.get("CITYHUB_TEST_LONG"))
KILLS = 50 if LONG else 5

pytestmark = pytest.mark.skipif(
    bool(os.environ.get("CITYHUB_GIVEN_SERVERS")), reason="needs servers that it may stop"
)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Database, Redis, web, worker and beat under a supervisor, and four days to be told."""
    with Town(tmp_path_factory.mktemp("laws")).open(days=4) as opened:
        yield opened


def test_a_worker_killed_in_mid_batch_loses_and_doubles_nothing(town):
    clients = town.clients(1, pause_s=0.1)
    killed = []

    def kill():
        while len(killed) < KILLS:
            if not wait_for(town.in_mid_batch, timeout_s=60, pause_s=0.01):
                return
            town.kill("worker")
            killed.append(time.monotonic())

    clients.tell(meanwhile=kill)
    assert len(killed) == KILLS
    town.judge(clients.answers)


def test_the_database_restarted_under_load_loses_and_doubles_nothing(town):
    clients = town.clients(2, pause_s=0.05)

    def restart():
        for share, number in ((0.2, signal.SIGINT), (0.5, signal.SIGQUIT), (0.7, signal.SIGKILL)):
            wait_for(lambda share=share: clients.share_told >= share, timeout_s=120)
            server = town.cluster.process()
            server.signal(number)
            wait_for(lambda server=server: not server.alive(), timeout_s=60)
            time.sleep(0.5)
            town.cluster.start()

    clients.tell(meanwhile=restart)
    assert clients.unanswered + clients.refused.total() >= 1
    town.judge(clients.answers)


def test_redis_stopped_and_started_again_holds_up_work_and_loses_none(town):
    clients = town.clients(3, pause_s=0.05)

    def without():
        wait_for(lambda: clients.share_told >= 0.2, timeout_s=120)
        town.redis.stop()
        wait_for(lambda: clients.share_told >= 0.6, timeout_s=120)
        town.redis.start()

    clients.tell(meanwhile=without)
    assert clients.refused.total() == 0  # the door needs no Redis
    town.judge(clients.answers)


def test_a_web_server_killed_at_any_time_or_between_commit_and_answer(town):
    clients = town.clients(4, pause_s=0.05)
    chance = random.Random(4)
    armed = []

    def kill():
        for number in range(1, 4):
            wait_for(lambda n=number: clients.share_told >= n * 0.2, timeout_s=120)
            town.dying.touch()  # the next batch commits, and its sender never hears of it
            armed.append(wait_for(lambda: not town.dying.exists(), timeout_s=60))
            time.sleep(chance.random())
            town.kill("web")

    clients.tell(meanwhile=kill)
    assert armed == [True] * 3
    assert clients.unanswered >= 3
    town.judge(clients.answers)
