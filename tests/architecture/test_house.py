"""The house keeps its shape: files, style, types, migrations, the speed of unit tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from launcher.testing import UNITS
from tests.architecture.test_arrows import FLOOR_OF

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

# The same names in every app; a name of its own is for a pure or a low module with one concept.
FLOOR_FILES = {"api", "admin", "tasks", "management", "services", "selectors", "models", "rules"}
LONGEST_MODULE = 400  # lines; about 300 is the aim


def run(*command: str) -> str:
    """Run a tool of the environment; return what it complains about ('' when all is well)."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[-4000:]


def test_style_is_kept_and_no_module_reads_a_clock_of_its_own():
    assert run("ruff", "check", "--no-cache", ".") == ""


def test_pure_modules_are_typed_strictly():
    assert run("mypy") == ""


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", "--check", "--dry-run", verbosity=1)


@pytest.mark.parametrize("app", sorted(FLOOR_OF))
def test_an_app_has_its_urls_and_its_floors_under_the_common_names(app):
    folder = ROOT / app
    assert (folder / "apps.py").exists()
    if app != "foundation":
        assert (folder / "urls.py").exists()
    for wrong in ("views.py", "serializers.py", "helpers.py", "utils.py", "signals.py"):
        if app in ("portal", "foundation") and wrong == "views.py":
            continue  # pages for people; health and metrics, which are no API
        assert not (folder / wrong).exists(), f"{app}/{wrong}: see FLOOR_FILES"


def test_modules_stay_short():
    long = {
        str(path.relative_to(ROOT)): lines
        for app in ("kernel", "simulation", "launcher", *FLOOR_OF)
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text().splitlines())) > LONGEST_MODULE
    }
    assert long == {}


def test_models_override_no_save():
    wrong = [
        str(path.relative_to(ROOT))
        for app in FLOOR_OF
        for path in [*(ROOT / app).glob("models.py"), *(ROOT / app).glob("models/*.py")]
        if "def save(" in path.read_text()
    ]
    assert wrong == []


def test_unit_tests_never_load_django_and_cost_little_more_than_to_load_them():
    """Both are measured in one run, as CPU time: neither a busy nor a slow machine tells on it.
    Neighbours on the same caches do, for a while: what is too much is measured once more."""
    loaded, spent = _units("--collect-only"), _units()
    if spent >= 2.5 * loaded:
        loaded, spent = _units("--collect-only"), _units()
    assert spent < 2.5 * loaded, f"{spent:.1f} s of CPU, {loaded:.1f} s of it for loading them"


def _units(*arguments):
    """Return the CPU seconds of the unit tests by themselves, which succeed."""
    before = os.times()
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": ""}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *UNITS, *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    after = os.times()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return (
        after.children_user
        - before.children_user
        + (after.children_system - before.children_system)
    )
