# mypy: untyped-calls-exclude=kafka
"""The topics of Daybook on a Kafka broker: what each must keep, made and checked with an admin client.

`daybook topics create|check` and the start of every worker call it. It creates what is missing; it never
alters or deletes a topic, and never passes over a topic that keeps less than it should.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from services.errors import JournalUnavailable
from services.journal.port import PARTITIONS

_DAY_MS = 86_400_000
_MAX_RECORD_BYTES = "4194304"
_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


class TopicNames(Protocol):
    """What of the settings (services/config.py) concerns topics."""

    kafka: str | None
    journal_topic: str
    intake_topic: str
    quarantine_topic: str
    partitions: int


class Topic(NamedTuple):
    """A topic that Daybook uses: `keeps` are the settings that must hold, on pain of losing records."""

    name: str
    partitions: int
    keeps: Mapping[str, str]
    also: Mapping[str, str]
    """Set when it is created, free to be tuned later."""


def journal_topic(name: str, partitions: int = PARTITIONS) -> Topic:
    """The journal: everything, for ever, never compacted, in a fixed number of partitions."""
    return Topic(name, partitions, _FOR_EVER, {"compression.type": "lz4"} | _SIZE)


def topics_of(settings: TopicNames) -> tuple[Topic, ...]:
    """Every topic, in the order in which they are made and checked."""
    return (
        journal_topic(settings.journal_topic, settings.partitions),
        Topic(settings.intake_topic, settings.partitions, _kept_days(7), _SIZE),
        Topic(settings.quarantine_topic, settings.partitions, _kept_days(90), _SIZE),
        Topic("daybook.view.customer", settings.partitions, {"cleanup.policy": "compact"}, _SIZE),
    )


def create_topics(settings: TopicNames, *, replication: int = -1) -> list[str]:
    """Create the topics that are missing and return their names; -1 is the broker's own replication."""
    return make_topics(_broker(settings), topics_of(settings), replication=replication)


def check_topics(settings: TopicNames) -> list[str]:
    """What is wrong with the topics, a sentence each; empty if nothing is."""
    with _admin(_broker(settings)) as admin:
        return [problem for topic in topics_of(settings) for problem in _problems(admin, topic)]


def make_topics(
    bootstrap: str, topics: Sequence[Topic], *, replication: int = -1, timeout_seconds: float = 30.0
) -> list[str]:
    """Create those of these topics that are missing and return their names."""
    made = []
    with _admin(bootstrap, timeout_seconds) as admin:
        for topic in topics:
            wanted = {
                "num_partitions": topic.partitions,
                "replication_factor": replication,
                "configs": {**topic.keeps, **topic.also},
            }
            try:
                admin.create_topics({topic.name: wanted}, wait_for_metadata=True)
            except TopicAlreadyExistsError:
                continue
            made.append(topic.name)
    return made


def problems_of_journal(bootstrap: str, name: str, timeout_seconds: float = 30.0) -> list[str]:
    """What in this topic's settings would let records of a journal go; empty if nothing would."""
    with _admin(bootstrap, timeout_seconds) as admin:
        return _problems_of_keeping(admin, journal_topic(name))


def _problems(admin: KafkaAdminClient, topic: Topic) -> list[str]:
    described = admin.describe_topics([topic.name])
    if not described or described[0]["error_code"] != 0:
        return [f"{topic.name} is missing: create it with `daybook topics create`"]
    count = len(described[0]["partitions"])
    if count != topic.partitions:
        return [f"{topic.name} has {count} partitions, not {topic.partitions}: their number never changes"]
    return _problems_of_keeping(admin, topic)


def _problems_of_keeping(admin: KafkaAdminClient, topic: Topic) -> list[str]:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    answer = admin.describe_configs([resource], config_filter="all")
    found: dict[str, dict[str, Any]] = answer["topic"][topic.name]
    return [
        f"{topic.name} has {setting}={found[setting]['value']}, it must be {value}"
        for setting, value in topic.keeps.items()
        if found[setting]["value"] != value
    ]


@contextmanager
def _admin(bootstrap: str, timeout_seconds: float = 30.0) -> Iterator[KafkaAdminClient]:
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap,
            request_timeout_ms=int(timeout_seconds * 1000),
            client_id="daybook-topics",
        )
        try:
            yield admin
        finally:
            admin.close()
    except KafkaError as error:
        raise JournalUnavailable(
            f"the broker at {bootstrap} does not answer about topics: {error}"
        ) from error


def _broker(settings: TopicNames) -> str:
    assert settings.kafka is not None, "topics exist only on Kafka: set DAYBOOK_KAFKA"
    return settings.kafka


def _kept_days(days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY_MS)}


_SIZE = {"max.message.bytes": _MAX_RECORD_BYTES}
