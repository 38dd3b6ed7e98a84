"""`python -m launcher.daemon PORT`: the supervisor of `./hub up`."""

import signal
import sys
import time

from launcher import postgres, programs, say, servers
from launcher.checkout import Checkout
from launcher.processes import at_most_one, remember, this_process
from launcher.redis import Redis
from launcher.supervisor import Child, Supervisor, children_file, pid_file

SERVERS_EVERY_S = 5.0


def main(port: int) -> None:
    """Be the one supervisor of this checkout until SIGTERM."""
    checkout = Checkout.here()
    other = say.Trouble("another supervisor runs", "./hub down")
    with at_most_one(checkout.run / "supervisor.lock", other):
        remember(pid_file(checkout), this_process(), port=port)
        supervise(checkout, port)


class _Stop(Exception):
    pass


def supervise(checkout: Checkout, port: int) -> None:
    """Keep servers, web, worker and beat running until SIGTERM."""
    chosen = servers.choose(postgres.main_cluster(checkout), Redis(checkout))
    env = programs.environment(checkout, chosen.environment())
    wanted = [
        programs.web(checkout, env, port=port),
        programs.worker(checkout, env),
        programs.beat(checkout, env),
    ]
    children = [Child(p, checkout.log / f"{p.name}.log", checkout.root) for p in wanted]
    supervisor = Supervisor(children, children_file(checkout))

    def stop(*_: object) -> None:
        raise _Stop

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with servers.running(checkout, chosen, database="cityhub"):
        try:
            next_look = 0.0
            while True:
                if time.monotonic() >= next_look:
                    _servers_up(chosen)
                    next_look = time.monotonic() + SERVERS_EVERY_S
                supervisor.tend()
                time.sleep(0.5)
        except _Stop:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            say.step("stopping")
        finally:
            supervisor.stop()


def _servers_up(chosen: servers.Servers) -> None:
    """Start database and Redis again if they ended."""
    try:
        if (chosen.cluster and chosen.cluster.process() is None) or (
            chosen.redis and chosen.redis.process() is None
        ):
            chosen.ensure()
    except say.Trouble as error:
        say.trouble(error)
        time.sleep(2)


if __name__ == "__main__":
    main(int(sys.argv[1]))
