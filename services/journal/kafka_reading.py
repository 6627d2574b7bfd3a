"""Reading a Kafka journal: one reader along it, one member of a group, and one fetcher of single records.

Only kafka.py uses these. None of them ever commits an offset, resets one, or passes over a gap.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from services.errors import JournalIncomplete, JournalUnavailable
from services.journal.port import StoredRecord

_STEADY_SECONDS = 0.1
_GATHER_SECONDS = 0.005
_RUN_GAP_RECORDS = 200
_FETCH_RECORDS = 500
_TURN_BYTES = 262_144  # twice a producer's batch: below one batch, most partitions would come away empty
_NEVER_COMMITTED = "daybook.reader"
_PASSING = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError._MAX_POLL_EXCEEDED,
    }
)
_log = logging.getLogger("daybook.journal.kafka")

_Settings = dict[str, str | int | float | bool]


class Puller:
    """Batches from a consumer whose partitions somebody else assigns; knows the next offset of each."""

    def __init__(
        self, consumer: Consumer, topic: str, timeout_seconds: float, steady_seconds: float = _STEADY_SECONDS
    ) -> None:
        self._consumer = consumer
        self._steady_seconds = steady_seconds
        self._topic = topic
        self._timeout_seconds = timeout_seconds
        self.following: dict[int, int] = {}
        self._ends: dict[int, int] = {}

    def begin(self, starts: Mapping[int, int]) -> None:
        """Partitions that are read from now on, beside those already read."""
        self.following.update(starts)

    def end(self, partitions: list[int]) -> None:
        """Partitions that are read no more."""
        for partition in partitions:
            self.following.pop(partition, None)
            self._ends.pop(partition, None)

    def learn_ends(self, ends: Mapping[int, int]) -> None:
        """What a broker said about the ends of the partitions."""
        self._ends.update(ends)

    def known_ahead(self) -> int:
        """How many records are known to lie ahead, without asking a broker."""
        ahead = 0
        for partition, following in self.following.items():
            _, high = self._consumer.get_watermark_offsets(
                TopicPartition(self._topic, partition), cached=True
            )
            ahead += max(0, high - following, self._ends.get(partition, 0) - following)
        return ahead

    def pull(self, limit: int, wait_seconds: float) -> list[StoredRecord]:
        """Up to `limit` records; waits `wait_seconds` for one, longer where some are known to be there.

        JournalUnavailable if records that are there do not come within the time limit.
        """
        started = time.monotonic()
        records: list[StoredRecord] = []
        while not records:
            ahead = self.known_ahead()
            waited_seconds = time.monotonic() - started
            if not ahead and waited_seconds > wait_seconds:
                return []
            if ahead and waited_seconds > max(wait_seconds, self._timeout_seconds):
                raise JournalUnavailable(f"{ahead} records of {self._topic} are there but do not come")
            if ahead:
                messages = self._consumer.consume(min(limit, ahead), self._steady_seconds)
            else:
                messages = self._consumer.consume(1, max(0.0, wait_seconds - waited_seconds))
                if messages and limit > 1:
                    messages += self._consumer.consume(limit - 1, _GATHER_SECONDS)
            records = [record for message in messages for record in self._take(message)]
            if not ahead and not messages and not self.following:
                return []
        return records

    def _take(self, message: Message) -> Iterator[StoredRecord]:
        error = message.error()
        if error is not None:
            self._judge(error, message)
            return
        partition, offset = message.partition(), message.offset()
        assert partition is not None
        assert offset is not None
        expected = self.following.get(partition)
        if expected is None:
            return  # a record of a partition that was revoked meanwhile
        if offset != expected:
            raise JournalIncomplete(
                f"partition {partition} of {self._topic} goes on at {offset} where {expected} should be:"
                " records were removed, or another program wrote transactions into it"
            )
        self.following[partition] = offset + 1
        yield StoredRecord(partition, offset, _as_bytes(message.key()), _as_bytes(message.value()))

    def _judge(self, error: KafkaError, message: Message) -> None:
        if _is_passing(error):
            return
        place = f"partition {message.partition()} of {self._topic}"
        if error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise JournalIncomplete(
                f"{place} no longer holds offset {message.offset()}: the topic was trimmed, truncated or made"
                " anew; restore it, or rebuild from an archive"
            )
        if error.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION):
            raise JournalIncomplete(f"{place} is gone: {error.str()}")
        raise JournalUnavailable(f"cannot read {place}: {error.str()}")


class Reader(Puller):
    """The one reader of a journal object: keeps its place between calls; hold `lock` while using it."""

    def __init__(self, bootstrap: str, topic: str, timeout_seconds: float) -> None:
        self.lock = threading.Lock()
        super().__init__(Consumer(_bulk(bootstrap), logger=_log), topic, timeout_seconds)

    def goes_on_at(self, starts: Mapping[int, int]) -> bool:
        """Whether it would go on at these offsets by itself; partitions it is not asked for it lets go, so
        that what was read ahead of the others is not read again."""
        if not starts.items() <= self.following.items():
            return False
        if gone := sorted(self.following.keys() - starts.keys()):
            self._consumer.incremental_unassign([TopicPartition(self._topic, part) for part in gone])
            self.end(gone)
        return True

    def move_to(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Go on from these offsets, knowing that the partitions reach to `ends`."""
        self.following = dict(starts)
        self._ends = {partition: ends[partition] for partition in starts}
        self._consumer.assign([TopicPartition(self._topic, *start) for start in starts.items()])

    def close(self) -> None:
        """Close the connections."""
        with self.lock:
            self._consumer.close()


