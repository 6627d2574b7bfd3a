"""The journal in production: one Kafka topic behind the port, keyed by subject and kept for ever.

The composition root opens it. It never commits an offset to Kafka, never lets Kafka choose where to read
(an offset out of range stops), and never creates or changes a topic (topics.py does, when it is asked to).
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from events.envelope import Position
from services.errors import JournalIncomplete, JournalUnavailable, NotFound, WrongUse
from services.journal.kafka_reading import Fetcher, GroupReader, Reader
from services.journal.port import Record, StoredRecord
from services.journal.share import check_starts
from services.journal.topics import problems_of_journal

MAX_RECORD_BYTES = 4_000_000

_OVERHEAD_BYTES = 4_096
_BATCH_BYTES = 131_072
_QUEUE_KILOBYTES = 262_144
_LINGER_MS = 2
_POLL_SECONDS = 0.05
_FLUSH_SECONDS = 0.01
_TRY_AGAIN_SECONDS = 0.1
_log = logging.getLogger("daybook.journal.kafka")


class KafkaJournal:
    """A journal in the topic `topic` of the brokers at `bootstrap`; safe to share between threads.

    Opening a topic that is not there raises WrongUse; one with another number of partitions than
    `partitions`, where that is given, raises JournalIncomplete.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str = "daybook.journal",
        *,
        volume: int = 0,
        partitions: int | None = None,
        timeout_seconds: float = 30.0,
    ) -> None:
        self.volume = volume
        self._bootstrap = bootstrap
        self._topic = topic
        self._timeout_seconds = timeout_seconds
        self._admin = AdminClient({"bootstrap.servers": bootstrap}, logger=_log)
        self.partitions = self._count_partitions()
        self._expected = partitions or self.partitions
        self._check_partitions()
        self._producer: Producer | None = None
        self._producer_lock = threading.Lock()
        self._reader = Reader(bootstrap, topic, timeout_seconds)
        self._fetcher = Fetcher(bootstrap, topic, timeout_seconds)

    def append(self, records: Sequence[Record]) -> list[Position]:
        """Append in order and return when every record is acknowledged by all in-sync replicas."""
        wanted = [StoredRecord(-1, -1, record.key, record.value) for record in records]
        return [Position(self.volume, place[0], place[1]) for place in self._produce(wanted)]

    def append_at(self, records: Sequence[StoredRecord]) -> None:
        """Store records of another journal at the very places they had there, by an only writer.

        Each must stand at the end of its partition when its turn comes, so a load begins with an empty
        journal; WrongUse, and nothing stored, where one does not. JournalIncomplete if somebody else
        wrote meanwhile: delete the topic and load again.
        """
        following = self.ends()
        for record in records:
            expected = following.get(record.partition)
            if record.offset != expected:
                place = f"partition {record.partition}, offset {record.offset}"
                raise WrongUse(f"the record of {place} would stand at {expected}: load into an empty journal")
            following[record.partition] = record.offset + 1
        places = self._produce(records)
        if places != [(record.partition, record.offset) for record in records]:
            raise JournalIncomplete(f"somebody else wrote to {self._topic} during the load: load it anew")

    def read(self, starts: Mapping[int, int], limit: int, wait_seconds: float = 0.0) -> list[StoredRecord]:
        """Up to `limit` records from these offsets on; a read that has reached the end does not linger."""
        with self._reader.lock:
            if not self._reader.goes_on_at(starts):
                ends = self.ends()
                check_starts(starts, self.begins(), ends)
                self._reader.move_to(starts, ends)
            elif not self._reader.known_ahead() and wait_seconds <= 0:
                ends = self.ends()
                check_starts(starts, dict.fromkeys(starts, 0), ends)
                self._reader.learn_ends(ends)
            return self._reader.pull(limit, wait_seconds)

    def fetch(self, positions: Sequence[Position]) -> list[StoredRecord]:
        """The records at these positions, in the order asked; near ones of one partition in one go."""
        ends = self.ends()
        for position in positions:
            in_reach = 0 <= position.offset < ends.get(position.partition, 0)
            if position.volume != self.volume or not in_reach:
                raise NotFound(f"the journal has no record at {position}")
        places = [(position.partition, position.offset) for position in positions]
        found = self._fetcher.fetch(set(places))
        return [found[place] for place in places]

    def begins(self) -> dict[int, int]:
        """First offset of every partition."""
        return self._offsets(OffsetSpec.earliest())  # type: ignore[no-untyped-call]

    def ends(self) -> dict[int, int]:
        """Next offset to be written, of every partition."""
        return self._offsets(OffsetSpec.latest())  # type: ignore[no-untyped-call]

    def check(self) -> None:
        """Raise JournalIncomplete unless the topic keeps everything, from offset 0, in as many partitions."""
        self.partitions = self._count_partitions()
        self._check_partitions()
        problems = problems_of_journal(self._bootstrap, self._topic)
        problems += [
            f"partition {partition} begins at {begin}, its first records are gone"
            for partition, begin in self.begins().items()
            if begin != 0
        ]
        if problems:
            raise JournalIncomplete(f"the topic {self._topic} is not a whole journal: {'; '.join(problems)}")

    def subscribe_group(
        self,
        group: str,
        on_assigned: Callable[[list[int]], Mapping[int, int]],
        on_revoked: Callable[[list[int]], None],
        *,
        session_timeout_seconds: float = 10.0,
    ) -> GroupReader:
        """Share the partitions with the other members of a consumer group.

        `on_assigned` is given the partitions that came and answers the next offset of each; `on_revoked`
        those that went. Both are called from within `GroupReader.read` and `close`.
        """
        return GroupReader(
            self._bootstrap,
            self._topic,
            group,
            on_assigned,
            on_revoked,
            timeout_seconds=self._timeout_seconds,
            session_timeout_seconds=session_timeout_seconds,
        )

    def close(self) -> None:
        """Release the connections."""
        self._reader.close()
        self._fetcher.close()
        self._drop_producer(self._producer)

    def _produce(self, records: Sequence[StoredRecord]) -> list[tuple[int, int]]:
        """Send them and wait for all acknowledgements; on the first failure nothing more of it is sent."""
        largest = max((len(record.value or b"") + len(record.key or b"") for record in records), default=0)
        if largest > MAX_RECORD_BYTES:
            raise WrongUse(
                f"a record of {largest} bytes is beyond the {MAX_RECORD_BYTES} that a journal takes"
            )
        producer = self._open_producer()
        batch = _Batch(len(records))
        deadline = time.monotonic() + self._timeout_seconds + 5
        try:
            for index, record in enumerate(records):
                self._send(producer, record, partial(batch.acknowledge, index), deadline)
            while batch.waiting and batch.error is None:
                producer.flush(_FLUSH_SECONDS)  # sends at once, where a poll lets the client linger
                if time.monotonic() > deadline:
                    raise JournalUnavailable(f"no acknowledgement from {self._topic} in time")
        except (KafkaException, JournalUnavailable) as error:
            self._drop_producer(producer)
            raise JournalUnavailable(f"cannot append to {self._topic}: {error}") from error
        if batch.error is not None:
            self._drop_producer(producer)
            raise JournalUnavailable(f"cannot append to {self._topic}: {batch.error.str()}")
        if batch.unplaced:
            raise JournalUnavailable(
                f"{batch.unplaced} records of {self._topic} are stored, but the broker does not say where:"
                " send them again, each counts once"
            )
        return batch.places

    def _send(
        self,
        producer: Producer,
        record: StoredRecord,
        acknowledge: Callable[[KafkaError | None, Message], None],
        deadline: float,
    ) -> None:
        while True:
            try:
                producer.produce(
                    self._topic, record.value, record.key, record.partition, on_delivery=acknowledge
                )
            except BufferError:  # the queue is full: let acknowledgements in
                if time.monotonic() > deadline:
                    raise JournalUnavailable("the queue to the broker stays full") from None
                producer.poll(_POLL_SECONDS)
            else:
                return

    def _open_producer(self) -> Producer:
        with self._producer_lock:
            if self._producer is None:
                self._producer = Producer(
                    _producer_settings(self._bootstrap, self._timeout_seconds), logger=_log
                )
            return self._producer

    def _drop_producer(self, producer: Producer | None) -> None:
        """Forget a producer and what it still holds, so that no late retry lands behind a newer append."""
        with self._producer_lock:
            if producer is not None and self._producer is producer:
                self._producer = None
                producer.purge()
                producer.flush(1.0)

    def _count_partitions(self) -> int:
        try:
            topics = self._admin.list_topics(timeout=self._timeout_seconds).topics
        except KafkaException as error:
            raise JournalUnavailable(f"no broker answers at {self._bootstrap}: {error}") from error
        if self._topic not in topics:  # asking for it by name could create it
            raise WrongUse(f"there is no topic {self._topic}: create it with `daybook topics create`")
        return len(topics[self._topic].partitions)

    def _check_partitions(self) -> None:
        if self.partitions != self._expected:
            raise JournalIncomplete(
                f"the topic {self._topic} has {self.partitions} partitions, not {self._expected}:"
                " their number never changes; more of them means a new volume"
            )

    def _offsets(self, spec: OffsetSpec) -> dict[int, int]:
        asked = {TopicPartition(self._topic, partition): spec for partition in range(self.partitions)}
        deadline = time.monotonic() + self._timeout_seconds
        while True:
            problem = "the broker went away while it answered"
            try:
                answers = self._admin.list_offsets(asked, request_timeout=self._timeout_seconds)
                found = {place.partition: answer.result().offset for place, answer in answers.items()}
                if all(offset >= 0 for offset in found.values()):
                    return found  # a broker killed at this moment makes the client answer -1001, no error
            except KafkaException as error:
                problem = str(error)
            if time.monotonic() > deadline:
                raise JournalUnavailable(f"{self._topic} does not tell its offsets: {problem}")
            with suppress(KafkaException):  # the client keeps to a leader's old epoch until it asks anew
                self._admin.list_topics(timeout=self._timeout_seconds)
            time.sleep(_TRY_AGAIN_SECONDS)


