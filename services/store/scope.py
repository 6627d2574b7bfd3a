"""Unit scope: two roles that readers take, and row-level security that shows each unit its own people only.

`migrate` makes the roles, every generation gets its policies when it is created, and the API's reading
connections are `scoped`. Who owns the tables (projector, auditor, desks) is not bound by it. A forgotten
WHERE must never show a row of another unit, nor a connection without a scope anything of a person.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from services.errors import Stopped

READER = "daybook_reader"
"""Reads every row of every generation."""

UNIT_READER = "daybook_unit_reader"
"""Reads what belongs to the units in UNITS_SETTING; without that setting, nothing of any person."""

UNITS_SETTING = "daybook.units"

OF_PERSONS = ("complaints", "complaint_clocks", "signals")
"""Ledgers in which every row is about a person, whatever its subject: none shows without unit or customer."""

CASES = ("complaint", "application", "lead", "interaction", "service_request", "sale", "risk")
"""Kinds of subjects that may be about a person whose customer id nobody knew."""

POLICY = "unit_scope"
"""The policy of each table that shows a unit reader its own."""

Connection = psycopg.Connection[tuple[Any, ...]]

_OPEN_TABLES = ("generation", "live_generation", "door_count")
"""Tables of the schema `daybook` that readers need."""

_OF_UNIT = f"unit_id = ANY ((SELECT nullif(current_setting('{UNITS_SETTING}', true), ''))::text[])"


def make_roles(connection: Connection) -> None:
    """Make the readers' roles, let this user take them, and let them read what is outside generations.

    Raises Stopped, with the statements for an administrator, where this user may not.
    """
    try:
        with connection.transaction():
            for role in (READER, UNIT_READER):
                _make_role(connection, role)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Stopped(
            "row-level security needs two roles that this database user may neither make nor take. Ask an "
            f"administrator to run: CREATE ROLE {READER} NOLOGIN; CREATE ROLE {UNIT_READER} NOLOGIN; "
            f"GRANT {READER}, {UNIT_READER} TO {connection.info.user}; then start again"
        ) from error
    for table in _OPEN_TABLES:
        if not _may_read(connection, f"daybook.{table}"):
            connection.execute(f"GRANT USAGE ON SCHEMA daybook TO {READER}, {UNIT_READER}".encode())
            connection.execute(f"GRANT SELECT ON daybook.{table} TO {READER}, {UNIT_READER}".encode())


def protect(connection: Connection, schema: str) -> None:
    """Let both readers read a generation, the unit reader under policies; doing it again changes nothing.

    A unit sees what carries its unit, and all about its customers; a customer without a unit is for people of
    the whole house. A ledger that is added later is protected without anybody having to think of it.
    """
    tables = _tables(connection, schema)
    for table, columns in tables.items():
        condition = _condition(schema, table, columns, tables)
        if condition is None:
            continue
        name = f'{schema}."{table}"'
        statements = (
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS everything ON {name}",
            f"CREATE POLICY everything ON {name} FOR SELECT TO {READER} USING (true)",
            f"DROP POLICY IF EXISTS {POLICY} ON {name}",
            f"CREATE POLICY {POLICY} ON {name} FOR SELECT TO {UNIT_READER} USING ({condition})",
        )
        connection.execute("; ".join(statements).encode())
    connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}, {UNIT_READER}".encode())
    connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {READER}, {UNIT_READER}".encode())


def protect_older(connection: Connection) -> None:
    """Protect the generations that were made before there was row-level security."""
    rows = connection.execute(
        "SELECT schema_name FROM daybook.generation WHERE to_regnamespace(schema_name) IS NOT NULL "
        "AND NOT has_schema_privilege(%s, to_regnamespace(schema_name)::oid, 'USAGE') ORDER BY id",
        (UNIT_READER,),
    ).fetchall()
    for (schema,) in rows:
        protect(connection, schema)


@contextmanager
def scoped(connection: Connection, units: Collection[str] | None) -> Iterator[Connection]:
    """The connection as somebody of these units sees it; None sees every unit. One may stand in another.

    The connection must be outside a failed transaction. Afterwards it sees what it saw before.
    """
    before = connection.execute(
        f"SELECT current_setting('role'), coalesce(current_setting('{UNITS_SETTING}', true), '')".encode()
    ).fetchone()
    assert before is not None, "a SELECT without FROM gives one row"
    _see(connection, *((READER, "{}") if units is None else (UNIT_READER, _array(units))))
    try:
        yield connection
    finally:
        if not connection.closed:
            _see(connection, *before)


def see_nothing(connection: Connection) -> None:
    """What a reading connection begins with, and falls back to: nothing of any person."""
    _see(connection, UNIT_READER, "{}")


def visible(connection: Connection, schema: str, subject: str) -> bool:
    """Whether the one whom the connection is scoped to may see a subject: its timeline, its rows, its past.

    What is not about a person (products, plans, channels, employees) is for everybody; a case of somebody who
    is no customer shows if its complaint does.
    """
    if not _is_scoped(connection) or subject.partition("/")[0] not in ("customer", *CASES):
        return True
    table = "customers" if subject.startswith("customer/") else "complaints"
    found = connection.execute(
        f"SELECT 1 FROM {schema}.{table} WHERE subject = %s LIMIT 1".encode(), (subject,)
    ).fetchone()
    return found is not None


def visible_complaint(connection: Connection, schema: str, complaint_id: str) -> bool:
    """Whether the one whom the connection is scoped to may see a complaint: it or its customer is theirs.

    To somebody of a unit, a complaint shows when it is posted.
    """
    if not _is_scoped(connection):
        return True
    found = connection.execute(
        f"SELECT 1 FROM {schema}.complaints WHERE complaint_id = %s LIMIT 1".encode(), (complaint_id,)
    ).fetchone()
    return found is not None


def _is_scoped(connection: Connection) -> bool:
    return connection.execute("SELECT current_setting('role')").fetchone() == (UNIT_READER,)


def _make_role(connection: Connection, role: str) -> None:
    """Roles belong to the whole server: another database's start may be making them at this moment."""
    connection.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
        f"CREATE ROLE {role} NOLOGIN; END IF; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$".encode()
    )
    taken = connection.execute("SELECT pg_has_role(current_user, %s, 'SET')", (role,)).fetchone()
    if taken != (True,):
        connection.execute(f"GRANT {role} TO CURRENT_USER".encode())


