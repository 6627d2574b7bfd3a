"""Advisory locks: which process runs the loops, whose turn it is to close a day.

A lock belongs to a connection of its own and ends with it, so a crash releases it.
"""

from types import TracebackType
from zlib import crc32

from services.store.database import Connection, connect


class Lock:
    """A named advisory lock on its own connection; use it as a context manager."""

    def __init__(self, conninfo: str, name: str) -> None:
        self._key = crc32(f"daybook {name}".encode())
        self._connection = connect(conninfo, autocommit=True)

    def try_take(self) -> bool:
        """Take the lock if nobody has it; says whether it was taken."""
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        return row is not None and bool(row[0])

    def take(self, *, shared: bool = False) -> None:
        """Wait for the lock."""
        suffix = "_shared" if shared else ""
        self._connection.execute(f"SELECT pg_advisory_lock{suffix}(%s)".encode(), (self._key,))

    def release(self, *, shared: bool = False) -> None:
        suffix = "_shared" if shared else ""
        self._connection.execute(f"SELECT pg_advisory_unlock{suffix}(%s)".encode(), (self._key,))

    def close(self) -> None:
        """Give the lock back and close the connection."""
        self._connection.close()

    def __enter__(self) -> "Lock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


READERS_CLASS = 0x0DA1B
"""Class of the advisory locks by which running projectors say what they can read."""

USERS_CLASS = 0x0DA1C
"""Class of the advisory locks by which running watches say which generation they fold."""


def announce_reader(connection: Connection, level: int) -> None:
    """Say, while this connection lives, that a projector runs whose catalogue has `level` schemas."""
    connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (READERS_CLASS, level))


def lowest_reader(connection: Connection) -> int | None:
    """The smallest catalogue among the projectors that run now; None if none runs."""
    row = connection.execute(
        "SELECT min(objid::bigint) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND d.datname = current_database()",
        (READERS_CLASS,),
    ).fetchone()
    return None if row is None else row[0]


def announce_use(connection: Connection, generation_id: int) -> None:
    """Say, while this connection lives, that a generation is being folded, so that nobody drops it."""
    connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (USERS_CLASS, generation_id))


def nobody_uses(connection: Connection, generation_id: int) -> bool:
    """Whether no other connection folds this generation; if so, none can begin to in this transaction."""
    row = connection.execute(
        "SELECT pg_try_advisory_xact_lock(%s, %s)", (USERS_CLASS, generation_id)
    ).fetchone()
    return row is not None and bool(row[0])
