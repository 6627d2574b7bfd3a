"""A database a test on a shared server, made and dropped as cheaply as PostgreSQL can.

The fixtures of tests/conftest.py and tests/watch/conftest.py use it.
"""

import uuid

import psycopg

from services.store.embedded import EmbeddedPostgres


class Databases:
    """Makes databases on one server, and drops those that a test is done with.

    Files are copied, not written twice by way of the log, and a drop waits until the next database is wanted:
    by then the connections of the last test are gone and the server need not wait for them.
    """

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._spent: list[str] = []

    def make(self, template: str = "template1") -> str:
        """The name of a new database: empty, or a copy of a template that nobody is connected to."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._server.conninfo(), autocommit=True) as connection:
            while self._spent:
                connection.execute(f'DROP DATABASE "{self._spent.pop()}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'.encode())
        return name

    def spend(self, name: str) -> None:
        """Nobody needs this database any more."""
        self._spent.append(name)

    def conninfo(self, name: str) -> str:
        return self._server.conninfo(name)


def as_url(conninfo: str) -> str:
    """A libpq string as a URL, as settings take it."""
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    return f"postgresql://{parts['user']}@localhost:{parts['port']}/{parts['dbname']}?host={parts['host']}"