class GroupReader(Puller):
    """One member of a consumer group: reads the partitions that the group gives it.

    Its offsets come from the caller and go to the caller; Kafka only deals out the partitions.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        group: str,
        on_assigned: Callable[[list[int]], Mapping[int, int]],
        on_revoked: Callable[[list[int]], None],
        *,
        timeout_seconds: float,
        session_timeout_seconds: float,
    ) -> None:
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        settings = _bulk(bootstrap) | {
            "group.id": group,
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": int(session_timeout_seconds * 1000),
            "heartbeat.interval.ms": int(session_timeout_seconds * 200),
        }
        super().__init__(Consumer(settings, logger=_log), topic, timeout_seconds)
        self._consumer.subscribe(
            [topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked
        )

    def read(self, limit: int, wait_seconds: float) -> list[StoredRecord]:
        """Up to `limit` records of the partitions held, waiting at most `wait_seconds` for the first.

        It must be called again within five minutes, or the group deals the partitions out anew.
        """
        return self.pull(limit, wait_seconds)

    def close(self) -> None:
        """Leave the group; its other members take the partitions over."""
        self._consumer.close()

    def _assigned(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        partitions = sorted(place.partition for place in places)
        starts = self._on_assigned(partitions)
        self.begin({partition: starts[partition] for partition in partitions})
        consumer.incremental_assign(
            [TopicPartition(self._topic, partition, starts[partition]) for partition in partitions]
        )

    def _revoked(self, _: Consumer, places: list[TopicPartition]) -> None:
        partitions = sorted(place.partition for place in places)
        self.end(partitions)
        self._on_revoked(partitions)


class Fetcher:
    """Single records by their place, through a consumer of its own that reads hardly anything ahead."""

    def __init__(self, bootstrap: str, topic: str, timeout_seconds: float) -> None:
        self._lock = threading.Lock()
        self._topic = topic
        self._timeout_seconds = timeout_seconds
        settings = _reading(bootstrap) | {
            "fetch.wait.max.ms": 5,
            "fetch.queue.backoff.ms": 1,
            "queued.min.messages": 2_000,
            "fetch.message.max.bytes": _TURN_BYTES,
        }
        self._consumer = Consumer(settings, logger=_log)

    def fetch(self, places: set[tuple[int, int]]) -> dict[tuple[int, int], StoredRecord]:
        """The records at these (partition, offset), all of which exist."""
        found: dict[tuple[int, int], StoredRecord] = {}
        with self._lock:
            rounds = _rounds(places)
            try:
                for runs in rounds:
                    self._read_runs(runs, places, found)
            finally:
                self._consumer.unassign()
        return found

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._consumer.close()

    def _read_runs(
        self,
        runs: Mapping[int, tuple[int, int]],
        places: set[tuple[int, int]],
        found: dict[tuple[int, int], StoredRecord],
    ) -> None:
        """Read one run of each partition, first to last."""
        self._consumer.assign([TopicPartition(self._topic, part, run[0]) for part, run in runs.items()])
        puller = Puller(self._consumer, self._topic, self._timeout_seconds, _GATHER_SECONDS)
        puller.begin({partition: first for partition, (first, _) in runs.items()})
        puller.learn_ends({partition: last + 1 for partition, (_, last) in runs.items()})
        deadline = time.monotonic() + self._timeout_seconds
        while left := sum(max(0, run[1] + 1 - puller.following[part]) for part, run in runs.items()):
            if time.monotonic() > deadline:
                raise JournalUnavailable(f"records of {self._topic} do not come in time")
            for record in puller.pull(min(left, _FETCH_RECORDS), 0.0):
                if (record.partition, record.offset) in places:
                    found[record.partition, record.offset] = record


def _is_passing(error: KafkaError) -> bool:
    """Whether the client gets over this by itself, given time."""
    return error.retriable() or error.code() in _PASSING


def _rounds(places: set[tuple[int, int]]) -> list[dict[int, tuple[int, int]]]:
    """The offsets as runs (first, last) that are worth reading through, one of each partition a round."""
    rounds: list[dict[int, tuple[int, int]]] = []
    number = -1
    last_partition = -1
    for partition, offset in sorted(places):
        if partition != last_partition:
            number, last_partition = -1, partition
        if number >= 0 and offset - rounds[number][partition][1] <= _RUN_GAP_RECORDS:
            rounds[number][partition] = (rounds[number][partition][0], offset)
            continue
        number += 1
        if number == len(rounds):
            rounds.append({})
        rounds[number][partition] = (offset, offset)
    return rounds


def _reading(bootstrap: str) -> _Settings:
    return {
        "bootstrap.servers": bootstrap,
        "group.id": _NEVER_COMMITTED,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "fetch.queue.backoff.ms": 5,
        "socket.keepalive.enable": True,
    }


def _bulk(bootstrap: str) -> _Settings:
    """Settings for reading along; a partition's share of one answer is small so that all take turns."""
    return _reading(bootstrap) | {
        "fetch.wait.max.ms": 100,
        "fetch.message.max.bytes": _TURN_BYTES,
        "queued.min.messages": 100_000,
        "queued.max.messages.kbytes": 65_536,
    }


def _as_bytes(field: str | bytes | None) -> bytes | None:
    return field.encode() if isinstance(field, str) else field
