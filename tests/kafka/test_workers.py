"""`daybook worker …` as processes on a real broker: from the intake topic to a ledger's row, once."""

import datetime as dt
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from confluent_kafka import Producer

from events import codec
from services.bootstrap import System, utc_now
from services.config import Settings
from services.errors import WrongUse
from services.journal.kafka import KafkaJournal
from services.journal.topics import create_topics
from services.workers.running import LATER, WORKERS, run_worker
from tests.databases import as_url
from tests.door.rig import customer, product, sale
from tests.kafka.rig import Child, stored_values, wait_until

pytestmark = pytest.mark.kafka


class Bank:
    """The topics, the database and the worker processes of one Daybook in Kafka mode."""

    def __init__(self, bootstrap: str, topic: str, database_url: str, data: Path, folder: Path) -> None:
        self.environment = {
            "DAYBOOK_KAFKA": bootstrap,
            "DAYBOOK_DATABASE_URL": as_url(database_url),
            "DAYBOOK_DATA": str(data),
            "DAYBOOK_JOURNAL_TOPIC": topic,
            "DAYBOOK_INTAKE_TOPIC": f"{topic}.intake",
            "DAYBOOK_QUARANTINE_TOPIC": f"{topic}.quarantine",
            "DAYBOOK_VIEW_TOPIC": f"{topic}.view",
            "DAYBOOK_PARTITIONS": "4",
            "DAYBOOK_DOOR_BATCH_EVENTS": "20",
        }
        self.settings = Settings(
            kafka=bootstrap,
            database_url=as_url(database_url),  # type: ignore[arg-type]  # parsed
            data=data,
            journal_topic=topic,
            intake_topic=f"{topic}.intake",
            quarantine_topic=f"{topic}.quarantine",
            view_topic=f"{topic}.view",
            partitions=4,
        )
        create_topics(self.settings, replication=1)
        self.journal = KafkaJournal(bootstrap, topic)
        self._folder = folder
        self._children: list[Child] = []
        self._producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})

    def worker(self, name: str, **changed: str) -> Child:
        log = self._folder / f"{name}{len(self._children)}.log"
        child = Child(["-m", "tests.kafka.worker", name], log, self.environment | changed)
        self._children.append(child)
        return child

    def publish(self, values: Sequence[bytes | None]) -> None:
        """Send these values to the intake topic, one record each."""
        for number, value in enumerate(values):
            self._producer.produce(self.settings.intake_topic, value, b"channel %d" % (number % 3))
        assert self._producer.flush(30) == 0

    def journal_types(self) -> Counter[str]:
        """How many records of each type the journal holds."""
        return Counter(codec.decode_envelope(record.value).type for record in stored_values(self.journal))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the live generation, `{}` in it; none while there is no generation."""
        with closing(System(self.settings)) as system, system.connect() as connection:
            return connection.execute(query.format(system.generation(connection).schema).encode()).fetchall()

    def wait_for_rows(self, query: str, wanted: Callable[[list[tuple[Any, ...]]], bool]) -> None:
        with closing(System(self.settings)) as system, system.connect() as connection:
            schema = system.generation(connection).schema
            wait_until(
                lambda: wanted(connection.execute(query.format(schema).encode()).fetchall()), self.logs
            )

    def logs(self) -> str:
        return "\n".join(f"--- {child.log_path.name}\n{child.log()}" for child in self._children)

    def close(self) -> None:
        for child in self._children:
            for one in [*psutil.Process(child.process.pid).children(recursive=True)] if child.alive() else []:
                one.kill()
            child.kill()
        self.journal.close()


@pytest.fixture
def bank(
    kafka_bootstrap: str, kafka_topic: str, database_url: str, data_folder: Path, tmp_path: Path
) -> Iterator[Bank]:
    made = Bank(kafka_bootstrap, kafka_topic, database_url, data_folder, tmp_path)
    yield made
    made.close()


def test_a_sale_travels_from_the_intake_topic_to_its_row(bank: Bank) -> None:
    """Door, projector, watch and the close of days, each a process, from one command; and when one dies."""
    opened_at = utc_now() - dt.timedelta(days=3)
    System(bank.settings, lambda: opened_at).close()
    workers = bank.worker("all")
    wait_until(lambda: "taking in from" in workers.log(), bank.logs)
    bank.publish([as_json(product()), as_json(customer()), as_json([sale(1), sale(2)])])
    bank.wait_for_rows("SELECT count(*) FROM {}.sales", lambda rows: rows == [(2,)])
    bank.wait_for_rows("SELECT count(*) FROM {}.calendar_days", lambda rows: rows == [(1,)])
    assert listening(workers) == [], "no web server of Faust's"

    before = workers_of(workers)
    assert len(before) == len(WORKERS)
    for process in before:
        process.kill()
    bank.publish([as_json(sale(3))])
    bank.wait_for_rows("SELECT count(*) FROM {}.sales", lambda rows: rows == [(3,)])
    after = workers_of(workers)
    assert workers.stop() == 0
    assert psutil.wait_procs([*before, *after], timeout=30)[1] == [], "nothing is left behind"


def test_the_door_that_leads_destroys_day_keys_that_have_served(bank: Bank) -> None:
    long_ago = utc_now() - dt.timedelta(days=91)
    with closing(System(bank.settings)) as system:
        system.prepare()
        days = (long_ago.date(), utc_now().date())
        old, new = (system.sealer.seal_bytes(None, "urn:bank:branch", day, b"raw") for day in days)
        door = bank.worker("door")
        wait_until(lambda: system.sealer.open_bytes(old) is None, bank.logs)
        assert system.sealer.open_bytes(new) == b"raw"
    assert door.stop() == 0


@pytest.mark.faults
def test_a_door_killed_on_the_way_appends_each_event_once(bank: Bank) -> None:
    """Given records that are admitted but not acknowledged, the next door finds them in the journal."""
    count = 300
    with closing(System(bank.settings)) as system:
        system.prepare()
        bank.publish([as_json(customer(number)) for number in range(count)])
        for share in (0.2, 0.6):
            door = bank.worker("door")
            goal = int(share * count)
            wait_until(lambda goal=goal: sum(system.journal.ends().values()) > goal, bank.logs)  # type: ignore[misc]
            door.send(signal.SIGKILL)
            assert door.wait() == -signal.SIGKILL
        last = bank.worker("door")
        wait_until(lambda: bank.journal_types()["customer.registered"] >= count, bank.logs)
        bank.publish([as_json(customer(count))])
        wait_until(lambda: bank.journal_types()["customer.registered"] > count, bank.logs)
    assert last.stop() == 0
    assert bank.journal_types()["customer.registered"] == count + 1


def test_what_is_no_event_is_quarantined_and_holds_up_nothing(bank: Bank) -> None:
    with closing(System(bank.settings)) as system:
        system.prepare()
        door = bank.worker("door")
        bank.publish(
            [None, b"", b"{", b"[]", b"[1,", as_json([customer(1), {"id": 1}]), as_json(customer(2))]
        )
        wait_until(lambda: bank.journal_types()["customer.registered"] == 2, bank.logs)
        wait_until(lambda: len(system.quarantine.list()) >= 4, bank.logs)
        codes = {problem.code for case in system.quarantine.list() for problem in case.problems}
    assert {"no_event", "bad_json", "bad_envelope"} <= codes
    assert door.stop() == 0


def test_a_door_that_must_stop_acknowledges_nothing_that_it_did_not_admit(bank: Bank) -> None:
    """The source is refused too often; what came after that is there for the next door."""
    with closing(System(bank.settings)) as system:
        system.prepare()
        door = bank.worker("door", DAYBOOK_REFUSALS_IN_A_ROW="3")
        bank.publish([b"{1", b"{2", b"{3"])
        wait_until(lambda: len(system.quarantine.list()) == 3, bank.logs)
        bank.publish([b"{4"])
        assert door.wait() == 1
        assert "too_many_refusals" in door.log()
        assert len(system.quarantine.list()) == 3
        next_door = bank.worker("door")
        wait_until(lambda: len(system.quarantine.list()) == 4, bank.logs)
    assert next_door.stop() == 0


def test_two_watches_take_turns(bank: Bank) -> None:
    first, second = bank.worker("watch"), None
    first.wait_for_log("this process is the watch now")
    second = bank.worker("watch")
    first.send(signal.SIGKILL)
    second.wait_for_log("this process is the watch now")
    assert second.stop() == 0


@pytest.mark.parametrize("name", [*LATER, "nothing"])
def test_a_worker_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(WrongUse, match="no worker"):
        run_worker(name, Settings(kafka="127.0.0.1:1"), System)


def test_workers_are_for_kafka_mode() -> None:
    with pytest.raises(WrongUse, match="DAYBOOK_KAFKA"):
        run_worker("door", Settings(), System)


def as_json(value: object) -> bytes:
    return msgspec.json.encode(value)


def workers_of(child: Child) -> list[psutil.Process]:
    """The processes that a supervisor started."""
    children = psutil.Process(child.process.pid).children()
    return [process for process in children if "spawn_main" in " ".join(process.cmdline())]


def listening(child: Child) -> list[object]:
    """Sockets on which the process or any of its children waits for connections."""
    top = psutil.Process(child.process.pid)
    processes = [top, *top.children(recursive=True)]
    return [
        connection
        for process in processes
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
