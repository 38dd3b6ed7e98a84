"""A private Redis on a unix socket; it listens on no network."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from launcher import say, users
from launcher.checkout import Checkout
from launcher.processes import Process, exclusive, stop, this_process, wait_for

SETTINGS = """
# Written by ./hub at every start. A broker and a bell for live pages: nothing is true because
# Redis says so, therefore nothing is saved.
port 0
save ""
appendonly no
unixsocketperm 700
daemonize no
"""


def program() -> str | None:
    """Return the Redis server of this machine (or Valkey, its free successor), if any."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


@dataclass(frozen=True)
class Redis:
    """One private Redis of a checkout."""

    checkout: Checkout
    name: str = "redis"

    @property
    def sockets(self) -> Path:
        return self.checkout.socket_folder(self.name, longest_name="redis.sock")

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def log(self) -> Path:
        return self.checkout.log / f"{self.name}.log"

    def url(self, database: int = 0) -> str:
        """Return the REDIS_URL of one of its numbered databases."""
        return f"unix://{self.socket}?db={database}"

    def process(self) -> Process | None:
        """Return the running server of this socket; None when there is none.

        Found by its command line, so that one whose starter was killed at once is found too.
        """
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            words = line.replace("\0", " ").split(" ", 1)
            if words[0].endswith(("redis-server", "valkey-server")) and (
                str(self.sockets) in words[-1]
            ):
                return this_process(int(entry.name))
        return None

    def start(self) -> None:
        """Start the server if it does not run; wait until it answers."""
        with exclusive(self.checkout.run / f"{self.name}.lock", waiting=f"{self.name}: waiting"):
            if self.process() is None:
                self._launch()

    def stop(self) -> None:
        """Stop the server."""
        process = self.process()
        if process is not None:
            stop(process, signal.SIGTERM)

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _launch(self) -> None:
        server = program()
        if server is None:
            raise say.Trouble("Redis is missing", "./hub up")
        users.us().own(self.sockets)
        self.socket.unlink(missing_ok=True)
        settings = self.sockets / "redis.conf"
        settings.write_text(f'{SETTINGS}\nunixsocket "{self.socket}"\ndir "{self.sockets}"\n')
        say.step(f"{self.name}: starting Redis (socket {self.socket})")
        with self.log.open("a") as log:
            child = subprocess.Popen(
                [server, str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        if not wait_for(lambda: self.socket.exists() or child.poll() is not None, timeout_s=20):
            raise say.Trouble("Redis does not get ready", "./hub logs redis", log=self.log)
        if child.poll() is not None:
            raise say.Trouble("Redis ended at once", "./hub logs redis", log=self.log)
