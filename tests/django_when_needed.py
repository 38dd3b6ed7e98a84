"""A pytest plugin (see `addopts`): Django is set up for every test but the unit tests.

When only tests/unit is asked for, Django must not be loaded at all: rules and arithmetic are pure.
A unit test that pulls it in fails the run.
"""

import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UNIT = ROOT / "tests" / "unit"


def only_units(paths: list[str], folder: Path) -> bool:
    """Return whether every path (relative to folder, perhaps with ::name) is a unit test."""
    places = [(folder / path.split("::")[0]).resolve() for path in paths]
    return bool(places) and all(place.is_relative_to(UNIT) for place in places)


def _asked_for_units_only(config: pytest.Config) -> bool:
    asked = list(config.known_args_namespace.file_or_dir or [])
    return only_units(asked, Path(config.invocation_params.dir))


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config, parser, args):
    if _asked_for_units_only(early_config):
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cityhub.settings")
        # Looking for static files anew costs each test client 60 ms; live servers find their own.
        os.environ.setdefault("CITYHUB_STATIC", "0")
    return (yield)


def pytest_terminal_summary(terminalreporter):
    """Write down how many tests did what, for the launcher's closing line over two processes."""
    path = os.environ.get("CITYHUB_TEST_COUNTS")
    if path:
        words = ("failed", "passed", "skipped", "xfailed", "xpassed", "error")
        counts = {word: len(terminalreporter.stats.get(word, ())) for word in words}
        Path(path).write_text(json.dumps(counts))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    if _asked_for_units_only(session.config) and "django" in sys.modules:
        print("\nunit tests loaded Django: find the import with -X importtime", file=sys.stderr)  # noqa: T201
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put the browser tests last: the browser's event loop stays in this thread to the end."""
    items.sort(key=lambda item: "browser" in item.path.relative_to(ROOT).parts)
