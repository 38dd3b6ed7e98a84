"""Stamps: a step is done when its stamp holds the hash of what it was done from.

A stamp is written last, so a step that was interrupted has none and is done again.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from launcher.checkout import write_whole


def digest(paths: Iterable[Path], *extra: str) -> str:
    """Return one hash over names and contents of the files (folders: all files in them)."""
    total = hashlib.sha256("\0".join(extra).encode())
    for path in sorted(_files(paths)):
        total.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from (p for p in path.rglob("*") if p.is_file())
        elif path.is_file():
            yield path


def holds(stamp: Path, value: str) -> bool:
    """Return whether the step of this stamp was done from exactly this."""
    try:
        return stamp.read_text() == value
    except OSError:
        return False


def put(stamp: Path, value: str) -> None:
    """Write the stamp, whole or not at all."""
    write_whole(stamp, value)
