"""The commands of `./hub`; each function is one, and its docstring is its help."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

from launcher import demo, say, setup, testing, tools, upward
from launcher.checkout import Checkout

Command = Callable[[Checkout, list[str]], int]

COMMANDS: dict[str, tuple[Command, str]] = {
    "demo": (demo.demo, "set up, simulate a working day through the API, serve the portal"),
    "test": (testing.test, "set up and run every test: test [--long] [pytest's arguments]"),
    "up": (upward.up, "start database, Redis, web, worker and beat: up [--port N]"),
    "down": (upward.down, "stop what `up` started"),
    "status": (upward.status, "show what runs, where, since when, and whether it is well"),
    "logs": (tools.logs, "show the logs: logs [-f] [-n LINES] [NAME]"),
    "manage": (tools.manage, "run Django's manage.py with its environment: manage [--demo] …"),
    "city": (tools.city, "city load PATH: load a city pack"),
    "bench": (tools.bench, "run a benchmark: bench [NAME [ARGUMENTS]]; without a name, list them"),
    "reset": (tools.reset, "stop everything and delete the data: reset [--all] [--yes]"),
    "setup": (setup.command, "do the set-up alone, start nothing"),
}


def usage() -> str:
    """Return what `./hub` says without a command."""
    lines = ["usage: ./hub COMMAND …", ""]
    lines += [f"  {name:<8} {text}" for name, (_, text) in COMMANDS.items()]
    lines += ["", "DATABASE_URL and REDIS_URL are honoured: then nothing is started for them."]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code (130 when interrupted)."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"hub: there is no command {name!r}\n\n{usage()}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    checkout = Checkout.here()
    os.environ["PWD"] = os.getcwd()  # where we were called: paths on the command line start there
    os.chdir(checkout.root)
    try:
        checkout.make_folders()
        return COMMANDS[name][0](checkout, rest)
    except say.Trouble as error:
        say.trouble(error)
        return 1
    except PermissionError as error:
        say.trouble(
            say.Trouble(
                f"{error.filename} belongs to another user (was ./hub called as root before?)",
                f"sudo chown -R {os.getuid()}:{os.getgid()} {checkout.root}",
            )
        )
        return 1
    except KeyboardInterrupt:
        say.progress_done()
        say.step(f"interrupted; ./hub {name} carries on from here")
        return 130
    except BrokenPipeError:
        return 141


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def parser(name: str, **options: object) -> argparse.ArgumentParser:
    """Return a parser whose help names the command as people call it."""
    return argparse.ArgumentParser(prog=f"./hub {name}", **options)  # type: ignore[arg-type]
