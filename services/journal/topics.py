"""The topics of Daybook on a Kafka broker: what each must keep, made and checked with an admin client.

`daybook topics create`, `daybook topics check` and the start of every worker call it. It creates what is
missing; it never alters or deletes a topic, and never passes over a topic that keeps less than it should.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from services.errors import JournalUnavailable, WrongUse
from services.journal.port import PARTITIONS

_TIMEOUT_SECONDS = 30.0
_TRY_AGAIN_SECONDS = 0.1
_log = logging.getLogger("daybook.journal.kafka")
_DAY_MS = 86_400_000
_MAX_RECORD_BYTES = "4194304"
_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


class TopicNames(Protocol):
    """What of the settings (services/config.py) concerns topics."""

    kafka: str | None
    journal_topic: str
    intake_topic: str
    quarantine_topic: str
    view_topic: str
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
        Topic(settings.quarantine_topic, 1, _kept_days(90), _SIZE),
        Topic(settings.view_topic, settings.partitions, {"cleanup.policy": "compact"}, _SIZE),
    )


def create_topics(settings: TopicNames, *, replication: int = -1) -> list[str]:
    """Create the topics that are missing and return their names; -1 is the broker's own replication."""
    return make_topics(_broker(settings), topics_of(settings), replication=replication)


def check_topics(settings: TopicNames) -> list[str]:
    """What is wrong with the topics, a sentence each; empty if nothing is."""
    with _admin(_broker(settings)) as admin:
        counts = _partition_counts(admin)
        return [problem for topic in topics_of(settings) for problem in _problems(admin, topic, counts)]


def make_topics(bootstrap: str, topics: Sequence[Topic], *, replication: int = -1) -> list[str]:
    """Create those of these topics that are missing and return their names."""
    wanted = [
        NewTopic(
            topic.name,
            num_partitions=topic.partitions,
            replication_factor=replication,
            config={**topic.keeps, **topic.also},
        )
        for topic in topics
    ]
    made = []
    with _admin(bootstrap) as admin:
        for name, answer in admin.create_topics(wanted, request_timeout=_TIMEOUT_SECONDS).items():
            try:
                answer.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
            else:
                made.append(name)
        _wait_until_known(admin, [topic.name for topic in topics])
    return made


def problems_of_journal(bootstrap: str, name: str) -> list[str]:
    """What in this topic's settings would let records of a journal go; empty if nothing would."""
    with _admin(bootstrap) as admin:
        return _problems_of_keeping(admin, journal_topic(name))


def _problems(admin: AdminClient, topic: Topic, counts: Mapping[str, int]) -> list[str]:
    count = counts.get(topic.name)
    if count is None:
        return [f"{topic.name} is missing: create it with `daybook topics create`"]
    if count != topic.partitions:
        return [f"{topic.name} has {count} partitions, not {topic.partitions}: their number never changes"]
    return _problems_of_keeping(admin, topic)


def _problems_of_keeping(admin: AdminClient, topic: Topic) -> list[str]:
    resource = ConfigResource(ResourceType.TOPIC, topic.name)
    answers = admin.describe_configs([resource], request_timeout=_TIMEOUT_SECONDS)
    found = answers[resource].result()
    return [
        f"{topic.name} has {setting}={found[setting].value}, it must be {value}"
        for setting, value in topic.keeps.items()
        if found[setting].value != value
    ]


def _partition_counts(admin: AdminClient) -> dict[str, int]:
    """All topics of the brokers; asking for one by name could create it."""
    described = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    return {name: len(topic.partitions) for name, topic in described.items() if topic.error is None}


def _wait_until_known(admin: AdminClient, names: Sequence[str]) -> None:
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while not set(names) <= _partition_counts(admin).keys():
        if time.monotonic() > deadline:
            raise JournalUnavailable(f"the topics {', '.join(names)} were created but do not appear")
        time.sleep(_TRY_AGAIN_SECONDS)


@contextmanager
def _admin(bootstrap: str) -> Iterator[AdminClient]:
    try:
        yield AdminClient({"bootstrap.servers": bootstrap}, logger=_log)
    except KafkaException as error:
        raise JournalUnavailable(
            f"the broker at {bootstrap} does not answer about topics: {error}"
        ) from error


def _broker(settings: TopicNames) -> str:
    if settings.kafka is None:
        raise WrongUse("topics exist only on Kafka: set DAYBOOK_KAFKA=host:port")
    return settings.kafka


def _kept_days(days: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY_MS)}


_SIZE = {"max.message.bytes": _MAX_RECORD_BYTES}