class _Batch:
    """The acknowledgements of one append, by place in it."""

    def __init__(self, count: int) -> None:
        self.waiting = count
        self.places: list[tuple[int, int]] = [(-1, -1)] * count
        self.error: KafkaError | None = None
        self.unplaced = 0
        """Acknowledged without an offset: the broker knew a retry for a second copy and kept the first."""

    def acknowledge(self, index: int, error: KafkaError | None, message: Message) -> None:
        self.waiting -= 1
        if error is not None:
            self.error = self.error or error
            return
        partition, offset = message.partition(), message.offset()
        if partition is None or offset is None or offset < 0:
            self.unplaced += 1
        else:
            self.places[index] = (partition, offset)


def _producer_settings(bootstrap: str, timeout_seconds: float) -> dict[str, str | int | float | bool]:
    return {
        "bootstrap.servers": bootstrap,
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "compression.type": "lz4",
        "linger.ms": _LINGER_MS,
        "batch.size": _BATCH_BYTES,
        "message.max.bytes": MAX_RECORD_BYTES + _OVERHEAD_BYTES,
        "queue.buffering.max.kbytes": _QUEUE_KILOBYTES,
        "delivery.timeout.ms": int(timeout_seconds * 1000),
        "request.timeout.ms": min(10_000, int(timeout_seconds * 1000)),
        "socket.keepalive.enable": True,
    }
