"""Where things of this checkout live, and nothing of another checkout's."""

import hashlib
import os
import socket
import zlib
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_PATH = 107  # sizeof(sockaddr_un.sun_path) - 1 on Linux


@dataclass(frozen=True)
class Checkout:
    """A working copy; `var` holds all that is made at run time."""

    root: Path
    var: Path

    @classmethod
    def here(cls) -> "Checkout":
        """Return the checkout that this launcher belongs to (CITYHUB_VAR moves `var`)."""
        root = Path(__file__).resolve().parent.parent
        var = Path(os.environ.get("CITYHUB_VAR") or root / "var").absolute()
        return cls(root=root, var=var)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def mark(self) -> str:
        """A short name that is this checkout's alone: hash of user and place."""
        return hashlib.sha256(f"{os.getuid()}:{self.var}".encode()).hexdigest()[:10]

    def make_folders(self) -> None:
        """Make `var/run` and `var/log`; only their owner may look into `run`."""
        self.log.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(parents=True, exist_ok=True)
        (self.var / "static").mkdir(exist_ok=True)
        self.run.chmod(0o711)

    def socket_folder(self, name: str, *, longest_name: str) -> Path:
        """Return where the sockets of `name` go: under var, else a short folder under /tmp.

        `longest_name` is the longest file name of a socket in it; the path of a unix socket
        may have 107 bytes and no more.
        """
        wanted = self.run / name
        if len(os.fsencode(wanted / longest_name)) <= LONGEST_SOCKET_PATH:
            return wanted
        return Path("/tmp") / f"cityhub-{self.mark}-{name}"


def port_is_free(port: int) -> bool:
    """Return whether somebody could listen on this TCP port of the loopback interface now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def first_port(place: Path, base: int) -> int:
    """Return where the search for a port begins: another number for each checkout."""
    return base + zlib.crc32(os.fsencode(place)) % 900


def web_port(checkout: Checkout, *, name: str = "web", base: int = 8000) -> int:
    """Return the TCP port of this checkout's `name`: chosen once, kept in var/run/NAME.port.

    A port that somebody else took meanwhile is given up for another.
    """
    kept = checkout.run / f"{name}.port"
    try:
        port = int(kept.read_text())
        if port_is_free(port):
            return port
    except (OSError, ValueError):
        pass
    start = first_port(checkout.var, base)
    port = next(p for p in range(start, start + 1000) if port_is_free(p))
    write_whole(kept, str(port))
    return port


def write_whole(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
