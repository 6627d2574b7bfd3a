"""Short read-only looks at the live generation: one snapshot each, on a connection kept for them.

The door reads duplicates and reference rows through here. It never writes, and a broken connection costs one
new one.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from services.errors import NotReady
from services.store.database import Connection, connect
from services.store.generation import require_live

T = TypeVar("T")


@contextmanager
def one_snapshot(connection: Connection) -> Iterator[None]:
    """Several statements of a question over one snapshot; inside a transaction, over that one's."""
    if connection.info.transaction_status is not psycopg.pq.TransactionStatus.IDLE:
        yield
        return
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


class Snapshots:
    """Reads of one kind of generation; safe to share between threads, one read at a time."""

    def __init__(self, conninfo: str, kind: str, fingerprint: str) -> None:
        self._conninfo = conninfo
        self._kind = kind
        self._fingerprint = fingerprint
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def read(self, work: Callable[[Connection, str], T]) -> T:
        """Do `work(connection, schema)` in one repeatable-read transaction on the live generation.

        `work` may be done twice. Raises NotReady while there is no live generation or no database.
        """
        with self._lock:
            try:
                return self._once(work)
            except psycopg.OperationalError:
                self._drop()
            try:
                return self._once(work)
            except psycopg.OperationalError as error:
                self._drop()
                raise NotReady(f"the database does not answer: {error}; try again") from error

    def close(self) -> None:
        """Release the connection."""
        with self._lock:
            self._drop()

    def _once(self, work: Callable[[Connection, str], T]) -> T:
        connection = self._open()
        with connection.transaction():
            return work(connection, require_live(connection, self._kind, self._fingerprint).schema)

    def _open(self) -> Connection:
        if self._connection is None:
            connection = connect(self._conninfo, autocommit=True)
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            connection.execute("SET enable_seqscan = off")  # a batch of keys: never worth a whole table
            connection.execute("SET jit = off")
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
