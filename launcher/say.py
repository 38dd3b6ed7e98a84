"""How the launcher talks: one line per step, on stderr, so that stdout belongs to results."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


class Trouble(Exception):
    """Something is missing that we cannot mend ourselves.

    `problem` says what, in one sentence; `mend` is the exact command (or advice) that mends it.
    """

    def __init__(self, problem: str, mend: str, *, log: Path | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend
        self.log = log


def step(text: str) -> None:
    """Print one line that says what happens now."""
    print(f"hub: {text}", file=sys.stderr, flush=True)


def progress(text: str) -> None:
    """Print a line of progress within a step; on a terminal it replaces the one before."""
    if sys.stderr.isatty():
        print(f"\r\033[K     {text[:100]}", end="", file=sys.stderr, flush=True)
    else:
        print(f"     {text}", file=sys.stderr, flush=True)


def progress_done() -> None:
    """End a row of progress lines."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def trouble(error: Trouble) -> None:
    """Print what is missing, the end of the log if there is one, and the command that mends it."""
    progress_done()
    if error.log is not None and error.log.exists():
        for line in error.log.read_text(errors="replace").splitlines()[-15:]:
            print(f"     {line}", file=sys.stderr)
        print(f"     (whole log: {error.log})", file=sys.stderr)
    print(f"hub: {error.problem}", file=sys.stderr)
    print(f"hub: mend it with:  {error.mend}", file=sys.stderr, flush=True)


def command_line(command: Sequence[str | Path]) -> str:
    """Return the command as one would type it."""
    return shlex.join(str(part) for part in command)
