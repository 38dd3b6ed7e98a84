"""Calls of manage.py."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from launcher import programs, say
from launcher.checkout import Checkout
from launcher.processes import dies_with_parent
from launcher.servers import Servers


def call(
    checkout: Checkout,
    servers: Servers,
    arguments: Sequence[str],
    *,
    check: bool = False,
    quiet: bool = False,
    on_stderr: bool = False,
    extra: Mapping[str, str] | None = None,
) -> int:
    """Run `manage.py …` and return its exit code; with `check` a failure raises `Trouble`.

    Its stdout goes to ours, to nowhere (`quiet`), or to stderr, where our progress goes.
    """
    env = {**os.environ, **programs.environment(checkout, servers.environment()), **(extra or {})}
    done = subprocess.run(
        [checkout.python, "manage.py", *arguments],
        cwd=checkout.root,
        env=env,
        stdout=subprocess.DEVNULL if quiet else 2 if on_stderr else None,
        preexec_fn=dies_with_parent,
    )
    if check and done.returncode != 0:
        command = say.command_line(["./hub", "manage", *arguments])
        raise say.Trouble(
            f"`manage {arguments[0]}` failed with exit code {done.returncode}", command
        )
    return done.returncode


def migrate(checkout: Checkout, servers: Servers) -> None:
    """Bring the database to the newest migration."""
    call(checkout, servers, ["migrate", "--noinput", "--verbosity=1"], check=True, quiet=True)
