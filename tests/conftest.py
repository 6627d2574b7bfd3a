"""Real servers for tests: one embedded PostgreSQL and one Kafka broker a session, a database a test.

No test may reach a server other than through these fixtures, or LocalBroker where it must kill one.
"""

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from services.store.embedded import EmbeddedPostgres
from tests.broker import LocalBroker, missing_for_local_broker
from tests.data_folder import folder_for_servers
from tests.databases import Databases


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured and do not assert: `record_property("measured", "…")`."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "measured" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")


@pytest.fixture(scope="session")
def embedded_postgres() -> Iterator[EmbeddedPostgres]:
    """The session's PostgreSQL, in a folder of its own. No test kills it: a test that does starts its own."""
    with folder_for_servers(in_memory=True) as folder:
        server = EmbeddedPostgres(folder / "data")
        server.start()
        _trade_durability_for_speed(server)
        yield server
        server.stop()


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """An empty folder for a test that starts an embedded system of its own (tmp_path does not do)."""
    with folder_for_servers() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_url(embedded_postgres: EmbeddedPostgres) -> str:
    """How to reach the session's PostgreSQL as its superuser."""
    return embedded_postgres.conninfo()


@pytest.fixture(scope="session")
def databases(embedded_postgres: EmbeddedPostgres) -> Databases:
    return Databases(embedded_postgres)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A fresh, empty database, dropped after the test."""
    name = databases.make()
    yield databases.conninfo(name)
    databases.spend(name)


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a broker: the given one, else in a container, else a local JVM, else a skip."""
    given = os.environ.get("DAYBOOK_TEST_KAFKA")
    if given:
        yield given
    elif _docker_answers():
        from testcontainers.kafka import KafkaContainer

        with KafkaContainer("apache/kafka:4.3.1").with_kraft() as container:
            yield container.get_bootstrap_server()
    else:
        yield from _session_broker(tmp_path_factory.mktemp("kafka"))


@pytest.fixture
def kafka_topic() -> str:
    """A topic name that no other test uses."""
    return f"test.journal.{uuid.uuid4().hex[:12]}"


@pytest.fixture
def local_broker(tmp_path: Path) -> Iterator[LocalBroker]:
    """A running broker of the test's own, which it may kill and start again."""
    _require_local_broker()
    broker = LocalBroker(tmp_path / "broker")
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


def _trade_durability_for_speed(server: EmbeddedPostgres) -> None:
    """Let the session's server wait for no disk: a database a test is made and dropped hundreds of times."""
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")


def _require_local_broker() -> None:
    """Skip the test, with the reason, where no local broker can run; fail where Kafka is required."""
    missing = missing_for_local_broker()
    if missing is None:
        return
    if os.environ.get("DAYBOOK_REQUIRE_KAFKA") == "1":
        pytest.fail(f"DAYBOOK_REQUIRE_KAFKA=1, but there is no Kafka: {missing}")
    pytest.skip(f"needs Kafka: no DAYBOOK_TEST_KAFKA, no Docker engine, {missing}")


def _session_broker(data: Path) -> Iterator[str]:
    _require_local_broker()
    broker = LocalBroker(data)
    try:
        broker.start()
        yield broker.bootstrap
    finally:
        broker.stop()


def _docker_answers() -> bool:
    """Asks with the command: the library leaves its socket open when nobody answers."""
    if shutil.which("docker") is None:
        return False
    try:
        asked = subprocess.run(["docker", "version"], capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
