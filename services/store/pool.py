"""A pool of reading connections, for the API: every route takes one for as long as it reads.

A connection sees nothing of any person until it is `scoped` (services/store/scope.py).
"""

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from services.store.database import CONNECT_TIMEOUT_SECONDS
from services.store.scope import see_nothing

READERS = 8
READ_TIMEOUT_SECONDS = 60


ReadPool = ConnectionPool[psycopg.Connection[tuple[Any, ...]]]


def _set_up(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = True
    connection.execute("SET timezone = 'UTC'")
    connection.execute(f"SET statement_timeout = '{READ_TIMEOUT_SECONDS}s'".encode())
    connection.execute("SET default_transaction_read_only = on")
    see_nothing(connection)


def open_pool(conninfo: str, readers: int = READERS) -> ReadPool:
    """Up to `readers` connections that can only read."""
    return ConnectionPool(
        conninfo,
        min_size=1,
        max_size=readers,
        timeout=CONNECT_TIMEOUT_SECONDS,
        configure=_set_up,
        reset=see_nothing,
        open=True,
        check=ConnectionPool.check_connection,
    )
