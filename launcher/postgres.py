"""A private PostgreSQL cluster with PostGIS. Servers that a distribution started are never used.

As root it runs as user `postgres` (or `nobody`). Its socket lies in a folder that only that user
and root may enter, it listens on no network, and inside everybody is trusted.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from launcher import say, users
from launcher.checkout import Checkout, write_whole
from launcher.processes import Process, exclusive, start_of, stop, this_process
from launcher.processes import wait_for as wait

SUPERUSER = "cityhub"
SOCKET_NAME = ".s.PGSQL.5432.lock"
START_TIMEOUT_S = 120  # a cluster that was killed replays its log first

COMMON_SETTINGS = """
# Written by ./hub at every start; changes here are lost.
listen_addresses = ''
unix_socket_permissions = 0777      # the folder around it is closed
max_connections = 120
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1              # solid-state disks
jit = off                           # our queries are short: compiling them costs more than it gains
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 2000
log_checkpoints = off
"""
# What was acknowledged is never lost: fsync stays on for people's data.
DURABLE_SETTINGS = "fsync = on\nsynchronous_commit = on\n"
# The cluster of the tests is thrown away: a crash may lose it, and it need not wait for disks.
THROWAWAY_SETTINGS = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


def programs() -> Path | None:
    """Return the folder with the programs of the newest PostgreSQL that has PostGIS, if any."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    on_path = shutil.which("pg_config")
    if on_path:
        asked = subprocess.run([on_path, "--bindir"], capture_output=True, text=True)
        folders.append(Path(asked.stdout.strip()))
    good = [f for f in folders if (f / "initdb").exists() and _has_postgis(f)]
    return max(good, key=_version, default=None)


def _version(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)


def _has_postgis(folder: Path) -> bool:
    share = Path("/usr/share/postgresql") / folder.parent.name
    if not share.is_dir() and (folder / "pg_config").exists():
        asked = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True)
        share = Path(asked.stdout.strip())
    return all((share / "extension" / f"{n}.control").exists() for n in ("postgis", "btree_gist"))


