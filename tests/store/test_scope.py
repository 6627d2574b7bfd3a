"""Unit scope: a forgotten WHERE shows a unit its own rows only, and nobody who has no scope sees a person."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from services.bootstrap import System
from services.config import Settings
from services.door.submission import Submission
from services.errors import Stopped
from services.store.database import Connection, connect, migrate
from services.store.pool import open_pool
from services.store.scope import POLICY, READER, UNIT_READER, scoped, visible, visible_complaint
from services.store.timeline import timeline
from tests.cli.events import PRODUCT, event
from tests.data_folder import folder_for_servers
from tests.databases import Databases

EAST, WEST = "bank:unit-east", 'bank:west"\\,{}'
PEOPLE = {"bank:e": EAST, "bank:w": WEST, "bank:n": None}
SECURED = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relrowsecurity"


def _events() -> list[bytes]:
    sent = [PRODUCT]
    for customer, unit in PEOPLE.items():
        about = {"customer_id": customer, "legal_entity": "bank-cn"}
        subject = f"customer/{customer}"
        placed = {} if unit is None else {"unit_id": unit}
        told = {"received_by": "own", "issue": "fees", "complaint_id": f"{customer}-c"}
        sent += [
            event(
                f"c{customer}", "customer.registered", subject, {**about, **placed, "customer_type": "person"}
            ),
            event(f"o{customer}", "complaint.received", subject, {**about, **told}),
        ]
    sold = {
        "sale_id": "bank:s1",
        "customer_id": "bank:e",
        "legal_entity": "bank-cn",
        "product_id": "bank:p3",
        "amount_minor": 100,
        "currency": "CNY",
        "unit_id": WEST,
    }
    sent.append(event("s1", "sale.confirmed", "customer/bank:e", sold, time="2026-05-05T10:00:00+08:00"))
    stranger = {"complaint_id": "bank:x", "legal_entity": "bank-cn", "received_by": "own", "issue": "fees"}
    sent.append(event("x", "complaint.received", "complaint/bank:x", {**stranger, "unit_id": EAST}))
    return [
        text.replace("urn:daybook:complaint.received:1", "urn:daybook:complaint.received:2").encode()
        for text in sent
    ]


def admit_people(system: System) -> None:
    """Bring them in through the door, posted when this returns."""
    system.prepare()
    outcomes = system.door.admit([Submission(raw, (raw,), "urn:bank:branch-12") for raw in _events()])
    assert {one.status for one in outcomes} == {"admitted"}, [one.reasons() for one in outcomes]
    system.settle()


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Customers of the east, of the west and of no unit, each with a complaint; the west sold to the east."""
    with folder_for_servers() as folder:
        system = System(Settings(data=folder))
        admit_people(system)
        yield system
        system.close()


@pytest.fixture
def connection(system: System) -> Iterator[Connection]:
    with system.read_pool.connection() as connection:
        yield connection


@pytest.fixture
def schema(system: System) -> str:
    with system.connect() as connection:
        return system.generation(connection).schema


def _all(connection: Connection, schema: str, table: str, column: str = "subject") -> set[str]:
    """What a query without any WHERE gives."""
    return {row[0] for row in connection.execute(f"SELECT {column} FROM {schema}.{table}".encode())}


def test_a_forgotten_where_shows_a_unit_its_own(connection: Connection, schema: str) -> None:
    for unit, customer in ((EAST, "bank:e"), (WEST, "bank:w")):
        with scoped(connection, {unit}):
            assert _all(connection, schema, "customers") == {f"customer/{customer}"}
    with scoped(connection, {EAST, WEST}):
        assert _all(connection, schema, "customers") == {"customer/bank:e", "customer/bank:w"}
    with scoped(connection, {EAST}):
        assert _all(connection, schema, "complaints", "complaint_id") == {"bank:e-c", "bank:x"}
        assert _all(connection, schema, "complaint_clocks", "complaint_id") <= {"bank:e-c", "bank:x"}
        people = {name for name in _all(connection, schema, "entries") if name.startswith(("cust", "compl"))}
        assert people == {"customer/bank:e", "complaint/bank:x"}
        assert "product/bank:p3" in _all(connection, schema, "products")


def test_a_sale_shows_to_the_unit_that_sold_and_to_the_unit_of_the_customer(
    connection: Connection, schema: str
) -> None:
    for unit in (EAST, WEST):
        with scoped(connection, {unit}):
            assert _all(connection, schema, "sales", "sale_id") == {"bank:s1"}
    with scoped(connection, {"bank:unit-south"}):
        assert _all(connection, schema, "sales", "sale_id") == set()


def test_who_has_no_unit_in_the_rows_is_for_the_whole_house(connection: Connection, schema: str) -> None:
    with scoped(connection, None):
        assert _all(connection, schema, "customers") == {f"customer/{one}" for one in PEOPLE}
        assert len(_all(connection, schema, "complaints", "complaint_id")) == 4


@pytest.mark.parametrize("units", [frozenset[str](), None], ids=["no unit", "no scope"])
def test_without_a_scope_nobody_sees_a_person(
    connection: Connection, schema: str, units: frozenset[str] | None
) -> None:
    if units is None:
        assert connection.execute("SELECT current_user").fetchone() == (UNIT_READER,)
        assert _all(connection, schema, "customers") == set()
        connection.execute("RESET daybook.units")
        assert _all(connection, schema, "customers") == set()
    else:
        with scoped(connection, units):
            for table in ("customers", "complaints", "complaint_clocks", "signals", "sales"):
                assert _all(connection, schema, table) == set()


