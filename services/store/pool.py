"""A pool of reading connections, for the API: every route takes one for as long as it reads."""

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from services.store.database import CONNECT_TIMEOUT_SECONDS

READERS = 8
READ_TIMEOUT_SECONDS = 60


ReadPool = ConnectionPool[psycopg.Connection[tuple[Any, ...]]]


def _set_up(connection: psycopg.Connection[Any]) -> None:
    connection.autocommit = True
    connection.execute("SET timezone = 'UTC'")
    connection.execute(f"SET statement_timeout = '{READ_TIMEOUT_SECONDS}s'".encode())
    connection.execute("SET default_transaction_read_only = on")


def open_pool(conninfo: str) -> ReadPool:
    """Up to READERS connections that can only read."""
    return ConnectionPool(
        conninfo,
        min_size=1,
        max_size=READERS,
        timeout=CONNECT_TIMEOUT_SECONDS,
        configure=_set_up,
        open=True,
        check=ConnectionPool.check_connection,
    )
