"""The keyring's tables, in the schema `daybook_privacy`: the only place where data keys rest.

`Keyring.create` calls `create_tables`. Nothing here may hold a personal value in clear, and nothing here
can be posted again from the journal: this schema belongs in the backup, the master key in another one.
"""

import psycopg

from services.errors import WrongUse

Connection = psycopg.Connection[tuple[object, ...]]

_CREATE_LOCK = 0x6461_7970
"""Advisory lock under which one process at a time creates the tables."""

_TABLES = """
CREATE SCHEMA IF NOT EXISTS daybook_privacy;

CREATE TABLE IF NOT EXISTS daybook_privacy.master (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    key_check bytea NOT NULL
);

CREATE TABLE IF NOT EXISTS daybook_privacy.subject_key (
    subject text COLLATE "C" PRIMARY KEY,
    key_id text COLLATE "C" NOT NULL UNIQUE,
    wrapped bytea,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'restricted', 'shredded')),
    created_at timestamptz NOT NULL DEFAULT now(),
    shredded_at timestamptz,
    CHECK ((state = 'shredded') = (wrapped IS NULL)),
    CHECK ((state = 'shredded') = (shredded_at IS NOT NULL))
);

CREATE TABLE IF NOT EXISTS daybook_privacy.lookup (
    subject text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    digest bytea NOT NULL,
    PRIMARY KEY (subject, kind, digest)
);
CREATE INDEX IF NOT EXISTS lookup_by_digest ON daybook_privacy.lookup (kind, digest);

CREATE TABLE IF NOT EXISTS daybook_privacy.legal_hold (
    subject text COLLATE "C" NOT NULL,
    hold_id text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    placed_by text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    released_at timestamptz,
    PRIMARY KEY (subject, hold_id)
);

CREATE TABLE IF NOT EXISTS daybook_privacy.day_key (
    source text COLLATE "C" NOT NULL,
    day date NOT NULL,
    key_id text COLLATE "C" NOT NULL UNIQUE,
    wrapped bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    PRIMARY KEY (source, day),
    CHECK ((destroyed_at IS NOT NULL) = (wrapped IS NULL))
);
"""


def create_tables(connection: Connection, key_check: bytes) -> None:
    """Create what is missing, and refuse (WrongUse) a master key that did not make this keyring."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATE_LOCK,))
        connection.execute("SET LOCAL client_min_messages = warning")
        connection.execute(_TABLES)
        connection.execute(
            "INSERT INTO daybook_privacy.master (key_check) VALUES (%s) ON CONFLICT DO NOTHING", (key_check,)
        )
        row = connection.execute("SELECT key_check FROM daybook_privacy.master").fetchone()
        if row is None or row[0] != key_check:
            raise WrongUse(
                "this master key did not make the keyring in this database: bring back the file "
                "keys/master.key, or the master key setting, that belongs to it"
            )