def test_a_scope_ends_where_it_began_and_with_the_loan_of_the_connection(
    system: System, connection: Connection, schema: str
) -> None:
    with scoped(connection, {EAST}):
        with pytest.raises(LookupError), scoped(connection, None):
            raise LookupError(len(_all(connection, schema, "customers")))
        assert len(_all(connection, schema, "customers")) == 1
    assert _all(connection, schema, "customers") == set()
    with closing(open_pool(system.conninfo, readers=1)) as pool:
        with pool.connection() as lent:
            lent.execute("SELECT set_config('role', %s, false)", (READER,))
            pid = lent.info.backend_pid
        with pool.connection() as again:
            assert again.info.backend_pid == pid, "it is the same connection"
            assert _all(again, schema, "customers") == set()


def test_it_is_the_policy_that_hides(system: System, schema: str) -> None:
    with connect(system.conninfo) as owner:
        with scoped(owner, {EAST}):
            hidden = _all(owner, schema, "customers")
        owner.execute(f"DROP POLICY {POLICY} ON {schema}.customers".encode())
        owner.execute(f"CREATE POLICY {POLICY} ON {schema}.customers TO {UNIT_READER} USING (true)".encode())
        with scoped(owner, {EAST}):
            assert hidden < _all(owner, schema, "customers")
        owner.rollback()


def test_every_table_that_may_be_about_a_person_is_secured(system: System, schema: str) -> None:
    with system.connect() as owner:
        secured = {row[0] for row in owner.execute(SECURED, (schema,))}
    assert secured >= {"entries", *(ledger.name for ledger in system.declarations.ledgers)}


def test_readers_can_only_read_and_not_the_keys(connection: Connection, schema: str) -> None:
    connection.execute("SET default_transaction_read_only = off")
    with scoped(connection, None):
        for statement in (
            f"DELETE FROM {schema}.customers",
            f"ALTER TABLE {schema}.customers DISABLE ROW LEVEL SECURITY",
            "SELECT * FROM daybook_privacy.subject_key",
            "SELECT * FROM daybook.journal",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)):
                connection.execute(statement.encode())
    connection.execute("SET default_transaction_read_only = on")


def test_a_subject_shows_with_its_customer_or_complaint(connection: Connection, schema: str) -> None:
    with scoped(connection, {EAST}):
        seen = {
            name: visible(connection, schema, name)
            for name in (
                "customer/bank:e",
                "customer/bank:w",
                "customer/bank:n",
                "complaint/bank:x",
                "application/bank:a1",
                "product/bank:p3",
            )
        }
        assert [name for name, shows in seen.items() if shows] == [
            "customer/bank:e",
            "complaint/bank:x",
            "product/bank:p3",
        ]
        assert visible_complaint(connection, schema, "bank:e-c")
        assert not visible_complaint(connection, schema, "bank:w-c")
        assert [line.type for line in timeline(connection, schema, "customer/bank:w")] == []
    with scoped(connection, None):
        assert visible(connection, schema, "customer/bank:n")
        assert len(timeline(connection, schema, "customer/bank:w")) == 2


def test_generations_from_before_are_secured_at_the_next_start(system: System, schema: str) -> None:
    with system.connect() as owner:
        owner.execute(f"ALTER TABLE {schema}.customers DISABLE ROW LEVEL SECURITY".encode())
        owner.execute(f"REVOKE ALL ON SCHEMA {schema} FROM {READER}, {UNIT_READER}".encode())
    migrate(system.conninfo)
    with system.connect() as owner, scoped(owner, {EAST}):
        assert _all(owner, schema, "customers") == {"customer/bank:e"}


def test_many_databases_of_one_server_may_start_at_once(databases: Databases) -> None:
    names = [databases.make() for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(migrate, [databases.conninfo(name) for name in names * 2]))
    for name in names:
        databases.spend(name)


def test_who_may_not_make_roles_is_told_what_to_run(database_url: str, databases: Databases) -> None:
    with connect(database_url, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS plain_user")
        owner.execute("CREATE ROLE plain_user LOGIN")
        owner.execute(f"GRANT CREATE ON DATABASE {owner.info.dbname} TO plain_user".encode())
    plain = psycopg.conninfo.make_conninfo(database_url, user="plain_user")
    migrate(databases.conninfo(name := databases.make()))  # makes the roles
    databases.spend(name)
    with pytest.raises(Stopped, match=f"GRANT {READER}, {UNIT_READER} TO plain_user"):
        migrate(plain)
    with connect(database_url, autocommit=True) as owner:
        owner.execute(f"GRANT {READER}, {UNIT_READER} TO plain_user".encode())
    migrate(plain)
    with connect(plain, autocommit=True) as connection, scoped(connection, {EAST}):
        assert connection.execute("SELECT current_user").fetchone() == (UNIT_READER,)
    with connect(database_url, autocommit=True) as owner:
        owner.execute("DROP OWNED BY plain_user")
        owner.execute("DROP ROLE plain_user")