@dataclass(frozen=True)
class Cluster:
    """One private cluster of a checkout: its data, its socket, its settings."""

    checkout: Checkout
    name: str
    durable: bool

    @property
    def user(self) -> users.User:
        return users.for_postgres()

    @property
    def home(self) -> Path:
        """Folder of data and log: var/NAME, or /var/lib/cityhub/… where that user cannot walk.

        (As root in a checkout under /root, user postgres could not reach its own data.)
        The first answer is kept in var/run, so that a cluster does not get lost.
        """
        kept = self.checkout.run / f"{self.name}.home"
        with contextlib.suppress(OSError):
            return Path(kept.read_text())
        home = self.checkout.var / self.name
        if not self.user.reaches(self.checkout.var):
            home = Path("/var/lib/cityhub") / self.checkout.mark / self.name
            say.step(f"user {self.user.name} cannot reach {self.checkout.var}: data go to {home}")
        write_whole(kept, str(home))
        return home

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def sockets(self) -> Path:
        folder = self.checkout.socket_folder(self.name, longest_name=SOCKET_NAME)
        if self.user.reaches(folder):
            return folder
        return Path("/tmp") / f"cityhub-{self.checkout.mark}-{self.name}"

    def url(self, database: str) -> str:
        """Return the DATABASE_URL of a database in this cluster."""
        return f"postgis://{SUPERUSER}@/{database}?host={quote(str(self.sockets), safe='/')}"

    def process(self) -> Process | None:
        """Return the running server of this cluster; None when there is none."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except (OSError, ValueError, IndexError):
            return None
        return this_process(pid) if str(self.data) in words and start_of(pid) else None

    def start(self) -> None:
        """Make the cluster if there is none, start it if it does not run, wait until ready."""
        with exclusive(self.checkout.run / f"{self.name}.lock", waiting=f"{self.name}: waiting"):
            if self.process() is None:
                self._make()
                self._launch()
            self._until_ready()

    def stop(self) -> None:
        """Stop the server of this cluster (fast shutdown: transactions are rolled back)."""
        process = self.process()
        if process is not None:
            stop(process, signal.SIGINT, timeout_s=60)

    def remove(self) -> None:
        """Stop the server and remove data and sockets, if it was ever made."""
        kept = self.checkout.run / f"{self.name}.home"
        if not kept.exists():
            return
        self.stop()
        for folder in (self.home, self.sockets):
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.home.parent.rmdir()  # ours under /var/lib/cityhub; var itself is not empty
        kept.unlink()

    def sql(self, statement: str, *, database: str = "postgres") -> str:
        """Run SQL as the superuser; return rows as lines, columns parted by |."""
        psql: list[str | Path] = [
            self._program("psql"),
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self.sockets,
        ]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            self.user.command([*psql, "-U", SUPERUSER, "-d", database, "-c", statement]),
            capture_output=True,
            text=True,
            cwd="/",
        )
        if done.returncode != 0:
            raise say.Trouble(f"PostgreSQL refused: {done.stderr.strip()}", "./hub logs postgres")
        return done.stdout.strip()

    def has_database(self, database: str) -> bool:
        """Return whether there is a database of this name."""
        return bool(self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"))

    def ensure_database(self, database: str) -> None:
        """Create the database if there is none of this name."""
        if not self.has_database(database):
            self.sql(f'CREATE DATABASE "{database}"')

    def recreate_database(self, database: str, *, template: str = "template1") -> None:
        """Drop the database with whoever is in it, and create it as a copy of the template."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        self.sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def _program(self, name: str) -> Path:
        folder = programs()
        if folder is None:
            raise say.Trouble("PostgreSQL with PostGIS is missing", "./hub up")
        return folder / name

    def _make(self) -> None:
        """Make the data folder beside its place and move it there whole."""
        self.user.own(self.home)
        for leftover in self.home.glob("data.new*"):
            shutil.rmtree(leftover)
        if self.data.exists():
            return
        say.step(f"{self.name}: making a private PostgreSQL cluster in {self.data}")
        new = self.home / "data.new"
        initdb: list[str | Path] = [
            self._program("initdb"),
            "-D",
            new,
            "-U",
            SUPERUSER,
            "--auth=trust",
        ]
        self._run([*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"])
        new.rename(self.data)

    def _launch(self) -> None:
        self.user.own(self.sockets)
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # process() found none of ours
        settings = COMMON_SETTINGS + (DURABLE_SETTINGS if self.durable else THROWAWAY_SETTINGS)
        write_whole(self.data / "postgresql.conf", settings)
        say.step(f"{self.name}: starting PostgreSQL (socket in {self.sockets})")
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as log:
            subprocess.Popen(
                self.user.command([self._program("postgres"), "-D", self.data, "-k", self.sockets]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=self._environment(),
                start_new_session=True,  # Ctrl-C at the terminal is not for the database
            )

    def _until_ready(self) -> None:
        def ready() -> bool:
            asked = subprocess.run([self._program("pg_isready"), "-q", "-h", self.sockets], cwd="/")
            return asked.returncode == 0

        if not wait(ready, timeout_s=START_TIMEOUT_S, pause_s=0.1):
            raise say.Trouble("PostgreSQL does not get ready", "./hub logs postgres", log=self.log)

    def _run(self, command: Sequence[str | Path]) -> None:
        done = subprocess.run(
            self.user.command(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            env=self._environment(),
        )
        if done.returncode != 0:
            raise say.Trouble(
                f"{Path(command[0]).name} failed: {done.stderr.strip()[-400:]}",
                say.command_line(self.user.command(command)),
            )

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_", "PYTHON"))}
        return {**kept, "HOME": str(self.home), "LC_ALL": "C.UTF-8"}


def main_cluster(checkout: Checkout) -> Cluster:
    """Return the cluster with people's data (and the demo's, in a database of its own)."""
    return Cluster(checkout, "pg", durable=True)


def test_cluster(checkout: Checkout) -> Cluster:
    """Return the cluster that tests may lose."""
    return Cluster(checkout, "test-pg", durable=False)


def beside_cluster(checkout: Checkout) -> Cluster:
    """Return the cluster of the tests that run beside the others."""
    return Cluster(checkout, "beside-pg", durable=False)


def laws_cluster(checkout: Checkout, *, durable: bool = True) -> Cluster:
    """Return the cluster of the tests that kill their own servers, beside that of all others."""
    return Cluster(checkout, "laws-pg", durable=durable)
