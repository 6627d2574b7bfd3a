"""The baseline: librdkafka's consume and a typed decode of every record, storing nothing.

It is what any reader of the journal must do; everything else is measured as a ratio to it.
"""

from collections.abc import Mapping
from functools import partial

from confluent_kafka import Consumer, TopicPartition

from events.codec import decode_data, decode_envelope
from tests.bench.crew import Work

CONSUME_RECORDS = 10_000


def consume_and_decode(bootstrap: str, topic: str, ends: Mapping[int, int]) -> Work:
    """Read these partitions to their ends, decoding envelope and event of each record."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench",
            "enable.auto.commit": False,
            "fetch.queue.backoff.ms": 5,
            "fetch.message.max.bytes": 1_048_576,
            "queued.min.messages": 200_000,
            "queued.max.messages.kbytes": 262_144,
        }
    )
    return partial(_run, consumer, topic, ends)


def _run(consumer: Consumer, topic: str, ends: Mapping[int, int]) -> int:
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    total, done = sum(ends.values()), 0
    while done < total:
        messages = consumer.consume(min(CONSUME_RECORDS, total - done), 0.5)
        for message in messages:
            decode_data(decode_envelope(message.value()))
        done += len(messages)
    consumer.close()
    return done
