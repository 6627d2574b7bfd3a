"""The view topic: each customer's last record is what the ledgers say, through kills and swaps."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from services.bootstrap import System
from services.errors import Fenced
from services.journal.topics import create_topics
from services.journal.view_topic import ViewRecord, ViewTopic
from services.privacy.acts import Acts
from services.store.queries.customer_view import customer_views
from services.store.view_state import VIEW, add_keys, load_state
from services.workers import viewing
from services.workers.viewing import CustomerView
from tests.door.rig import cloud_event, customer, product, sale, submission
from tests.kafka.rig import wait_until
from tests.kafka.test_workers import Bank

pytestmark = pytest.mark.kafka
MANY = 600

Latest = dict[str, Any]
"""The last value of each key; a key whose last record is a null is left out."""


@pytest.fixture
def bank(
    kafka_bootstrap: str, kafka_topic: str, database_url: str, data_folder: Path, tmp_path: Path
) -> Iterator[Bank]:
    made = Bank(kafka_bootstrap, kafka_topic, database_url, data_folder, tmp_path)
    yield made
    made.close()


@pytest.fixture
def system(bank: Bank) -> Iterator[System]:
    with closing(System(bank.settings)) as system:
        system.prepare()
        yield system


def admit(system: System, *events: dict[str, Any]) -> None:
    """Bring events in through the door; posted when this returns."""
    outcomes = system.door.admit([submission(one) for one in events])
    assert {one.status for one in outcomes} == {"admitted"}, [one.reasons() for one in outcomes]
    system.settle()


def records(bank: Bank) -> list[tuple[int, str, Any]]:
    """Every record of the view topic that counts: partition, key, value."""
    topic = bank.settings.view_topic
    consumer = Consumer(
        {
            "bootstrap.servers": bank.settings.kafka,
            "group.id": "nobody",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
        }
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(bank.settings.partitions)])
    found, ended = list[tuple[int, str, Any]](), set[int]()
    try:
        while len(ended) < bank.settings.partitions:
            message = consumer.poll(30.0)
            assert message is not None, "the broker gives no answer"
            partition, key, value = message.partition(), message.key(), message.value()
            assert partition is not None
            if message.error() is not None:
                ended.add(partition)
                continue
            assert key is not None
            told = None if value is None else msgspec.json.decode(value)
            found.append((partition, key.decode(), told))
    finally:
        consumer.close()
    return found


def latest(bank: Bank) -> Latest:
    last = {key: value for _, key, value in records(bank)}
    return {key: value for key, value in last.items() if value is not None}


def wanted(system: System) -> Latest:
    """What the ledgers say of every customer, now."""
    with system.reading() as (connection, schema):
        rows = connection.execute(f"SELECT subject FROM {schema}.customers".encode()).fetchall()
        ids = [str(row[0]).removeprefix("customer/") for row in rows]
        views = customer_views(connection, schema, ids, system.journal.volume)
    told = {f"customer/{one}": view for one, view in views.items() if view is not None}
    return {key: msgspec.json.decode(msgspec.json.encode(view)) for key, view in told.items()}


def wait_until_equal(bank: Bank, system: System) -> Latest:
    wait_until(lambda: latest(bank) == wanted(system), bank.logs)
    return latest(bank)


def step_through(view: CustomerView) -> None:
    view.begin()
    while view.step():
        pass


def test_the_topic_follows_every_customer(bank: Bank, system: System) -> None:
    admit(system, product(), customer(1, unit_id="bank:u1"), customer(2), customer(3), sale(1))
    worker = bank.worker("view")
    first = wait_until_equal(bank, system)
    assert set(first) == {"customer/bank:1", "customer/bank:2", "customer/bank:3"}
    one = first["customer/bank:1"]
    assert (one["schema"], one["customer_id"], one["unit_id"]) == (
        "urn:daybook:view:customer:1",
        "bank:1",
        "bank:u1",
    )
    assert [(held["sale_id"], held["state"], held["amount_minor"]) for held in one["sales"]] == [
        ("bank:s1", "in_force", 100_000)
    ]
    assert "Ada" not in str(first)
    assert "601 000 001" not in str(first)
    journal = {
        record.key.decode(): record.partition
        for record in stored_values_with_places(bank)
        if record.key is not None
    }
    assert {key: partition for partition, key, _ in records(bank)} == {key: journal[key] for key in first}

    admit(system, sale(2))
    assert len(wait_until_equal(bank, system)["customer/bank:1"]["sales"]) == 2

    merged = {"customer_id": "bank:1", "survivor_id": "bank:2", "evidence": "same document"}
    absorbed = {"customer_id": "bank:2", "merged_id": "bank:1", "evidence": "same document"}
    admit(
        system,
        cloud_event("customer.merged_into", "customer/bank:1", merged, "m1"),
        cloud_event("customer.absorbed", "customer/bank:2", absorbed, "m2"),
    )
    after = wait_until_equal(bank, system)
    assert "customer/bank:1" not in after
    assert {held["sale_id"] for held in after["customer/bank:2"]["sales"]} == {"bank:s1", "bank:s2"}
    admit(system, sale(3))
    assert len(wait_until_equal(bank, system)["customer/bank:2"]["sales"]) == 3

    Acts(system.journal, system.keyring, system.clock).shred("customer/bank:3", reason="erasure", by=None)
    system.settle()
    assert set(wait_until_equal(bank, system)) == {"customer/bank:2"}
    assert worker.stop() == 0


def stored_values_with_places(bank: Bank) -> Sequence[Any]:
    ends = bank.journal.ends()
    found: list[Any] = []
    starts = dict.fromkeys(ends, 0)
    while starts != ends:
        for record in bank.journal.read(starts, 1_000, 1.0):
            found.append(record)
            starts[record.partition] = record.offset + 1
    return found


def test_after_a_swap_all_is_published_and_what_is_no_more_ends(bank: Bank, system: System) -> None:
    admit(system, customer(1), customer(2))
    topic = ViewTopic(str(bank.settings.kafka), bank.settings.view_topic)
    with closing(topic), system.connect() as connection:
        view = CustomerView(connection, topic, system.generation, system.journal.volume)
        step_through(view)
        add_keys(connection, VIEW, ["customer/bank:gone"])
        topic.put([ViewRecord(b"customer/bank:gone", b"{}")])
        assert "customer/bank:gone" in latest(bank)
        before = load_state(connection, VIEW)
        job = system.rebuild_jobs.start("tester", compare=True, swap=True, keep=True)
        wait_until(lambda: system.rebuild_jobs.get(job.id).state == "done")
        step_through(view)
        state = load_state(connection, VIEW)
    assert before is not None
    assert state is not None
    assert state.place.generation > before.place.generation
    assert latest(bank) == wanted(system)


@pytest.mark.faults
def test_kill_9_anywhere_and_the_topic_comes_to_hold_the_same(bank: Bank, system: System) -> None:
    admit(system, *(customer(number) for number in range(1, MANY + 1)))
    for share in (0.2, 0.6):
        goal = int(MANY * share)
        worker = bank.worker("view")
        wait_until(lambda goal=goal: len(latest(bank)) >= goal, bank.logs)  # type: ignore[misc]
        worker.send(signal.SIGKILL)
        assert worker.wait() == -signal.SIGKILL
    admit(system, *(sale(number) for number in range(1, 20)))
    last = bank.worker("view")
    assert len(wait_until_equal(bank, system)) == MANY
    assert last.stop() == 0


class Died(Exception):
    """The worker ends here, as if killed."""


class DyingTopic:
    """The real topic; the process dies at a put, before it or after it was acknowledged."""

    def __init__(self, topic: ViewTopic, puts: int, *, after: bool) -> None:
        self._topic = topic
        self._left = puts
        self._after = after

    def ends(self) -> dict[int, int]:
        return self._topic.ends()

    def put(self, records: Sequence[ViewRecord]) -> dict[int, int]:
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Died
        written = self._topic.put(records)
        if self._left < 0:
            raise Died
        return written


@pytest.mark.faults
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "between the write and its note"])
def test_dying_at_each_write_loses_no_customer(
    bank: Bank, system: System, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewing, "BATCH_CUSTOMERS", 3)
    admit(system, *(customer(number) for number in range(1, 12)))
    topic = ViewTopic(str(bank.settings.kafka), bank.settings.view_topic)
    with closing(topic), system.connect() as connection:
        deaths = 0
        for turn in range(30):
            dying = DyingTopic(topic, 1, after=after)
            view = CustomerView(connection, dying, system.generation, system.journal.volume)
            if turn == 3:
                admit(system, sale(1), customer(12))
            try:
                step_through(view)
            except Died:
                deaths += 1
            else:
                break
        assert deaths > 3
        step_through(CustomerView(connection, topic, system.generation, system.journal.volume))
    assert latest(bank) == wanted(system)


def test_a_second_worker_stands_by_and_takes_over(bank: Bank, system: System) -> None:
    admit(system, customer(1))
    first = bank.worker("view")
    wait_until(lambda: "this process publishes the view now" in first.log(), bank.logs)
    second = bank.worker("view")
    wait_until_equal(bank, system)
    assert "publishes the view now" not in second.log()
    first.kill()
    wait_until(lambda: "this process publishes the view now" in second.log(), bank.logs)
    admit(system, customer(2))
    assert len(wait_until_equal(bank, system)) == 2
    assert second.stop() == 0


def test_a_writer_that_was_followed_by_another_writes_no_more(bank: Bank) -> None:
    bootstrap, name = str(bank.settings.kafka), bank.settings.view_topic
    with closing(ViewTopic(bootstrap, name)) as old, closing(ViewTopic(bootstrap, name)) as new:
        old.put([ViewRecord(b"customer/bank:1", b'"old"')])
        new.put([ViewRecord(b"customer/bank:1", b'"new"')])
        with pytest.raises(Fenced):
            old.put([ViewRecord(b"customer/bank:1", b'"older"')])
    assert latest(bank) == {"customer/bank:1": "new"}


def test_a_topic_that_was_made_again_gets_everything(bank: Bank, system: System) -> None:
    admit(system, customer(1), customer(2))
    name = bank.settings.view_topic
    topic = ViewTopic(str(bank.settings.kafka), name)
    with closing(topic), system.connect() as connection:
        step_through(CustomerView(connection, topic, system.generation, system.journal.volume))
    admin = AdminClient({"bootstrap.servers": str(bank.settings.kafka)})
    admin.delete_topics([name])[name].result()
    wait_until(lambda: name not in admin.list_topics(timeout=10).topics)
    create_topics(bank.settings, replication=1)
    worker = bank.worker("view")
    assert len(wait_until_equal(bank, system)) == 2
    assert "published anew" in worker.log()
    assert worker.stop() == 0
