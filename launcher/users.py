"""Dropping from root to a user without rights: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.say import Trouble


@dataclass(frozen=True)
class User:
    """A user to run a program as."""

    name: str
    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        return self.uid == os.geteuid()

    def command(self, command: Sequence[str | Path]) -> list[str]:
        """Return the command so that it runs as this user."""
        parts = [str(part) for part in command]
        if self.is_us:
            return parts
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise Trouble("setpriv is missing", "apt-get install -y util-linux")
        return [
            setpriv,
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            "--",
            *parts,
        ]

    def reaches(self, folder: Path) -> bool:
        """Return whether this user may walk down to the folder, or its nearest that exists."""
        while not folder.exists():
            folder = folder.parent
        done = subprocess.run(
            self.command(["/bin/sh", "-c", 'cd "$1"', "sh", folder]),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        return done.returncode == 0

    def own(self, folder: Path, *, mode: int = 0o700) -> None:
        """Make the folder, if need be, give it to this user and close it to others.

        A link or a stranger's folder in our place (under /tmp anybody may make one) is refused.
        """
        folder.mkdir(parents=True, exist_ok=True)
        facts = folder.lstat()
        if folder.is_symlink() or facts.st_uid not in (os.geteuid(), self.uid):
            raise Trouble(f"{folder} belongs to somebody else", f"rm -r {folder}")
        if not self.is_us:
            os.chown(folder, self.uid, self.gid)
        folder.chmod(mode)


def us() -> User:
    """Return the user who calls."""
    return User(str(os.geteuid()), os.geteuid(), os.getegid())


def for_postgres() -> User:
    """Return the caller, or for root the first of the users `postgres` and `nobody`."""
    if os.geteuid() != 0:
        return us()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(name, entry.pw_uid, entry.pw_gid)
    raise Trouble("no user to run PostgreSQL as", "useradd --system postgres")
