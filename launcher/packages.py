"""What the distribution has to give: PostGIS, Redis, Pango, a browser for the tests, venv for
Python."""

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from launcher import postgres, redis, say
from launcher.checkout import Checkout
from launcher.processes import exclusive, run_logged

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
"""What WeasyPrint loads to set text; with Pango come GLib, Fontconfig and HarfBuzz."""
APT = ("apt-get", "-y", "-o", "DPkg::Lock::Timeout=300")


@dataclass(frozen=True)
class Need:
    """Something that has to be on the machine, and the packages that bring it."""

    what: str
    packages: tuple[str, ...]


def browser() -> str | None:
    """Return the Chromium of this machine, if any."""
    return os.environ.get("CITYHUB_CHROMIUM") or next(
        filter(None, map(shutil.which, BROWSERS)), None
    )


def loads(library: str) -> bool:
    """Return whether the dynamic linker finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def newest_postgis(search: str) -> str:
    """Return the major version of the newest PostgreSQL that has PostGIS 3.

    `search` is the output of `apt-cache search`; without a match the version of Debian 12.
    """
    found = re.findall(r"^postgresql-(\d+)-postgis-3 ", search, re.MULTILINE)
    return max(found, key=int, default="15")


def _postgis_packages() -> tuple[str, ...]:
    searched = ""
    if shutil.which("apt-cache"):
        searched = subprocess.run(
            ["apt-cache", "search", "--names-only", "^postgresql-[0-9]+-postgis-3$"],
            capture_output=True,
            text=True,
        ).stdout
    version = newest_postgis(searched)
    names = (f"postgresql-{version}", f"postgresql-{version}-postgis-3")
    return (*names, f"postgresql-{version}-postgis-3-scripts")


def missing(*, database: bool, broker: bool, chromium: bool) -> list[Need]:
    """Return what is asked for and not there."""
    needs = []
    if database and postgres.programs() is None:
        needs.append(Need("PostgreSQL with PostGIS", _postgis_packages()))
    if broker and redis.program() is None:
        needs.append(Need("Redis", ("redis-server",)))
    if not all(map(loads, PANGO)):
        names = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
        needs.append(Need("Pango (for printed evidence)", names))
    if chromium and browser() is None:
        needs.append(Need("Chromium (for browser tests)", ("chromium",)))
    return needs


def ensure(
    checkout: Checkout, *, database: bool = True, broker: bool = True, chromium: bool = False
) -> None:
    """Install what is missing (as root), else say which packages to install."""
    wanted = {"database": database, "broker": broker, "chromium": chromium}
    needs = missing(**wanted)
    if not needs:
        return
    what = ", ".join(need.what for need in needs)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        names = [name for need in needs for name in need.packages]
        if shutil.which("apt-get") is None:
            raise say.Trouble(f"missing: {what}", "install these with your package manager")
        install = "apt-get install -y --no-install-recommends " + " ".join(names)
        command = install if os.geteuid() == 0 else f"sudo apt-get update && sudo {install}"
        raise say.Trouble(f"missing: {what}", command)
    say.step(f"installing from the distribution: {what}")
    _install(checkout, wanted)
    still = missing(**wanted)
    if still:
        packages = " ".join(name for need in still for name in need.packages)
        raise say.Trouble(
            f"still missing: {', '.join(need.what for need in still)}",
            f"apt-get install -y --no-install-recommends {packages}",
        )


def _install(checkout: Checkout, wanted: dict[str, bool]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    log = checkout.log / "packages.log"
    with exclusive(Path("/run/lock/cityhub-apt"), waiting="another checkout installs packages"):
        if shutil.which("dpkg"):  # what an interruption left half installed
            subprocess.run(["dpkg", "--configure", "-a"], env=env, capture_output=True)
        run_logged(
            [*APT, "update"], log=log, env=env, problem="apt-get update failed", watch=_apt_line
        )
        names = [name for need in missing(**wanted) for name in need.packages]
        if names:
            run_logged(
                [*APT, "install", "--no-install-recommends", *names],
                log=log,
                env=env,
                problem=f"could not install {' '.join(names)}",
                watch=_apt_line,
            )


def _apt_line(line: str) -> str | None:
    return line if line.startswith(("Get:", "Unpacking", "Setting up")) else None


def ensure_venv_module(checkout: Checkout) -> None:
    """Make sure that this Python can make virtual environments (Debian parts that off)."""
    if importlib.util.find_spec("ensurepip") is not None:
        return
    name = "python3.12-venv"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise say.Trouble(
            "this Python cannot make virtual environments", f"sudo apt-get install -y {name}"
        )
    say.step(f"installing {name} from the distribution")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for verb in (("update",), ("install", "--no-install-recommends", name)):
        log = checkout.log / "packages.log"
        run_logged([*APT, *verb], log=log, env=env, problem=f"could not install {name}")
