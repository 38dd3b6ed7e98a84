"""`test`: the whole set-up, then every test."""

import contextlib
import json
import os
import subprocess
import time
from collections import Counter
from pathlib import Path

from launcher import packages, postgres, programs, say, servers, setup, templates
from launcher.checkout import Checkout
from launcher.processes import dies_with_parent, exclusive
from launcher.redis import Redis

TEST_DATABASE = "test_cityhub"  # the name that Django gives it
UNITS = ("tests/unit", "-q", "-m", "not law and not slow", "-p", "no:logging")
LAWS = "tests/integration/laws"
BESIDE = (
    f"{LAWS}/test_faults_by_seed.py", f"{LAWS}/test_arrival.py", "tests/architecture", "tests/unit",
    "tests/api", "tests/integration/roads", "tests/integration/routing",
    "tests/integration/simulation",
)  # fmt: skip
"""What runs beside the rest: about half of the time. It has servers of its own, since readers of
a log wait for every transaction of their server."""
COUNTED = ("failed", "passed", "skipped", "xfailed", "xpassed", "error")


def test(checkout: Checkout, arguments: list[str]) -> int:
    """Run pytest over everything, or over what the arguments name; return its exit code.

    The unit tests run first and by themselves, where Django is not even importable by accident;
    then all run in two processes beside each other, and the closing line counts all. `--long`
    adds the slow tests and lets the property tests try more.
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
        contextlib.ExitStack() as more,
    ):
        env = {
            **os.environ,
            **programs.environment(checkout, given.environment()),
            "CITYHUB_CHROMIUM": packages.browser() or "",
            "CITYHUB_TEST_LONG": "1" if long else "",
        }
        prepared = _prepare(checkout, given)
        kept = [] if long else ["-m", "not slow"]
        if chosen:
            say.step("the tests that were asked for")
            return _pytest(checkout, env, [*prepared, *kept, *chosen])
        units = _units(checkout, env)
        if given.cluster is None or given.redis is None:  # we were given room for one process
            say.step("all tests")
            return _pytest(checkout, env, [*prepared, *kept]) or units
        beside = servers.choose(
            postgres.beside_cluster(checkout), Redis(checkout, "beside-redis"), database="cityhub"
        )
        more.enter_context(servers.running(checkout, beside, database="cityhub"))
        _prepare(checkout, beside)
        second = {**env, **programs.environment(checkout, beside.environment())}
        return _all(checkout, env, second, [*prepared, *kept]) or units


def _all(
    checkout: Checkout, env: dict[str, str], second: dict[str, str], arguments: list[str]
) -> int:
    """Run every test in two processes; return the exit code of the first that is not 0."""
    say.step("all tests, half of them beside the others")
    began = time.monotonic()
    log = checkout.log / "tests-beside.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    ignored = [f"--ignore={path}" for path in BESIDE]
    with log.open("wb") as out:
        beside = subprocess.Popen(
            _command(checkout, [*arguments, *BESIDE]),
            cwd=checkout.root,
            env=_counting(checkout, second, "beside"),
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=dies_with_parent,
        )
        rest = _pytest(checkout, _counting(checkout, env, "rest"), [*arguments, *ignored, "tests"])
        other = beside.wait()
    print(log.read_text(errors="replace"), flush=True)
    print(_closing_line(checkout, time.monotonic() - began), flush=True)
    return rest or other


def _counting(checkout: Checkout, env: dict[str, str], name: str) -> dict[str, str]:
    """Return the environment in which pytest writes down how many tests did what."""
    path = _counts(checkout, name)
    path.unlink(missing_ok=True)
    return {**env, "CITYHUB_TEST_COUNTS": str(path)}


def _counts(checkout: Checkout, name: str) -> Path:
    return checkout.run / f"tests-{name}.json"


def _closing_line(checkout: Checkout, seconds: float) -> str:
    """Return what all tests came to, as pytest says it."""
    found: Counter[str] = Counter()
    for name in ("rest", "beside"):
        path = _counts(checkout, name)
        if path.exists():
            found.update(json.loads(path.read_text()))
        else:
            found["error"] += 1  # it did not come to its end
    told = ", ".join(f"{found[word]} {word}" for word in COUNTED if found[word])
    return f"==== {told} in {seconds:.2f}s ===="


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
        _command(checkout, arguments),
        cwd=checkout.root,
        env=env,
        preexec_fn=dies_with_parent,
    ).returncode


def _command(checkout: Checkout, arguments: list[str]) -> list[str]:
    return [str(checkout.python), "-m", "pytest", *arguments]
