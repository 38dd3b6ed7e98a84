"""`test`: the whole set-up, then every test."""

import os
import subprocess
import time

from launcher import packages, postgres, programs, say, servers, setup, templates
from launcher.checkout import Checkout
from launcher.processes import dies_with_parent, exclusive
from launcher.redis import Redis

TEST_DATABASE = "test_cityhub"  # the name that Django gives it
UNITS = ("tests/unit", "-q", "-m", "not law and not slow")


def test(checkout: Checkout, arguments: list[str]) -> int:
    """Run pytest over everything, or over what the arguments name; return its exit code.

    The unit tests run first and by themselves, where Django is not even importable by accident;
    then one pytest runs all, so that its closing line counts all. `--long` adds the slow tests
    and lets the property tests try more.
    """
    long = "--long" in arguments
    chosen = [argument for argument in arguments if argument != "--long"]
    given = servers.choose(
        postgres.test_cluster(checkout), Redis(checkout, "test-redis"), database="cityhub"
    )
    setup.ensure(checkout, chromium=True, given=given)
    waiting = "another ./hub test runs in this checkout; waiting for it"
    with (
        exclusive(checkout.run / "test.lock", waiting=waiting),
        servers.running(checkout, given, database="cityhub"),
    ):
        env = {
            **os.environ,
            **programs.environment(checkout, given.environment()),
            "CITYHUB_CHROMIUM": packages.browser() or "",
            "CITYHUB_TEST_LONG": "1" if long else "",
        }
        prepared = _prepare(checkout, given)
        units = 0 if chosen else _units(checkout, env)
        say.step("all tests" if not chosen else "the tests that were asked for")
        rest = _pytest(checkout, env, [*prepared, *([] if long else ["-m", "not slow"]), *chosen])
    return rest or units


def _prepare(checkout: Checkout, given: servers.Servers) -> list[str]:
    """Make the tests' database anew from the template; return what pytest has to know of it.

    A database that we are given is pytest-django's to make: it migrates one of its own.
    """
    if given.cluster is None:
        return ["--create-db"]
    templates.copy(checkout, given, given.cluster, TEST_DATABASE)
    return ["--reuse-db"]


def _units(checkout: Checkout, env: dict[str, str]) -> int:
    say.step("unit tests, without Django")
    began = time.monotonic()
    plain = {**env, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # plugins take longer than the tests
    code = _pytest(checkout, plain, list(UNITS))
    say.step(f"unit tests took {time.monotonic() - began:.1f} s")
    return code


def _pytest(checkout: Checkout, env: dict[str, str], arguments: list[str]) -> int:
    return subprocess.run(
        [checkout.python, "-m", "pytest", *arguments],
        cwd=checkout.root,
        env=env,
        preexec_fn=dies_with_parent,
    ).returncode
