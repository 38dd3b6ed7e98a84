"""The steps from a bare machine to a working house; each is skipped when it is done already."""

from launcher import environment, frontend, packages, postgres, say, servers
from launcher.checkout import Checkout
from launcher.processes import exclusive
from launcher.redis import Redis


def ensure(checkout: Checkout, *, chromium: bool = False, given: servers.Servers) -> None:
    """Do every step that is not done yet: packages, environment, front end.

    What `given` says is somebody else's is not asked of this machine.
    """
    with exclusive(checkout.run / "setup.lock", waiting="another ./hub sets this checkout up"):
        packages.ensure(
            checkout,
            database=given.cluster is not None,
            broker=given.redis is not None,
            chromium=chromium,
        )
        environment.ensure(checkout)
        frontend.ensure(checkout)


def main_servers(checkout: Checkout) -> servers.Servers:
    """Return the servers of `up`, `manage` and `city`."""
    return servers.choose(postgres.main_cluster(checkout), Redis(checkout))


def command(checkout: Checkout, arguments: list[str]) -> int:
    """Do the set-up alone, start nothing."""
    if arguments:
        raise say.Trouble("setup takes no arguments", "./hub setup")
    ensure(checkout, given=main_servers(checkout))
    say.step("set up: packages, .venv and front end are there")
    return 0
