"""What only the Kafka journal promises: a topic that lets records go, changed or was made anew, stops it."""

import time
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

from events.envelope import Position
from services.config import Settings
from services.errors import JournalIncomplete, JournalUnavailable, WrongUse
from services.journal.kafka import KafkaJournal
from services.journal.kafka_reading import GroupReader
from services.journal.port import Record, StoredRecord
from services.journal.topics import check_topics, create_topics, journal_topic, make_topics
from tests.broker import LocalBroker, free_port
from tests.journal.test_contract import everything, records

pytestmark = pytest.mark.kafka

TIMEOUT_SECONDS = 30.0


@pytest.fixture
def journal(kafka_bootstrap: str, kafka_topic: str) -> Iterator[KafkaJournal]:
    make_topics(kafka_bootstrap, [journal_topic(kafka_topic, 4)], replication=1)
    journal = KafkaJournal(kafka_bootstrap, kafka_topic, partitions=4)
    yield journal
    journal.close()


@pytest.fixture
def admin(kafka_bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka_bootstrap})


def change_setting(admin: AdminClient, topic: str, setting: str, value: str) -> None:
    change = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[change])
    admin.incremental_alter_configs([resource])[resource].result(TIMEOUT_SECONDS)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while admin.describe_configs([resource])[resource].result(TIMEOUT_SECONDS)[setting].value != value:
        assert time.monotonic() < deadline, f"{setting} of {topic} does not change"


def add_partitions(admin: AdminClient, topic: str, count: int) -> None:
    """Let the topic have so many, and wait until the broker says so: it answers before it knows itself."""
    admin.create_partitions([NewPartitions(topic, count)])[topic].result(TIMEOUT_SECONDS)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while len(admin.list_topics(timeout=TIMEOUT_SECONDS).topics[topic].partitions) != count:
        assert time.monotonic() < deadline, f"{topic} does not get {count} partitions"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("cleanup.policy", "compact"),
        ("cleanup.policy", "compact,delete"),
        ("retention.ms", "604800000"),
        ("retention.bytes", "1000000"),
    ],
)
def test_a_topic_that_lets_records_go_is_refused(
    journal: KafkaJournal, admin: AdminClient, kafka_topic: str, setting: str, value: str
) -> None:
    journal.check()
    change_setting(admin, kafka_topic, setting, value)
    with pytest.raises(JournalIncomplete, match=f"{setting}={value}"):
        journal.check()


def test_an_added_partition_is_refused(
    journal: KafkaJournal, admin: AdminClient, kafka_bootstrap: str, kafka_topic: str
) -> None:
    add_partitions(admin, kafka_topic, 5)
    with pytest.raises(JournalIncomplete, match="has 5 partitions, not 4"):
        journal.check()
    with pytest.raises(JournalIncomplete, match="has 5 partitions, not 4"):
        KafkaJournal(kafka_bootstrap, kafka_topic, partitions=4)


def test_a_trimmed_topic_is_refused(journal: KafkaJournal, admin: AdminClient, kafka_topic: str) -> None:
    journal.append(records(200))
    assert len(everything(journal)) == 200
    trimmed = TopicPartition(kafka_topic, 1, 3)
    admin.delete_records([trimmed])[trimmed].result(TIMEOUT_SECONDS)
    with pytest.raises(JournalIncomplete, match="partition 1 begins at 3"):
        journal.check()
    with pytest.raises(JournalIncomplete, match="outside 3"):
        journal.read({0: 0, 1: 0}, 100)
    with pytest.raises(JournalIncomplete, match="no longer holds offset"):
        journal.fetch([Position(0, 1, 0)])


def test_a_topic_that_is_not_there_is_refused(kafka_bootstrap: str, kafka_topic: str) -> None:
    with pytest.raises(WrongUse, match="there is no topic"):
        KafkaJournal(kafka_bootstrap, kafka_topic)


def test_a_broker_that_does_not_answer_is_told(kafka_topic: str) -> None:
    with pytest.raises(JournalUnavailable, match="no broker answers"):
        KafkaJournal(f"127.0.0.1:{free_port()}", kafka_topic, timeout_seconds=1)


def test_a_record_beyond_the_limit_is_refused_and_the_limit_fits(journal: KafkaJournal) -> None:
    with pytest.raises(WrongUse, match="4000001 bytes"):
        journal.append([Record(b"k", bytes(4_000_000))])
    position = journal.append([Record(b"k", bytes(3_999_999))])
    assert len(journal.fetch(position)[0].value or b"") == 3_999_999
    assert len(everything(journal)) == 1


