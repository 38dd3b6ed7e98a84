"""`manage`, `city load`, `bench`, `logs`, `reset`."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher import demo, django, postgres, say, servers, setup, supervisor
from launcher.checkout import Checkout
from launcher.processes import dies_with_parent, recall
from launcher.redis import Redis

NEED_NO_DATABASE = {
    "check", "help", "compilemessages", "makemessages", "replay_trace", "spectacular", "version",
}  # fmt: skip


def manage(checkout: Checkout, arguments: list[str]) -> int:
    """Run manage.py, with `--demo` in the demo's database; database and Redis run meanwhile."""
    of_demo = arguments[:1] == ["--demo"]
    arguments = arguments[of_demo:]
    chosen = demo.its_servers(checkout) if of_demo else setup.main_servers(checkout)
    setup.ensure(checkout, given=chosen)
    if not arguments or arguments[0] in NEED_NO_DATABASE:
        return django.call(checkout, chosen, arguments or ["help"])
    with servers.running(checkout, chosen, database=None if of_demo else "cityhub"):
        if chosen.cluster and of_demo and not chosen.cluster.has_database(demo.DATABASE):
            raise say.Trouble("there is no demo yet", "./hub demo")
        if chosen.cluster and not of_demo and recall(demo.pid_file(checkout)):
            say.step("the demo beside has a database of its own: ./hub manage --demo …")
        return django.call(checkout, chosen, arguments)


def city(checkout: Checkout, arguments: list[str]) -> int:
    """`city load PATH`: migrate and load a city pack."""
    parser = argparse.ArgumentParser(prog="./hub city")
    parser.add_argument("verb", choices=["load"])
    parser.add_argument("path", type=Path, help="folder of the city pack (with city.toml)")
    wanted, options = parser.parse_known_args(arguments)
    caller = Path(os.environ.get("PWD") or checkout.root)
    path = wanted.path if wanted.path.is_absolute() else caller / wanted.path
    if not (path / "city.toml").is_file():
        raise say.Trouble(f"no city pack in {path}: it has no city.toml", "./hub city load PATH")
    chosen = setup.main_servers(checkout)
    setup.ensure(checkout, given=chosen)
    with servers.running(checkout, chosen, database="cityhub"):
        say.step("migrating the database")
        django.migrate(checkout, chosen)
        say.step(f"loading the city pack {path}")
        return django.call(checkout, chosen, ["city_load", str(path), *options])


def benchmarks(checkout: Checkout) -> dict[str, Path]:
    """Return the benchmarks there are: modules `benchmarks/NAME.py`."""
    found = sorted((checkout.root / "benchmarks").glob("*.py"))
    return {path.stem: path for path in found if not path.stem.startswith("_")}


def first_line(path: Path) -> str:
    """Return the first line of a module's docstring, without its quotes."""
    lines = path.read_text().splitlines()
    return lines[0].strip("\"'. ") if lines and lines[0].startswith('"""') else ""


def bench(checkout: Checkout, arguments: list[str]) -> int:
    """Run `benchmarks/NAME.py` in a database of its own; without a name list what there is."""
    known = benchmarks(checkout)
    if not arguments or arguments[0] not in known:
        for name, path in known.items():
            print(f"{name:<16}{first_line(path)}")
        if not known:
            print("there are no benchmarks yet (benchmarks/NAME.py)")
        if arguments:
            raise say.Trouble(f"there is no benchmark {arguments[0]!r}", "./hub bench")
        return 0
    cluster = postgres.main_cluster(checkout)
    chosen = servers.choose(cluster, Redis(checkout), database="cityhub_bench")
    setup.ensure(checkout, given=chosen)
    with servers.running(checkout, chosen, database="cityhub_bench"):
        say.step("migrating the benchmark's database")
        django.migrate(checkout, chosen)
        say.step(f"running benchmarks/{arguments[0]}.py")
        return _module(checkout, chosen.environment(), f"benchmarks.{arguments[0]}", arguments[1:])


def _module(checkout: Checkout, env: Mapping[str, str], module: str, arguments: list[str]) -> int:
    from launcher.programs import environment

    return subprocess.run(
        [checkout.python, "-m", module, *arguments],
        env={**os.environ, **environment(checkout, env)},
        cwd=checkout.root,
        preexec_fn=dies_with_parent,
    ).returncode


def log_files(checkout: Checkout) -> dict[str, Path]:
    """Return every log there is, by the name that `logs` takes."""
    found = {path.stem: path for path in sorted(checkout.log.glob("*.log"))}
    for name, cluster in (
        ("postgres", postgres.main_cluster(checkout)),
        ("test-postgres", postgres.test_cluster(checkout)),
        ("laws-postgres", postgres.laws_cluster(checkout)),
    ):
        kept = checkout.run / f"{cluster.name}.home"
        if kept.exists():
            found[name] = cluster.log
    return found


def logs(checkout: Checkout, arguments: list[str]) -> int:
    """Show the end of one log, or of all; `-f` follows."""
    parser = argparse.ArgumentParser(prog="./hub logs")
    parser.add_argument("name", nargs="?", help="one of them; default all")
    parser.add_argument("-f", "--follow", action="store_true")
    parser.add_argument("-n", "--lines", type=int, default=20)
    wanted = parser.parse_args(arguments)
    found = log_files(checkout)
    if wanted.name and wanted.name not in found:
        raise say.Trouble(
            f"there is no log {wanted.name!r}; there are: {', '.join(found) or 'none'}",
            "./hub logs",
        )
    paths = [found[wanted.name]] if wanted.name else list(found.values())
    if not paths:
        say.step("there are no logs yet")
        return 0
    follow = ["-F"] if wanted.follow else []
    return subprocess.run(["tail", "-n", str(wanted.lines), *follow, *map(str, paths)]).returncode


def reset(checkout: Checkout, arguments: list[str]) -> int:
    """Stop everything of this checkout and delete its data; `--all` also .venv and packages."""
    parser = argparse.ArgumentParser(prog="./hub reset")
    parser.add_argument("--all", action="store_true", help="also .venv, node_modules and builds")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    wanted = parser.parse_args(arguments)
    what = f"the databases and files under {checkout.var}" + (
        ", .venv, node_modules and builds" if wanted.all else ""
    )
    if not wanted.yes and sys.stdin.isatty():
        if input(f"Delete {what}? [y/N] ").strip().lower() not in ("y", "yes"):
            say.step("nothing deleted")
            return 1
    elif not wanted.yes:
        raise say.Trouble(f"this deletes {what}", "./hub reset --yes")
    supervisor.stop_running(checkout)
    postgres.main_cluster(checkout).remove()
    postgres.test_cluster(checkout).remove()
    postgres.laws_cluster(checkout).remove()
    for name in ("redis", "test-redis", "laws-redis"):
        Redis(checkout, name).remove()
    shutil.rmtree(checkout.var, ignore_errors=True)
    if wanted.all:
        _remove_builds(checkout)
    say.step(f"deleted {what}")
    return 0


def _remove_builds(checkout: Checkout) -> None:
    if checkout.venv.is_symlink():
        say.step(f"{checkout.venv} is a link: left alone")
    else:
        shutil.rmtree(checkout.venv, ignore_errors=True)
    for folder in ("frontend/node_modules", "static/dist"):
        shutil.rmtree(checkout.root / folder, ignore_errors=True)
