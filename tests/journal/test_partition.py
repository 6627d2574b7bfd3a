"""Keys are placed as Kafka's own clients place them; the vectors are those of Kafka's UtilsTest."""

import random
from collections.abc import Callable

import pytest

from services.journal.partition import murmur2, partition_of
from services.journal.port import PARTITIONS, Record
from tests.journal.conftest import WritableJournal

VECTORS = [
    (b"21", -973932308),
    (b"foobar", -790332482),
    (b"a-little-bit-long-string", -985981536),
    (b"a-little-bit-longer-string", -1486304829),
    (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    (b"abc", 479470107),
]


@pytest.mark.parametrize(("key", "signed"), VECTORS)
def test_murmur2_is_kafkas(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % (1 << 32)
    assert partition_of(key, PARTITIONS) == (signed & 0x7FFFFFFF) % PARTITIONS


@pytest.mark.kafka
def test_a_key_has_the_same_partition_in_kafka_and_embedded(
    open_writable: Callable[[str, int], WritableJournal],
) -> None:
    source = random.Random(11)
    sent = [Record(source.randbytes(source.randint(1, 60)), b"{}") for _ in range(1_000)]
    in_kafka = open_writable("kafka", PARTITIONS).append(sent)
    embedded = open_writable("postgres", PARTITIONS).append(sent)
    assert in_kafka == embedded