def test_topics_are_made_once_and_checked(kafka_bootstrap: str, kafka_topic: str, admin: AdminClient) -> None:
    settings = Settings(
        kafka=kafka_bootstrap,
        journal_topic=kafka_topic,
        intake_topic=f"{kafka_topic}.intake",
        quarantine_topic=f"{kafka_topic}.quarantine",
        partitions=6,
    )
    assert f"{kafka_topic} is missing" in check_topics(settings)[0]
    made = create_topics(settings, replication=1)
    assert [kafka_topic, f"{kafka_topic}.intake", f"{kafka_topic}.quarantine"] == made[:3]
    assert create_topics(settings, replication=1) == []
    of_this_test = [problem for problem in check_topics(settings) if problem.startswith(kafka_topic)]
    assert of_this_test == []
    change_setting(admin, f"{kafka_topic}.intake", "retention.ms", "1000")
    assert f"{kafka_topic}.intake has retention.ms=1000, it must be 604800000" in check_topics(settings)


class Member:
    """A projector's side of a group: its watermarks are shared by all members, as a database's are."""

    def __init__(self, journal: KafkaJournal, group: str, watermarks: dict[int, int]) -> None:
        self.watermarks = watermarks
        self.held: set[int] = set()
        self.seen: list[StoredRecord] = []
        self.reader: GroupReader = journal.subscribe_group(
            group, self.assigned, self.revoked, session_timeout_seconds=6.0
        )

    def assigned(self, partitions: list[int]) -> dict[int, int]:
        self.held.update(partitions)
        return {partition: self.watermarks[partition] for partition in partitions}

    def revoked(self, partitions: list[int]) -> None:
        self.held.difference_update(partitions)

    def step(self) -> None:
        for record in self.reader.read(100, 0.05):
            assert record.offset == self.watermarks[record.partition]
            self.watermarks[record.partition] += 1
            self.seen.append(record)


def step_until(members: list[Member], reached: Callable[[], bool]) -> None:
    for _ in range(600):
        for member in members:
            member.step()
        if reached():
            return
    pytest.fail(f"the members hold {[member.held for member in members]}")


def test_members_of_a_group_share_partitions_and_lose_nothing(
    journal: KafkaJournal, kafka_topic: str
) -> None:
    journal.append(records(400))
    watermarks = dict.fromkeys(range(4), 0)
    one = Member(journal, f"{kafka_topic}.group", watermarks)
    step_until([one], lambda: watermarks == journal.ends())
    assert one.held == {0, 1, 2, 3}

    two = Member(journal, f"{kafka_topic}.group", watermarks)
    step_until([one, two], lambda: len(one.held) == len(two.held) == 2)
    assert one.held | two.held == {0, 1, 2, 3}
    journal.append(records(400))
    step_until([one, two], lambda: watermarks == journal.ends())
    assert two.seen

    one.reader.close()
    journal.append(records(400))
    step_until([two], lambda: two.held == {0, 1, 2, 3} and watermarks == journal.ends())
    two.reader.close()
    assert len(one.seen) + len(two.seen) == 1_200
    assert sorted(one.seen + two.seen) == sorted(everything(journal))


@pytest.mark.faults
def test_a_killed_broker_keeps_what_it_acknowledged(local_broker: LocalBroker) -> None:
    broker = local_broker
    make_topics(broker.bootstrap, [journal_topic("j", 4)], replication=1)
    journal = KafkaJournal(broker.bootstrap, "j", partitions=4, timeout_seconds=3)
    before = journal.append(records(2_000))
    assert len(everything(journal)) == 2_000

    broker.kill()
    with pytest.raises(JournalUnavailable):
        journal.append(records(10))
    with pytest.raises(JournalUnavailable):
        journal.ends()
    broker.start()

    assert set(before) <= {Position(0, record.partition, record.offset) for record in everything(journal)}
    after = journal.append(records(100))
    assert [record.value for record in journal.fetch(after)] == [record.value for record in records(100)]
    assert min(after) not in before
    journal.close()


def test_a_topic_made_anew_stops_its_reader(
    journal: KafkaJournal, admin: AdminClient, kafka_bootstrap: str, kafka_topic: str
) -> None:
    journal.append([Record(b"customer/a:1", b"%d" % number) for number in range(100)])
    starts = journal.ends()
    assert journal.read(starts, 10) == []
    admin.delete_topics([kafka_topic])[kafka_topic].result(TIMEOUT_SECONDS)
    again = journal_topic(kafka_topic, 4)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not make_topics(kafka_bootstrap, [again], replication=1):
        assert time.monotonic() < deadline, f"{kafka_topic} is not gone"
    reopened = KafkaJournal(kafka_bootstrap, kafka_topic, partitions=4)
    with pytest.raises(JournalIncomplete, match=r"outside 0\.\.0"):
        reopened.read(starts, 10)
    reopened.close()
    with pytest.raises(JournalIncomplete):
        journal.read(starts, 10)