def _may_read(connection: Connection, table: str) -> bool:
    found = connection.execute(
        "SELECT bool_and(has_table_privilege(role, %s, 'SELECT')) FROM unnest(%s::text[]) AS role",
        (table, [READER, UNIT_READER]),
    ).fetchone()
    return found == (True,)


def _tables(connection: Connection, schema: str) -> dict[str, frozenset[str]]:
    """The tables of a generation and those of their columns that policies are made of."""
    rows = connection.execute(
        "SELECT c.relname, coalesce(array_agg(a.attname::text) FILTER (WHERE a.attname IS NOT NULL), '{}') "
        "FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped "
        "AND a.attname IN ('subject', 'unit_id') "
        "WHERE c.relnamespace = to_regnamespace(%s)::oid AND c.relkind = 'r' "
        "GROUP BY c.relname ORDER BY c.relname",
        (schema,),
    ).fetchall()
    return {name: frozenset(columns) for name, columns in rows}


def _condition(schema: str, table: str, columns: frozenset[str], tables: Collection[str]) -> str | None:
    """Which rows a unit sees; None for tables that are not about anybody (tallies, bookkeeping)."""
    if table == "customers":
        return _OF_UNIT if "unit_id" in columns else "false"
    if "subject" not in columns:
        return None
    ways = [_OF_UNIT] if "unit_id" in columns else []
    if "customers" in tables:
        ways.append(f'EXISTS (SELECT FROM {schema}.customers h WHERE h.subject = "{table}".subject)')
    if table not in OF_PERSONS:
        cases = ", ".join(f"'{kind}'" for kind in ("customer", *CASES))
        ways.append(f"split_part(subject, '/', 1) NOT IN ({cases})")
        if "complaints" in tables:
            ways.append(
                f'EXISTS (SELECT FROM {schema}.complaints h WHERE h.subject = "{table}".subject '
                "AND split_part(h.subject, '/', 1) = 'complaint')"
            )
    return " OR ".join(ways) or "false"


def _see(connection: Connection, role: str, units: str) -> None:
    connection.execute(
        f"SELECT set_config('role', %s, false), set_config('{UNITS_SETTING}', %s, false)".encode(),
        (role, units),
    )


def _array(units: Collection[str]) -> str:
    """An array as PostgreSQL reads it, whatever the ids hold."""
    quoted = (unit.replace("\\", "\\\\").replace('"', '\\"') for unit in sorted(units))
    return "{" + ",".join(f'"{unit}"' for unit in quoted) + "}"
