"""A compacted topic that carries a view: the latest record of each key, written by one worker at a time.

Records of a batch stand in it all together or not at all, and a worker that was taken for dead can write no
more: the broker knows writers by the topic's name (a transactional id). It never touches the journal.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from services.errors import Fenced, JournalUnavailable
from services.journal.kafka import KafkaJournal

_TIMEOUT_SECONDS = 30.0
_FENCED = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
_log = logging.getLogger("daybook.view")


class ViewRecord(NamedTuple):
    """A record of a view; without a value the key is gone."""

    key: bytes
    value: bytes | None


class ViewTopic:
    """The one writer of a view's topic; a partition holds the keys that the journal's of its number holds."""

    def __init__(self, bootstrap: str, topic: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._timeout_seconds = timeout_seconds
        self._reader = KafkaJournal(bootstrap, topic, timeout_seconds=timeout_seconds)
        self._producer: Producer | None = None

    def ends(self) -> dict[int, int]:
        """Next offset of every partition; JournalUnavailable without an answer."""
        return self._reader.ends()

    def put(self, records: Sequence[ViewRecord]) -> dict[int, int]:
        """Write a batch; the last offset in each partition once every in-sync replica has all of it.

        Raises Fenced where another writer has begun since, JournalUnavailable where the broker gives no
        answer: then nothing of the batch counts, and it may be put again.
        """
        if not records:
            return {}
        written = _Written()
        try:
            producer = self._open()
            producer.begin_transaction()
            for record in records:
                self._send(producer, record, written)
            producer.commit_transaction(self._timeout_seconds)
        except (KafkaException, BufferError) as error:
            self._forget()
            code = error.args[0].code() if isinstance(error, KafkaException) else None
            if code in _FENCED:
                raise Fenced(f"another worker writes to {self._topic} since: {error}") from error
            raise JournalUnavailable(f"cannot write to {self._topic}: {error}") from error
        return written.last

    def close(self) -> None:
        """Release the connections; a batch that was not committed does not count."""
        self._forget()
        self._reader.close()

    def _send(self, producer: Producer, record: ViewRecord, written: "_Written") -> None:
        while True:
            try:
                producer.produce(self._topic, record.value, record.key, on_delivery=written.note)
            except BufferError:  # the queue is full: let acknowledgements in
                if producer.poll(self._timeout_seconds) == 0:
                    raise
            else:
                return

    def _open(self) -> Producer:
        if self._producer is None:
            settings = {
                "bootstrap.servers": self._bootstrap,
                "transactional.id": f"{self._topic}.writer",
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "message.max.bytes": 4_194_304,
                "transaction.timeout.ms": int(self._timeout_seconds * 1_000),
            }
            self._producer = Producer(settings, logger=_log)
            self._producer.init_transactions(self._timeout_seconds)
        return self._producer

    def _forget(self) -> None:
        """Drop the producer: the next one begins by aborting what this one left open."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.purge()


class _Written:
    """The last offset that was acknowledged in each partition."""

    def __init__(self) -> None:
        self.last: dict[int, int] = {}

    def note(self, error: KafkaError | None, message: Message) -> None:
        partition, offset = message.partition(), message.offset()
        if error is None and partition is not None and offset is not None:
            self.last[partition] = max(offset, self.last.get(partition, -1))
