"""The database: connections with the settings that everything here relies on, and the tables outside any
generation.

Every part that touches PostgreSQL connects through this module. It must never hold business rules.
"""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from services.store.scope import make_roles, protect_older

Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_TIMEOUT_SECONDS = 10
STATEMENT_TIMEOUT_SECONDS = 600

_BASE = (
    "CREATE SCHEMA IF NOT EXISTS daybook",
    """CREATE TABLE IF NOT EXISTS daybook.generation (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL, fingerprint text NOT NULL, schema_name text NOT NULL UNIQUE,
        state text NOT NULL CHECK (state IN ('building', 'following', 'live', 'retired')),
        created_at timestamptz NOT NULL DEFAULT now(), changed_at timestamptz NOT NULL DEFAULT now(),
        note text NOT NULL DEFAULT '')""",
    """CREATE TABLE IF NOT EXISTS daybook.live_generation (
        kind text, fingerprint text, generation integer NOT NULL REFERENCES daybook.generation,
        PRIMARY KEY (kind, fingerprint))""",
    """CREATE TABLE IF NOT EXISTS daybook.door_count (
        source text COLLATE "C", day date, admitted bigint NOT NULL DEFAULT 0,
        duplicate bigint NOT NULL DEFAULT 0, refused bigint NOT NULL DEFAULT 0, PRIMARY KEY (source, day))""",
    """CREATE TABLE IF NOT EXISTS daybook.rebuild_job (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        asked_by text NOT NULL, asked_at timestamptz NOT NULL DEFAULT now(),
        compare boolean NOT NULL, swap boolean NOT NULL, keep boolean NOT NULL,
        state text NOT NULL DEFAULT 'queued'
            CHECK (state IN ('queued', 'running', 'done', 'failed', 'lost')),
        stage text, stage_done bigint NOT NULL DEFAULT 0, stage_total bigint NOT NULL DEFAULT 0,
        heartbeat timestamptz NOT NULL DEFAULT now(), finished_at timestamptz,
        report jsonb, error text)""",
    """CREATE TABLE IF NOT EXISTS daybook.view_state (
        view text PRIMARY KEY, generation integer NOT NULL, epoch bigint NOT NULL, offsets bigint[] NOT NULL,
        stage text NOT NULL CHECK (stage IN ('scan', 'sweep', 'follow')), reached text NOT NULL,
        acknowledged jsonb NOT NULL, saved_at timestamptz NOT NULL DEFAULT now())""",
    """CREATE TABLE IF NOT EXISTS daybook.view_key (
        view text, key text COLLATE "C", PRIMARY KEY (view, key))""",
)

BASE_LOCK = 0x0DA1B00C
"""Advisory lock taken while the base tables are made."""


def connect(conninfo: str, *, autocommit: bool = False) -> Connection:
    """A connection in UTC with bounded waits."""
    connection = psycopg.connect(
        conninfo,
        autocommit=autocommit,
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        options=f"-c timezone=UTC -c datestyle=ISO -c statement_timeout={STATEMENT_TIMEOUT_SECONDS}s",
    )
    connection.prepare_threshold = 3
    return connection


def connection_parts(conninfo: str) -> dict[str, str]:
    """The parts of a connection string, for a library that wants them one by one."""
    return {name: str(value) for name, value in conninfo_to_dict(conninfo).items() if value is not None}


def migrate(conninfo: str) -> None:
    """Make the tables outside any generation and the readers' roles; safe to run at every start and by
    several processes. Raises Stopped where the database user may not make the roles."""
    with connect(conninfo) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (BASE_LOCK,))
        for statement in _BASE:
            connection.execute(statement)
        make_roles(connection)
        protect_older(connection)
