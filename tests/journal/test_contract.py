"""One contract for every journal: Kafka, PostgreSQL and a closed archive behave alike behind the port."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from events.envelope import Position
from services.errors import JournalIncomplete, NotFound, WrongUse
from services.journal.partition import partition_of
from services.journal.port import Journal, Record, StoredRecord
from tests.journal.conftest import OpenJournal, WritableJournal

OpenWritable = Callable[[str, int], WritableJournal]


def records(count: int, *, subjects: int = 50, size_bytes: int = 40) -> list[Record]:
    filler = random.Random(count)
    return [
        Record(b"customer/test:%d" % (number % subjects), b"%d:" % number + filler.randbytes(size_bytes))
        for number in range(count)
    ]


def read_all(journal: Journal, *, limit: int = 1_000) -> Iterator[list[StoredRecord]]:
    starts = journal.begins()
    while batch := journal.read(starts, limit):
        yield batch
        for record in batch:
            assert record.offset == starts[record.partition], (
                "offsets of a partition come in order, without gaps"
            )
            starts[record.partition] += 1


def everything(journal: Journal, *, limit: int = 1_000) -> list[StoredRecord]:
    return [record for batch in read_all(journal, limit=limit) for record in batch]


def test_what_was_appended_is_read_back_in_order(open_journal: OpenJournal) -> None:
    opened = open_journal(4)
    sent = records(2_500)
    positions = [*opened.journal.append(sent[:1]), *opened.journal.append(sent[1:])]
    journal = opened.closed()

    stored = {
        Position(0, record.partition, record.offset): record for record in everything(journal, limit=300)
    }

    assert len(stored) == len(sent)
    assert [(stored[at].key, stored[at].value) for at in positions] == [tuple(record) for record in sent]
    assert [position.partition for position in positions] == [partition_of(record.key, 4) for record in sent]
    for partition in range(4):
        offsets = [position.offset for position in positions if position.partition == partition]
        assert offsets == list(range(len(offsets)))


def test_begins_and_ends_enclose_the_records(open_journal: OpenJournal) -> None:
    opened = open_journal(3)
    positions = opened.journal.append(records(100))
    journal = opened.closed()
    counts = {partition: sum(at.partition == partition for at in positions) for partition in range(3)}
    assert journal.begins() == {0: 0, 1: 0, 2: 0}
    assert journal.ends() == counts
    journal.check()


def test_an_empty_journal_gives_nothing(open_journal: OpenJournal) -> None:
    journal = open_journal(2).closed()
    assert journal.read({0: 0, 1: 0}, 100) == []
    assert journal.read({0: 0, 1: 0}, 100, wait_seconds=0.05) == []
    assert journal.ends() == {0: 0, 1: 0}
    journal.check()


def test_a_read_is_limited_and_goes_on_where_it_ended(open_journal: OpenJournal) -> None:
    opened = open_journal(2)
    opened.journal.append(records(50))
    batches = list(read_all(opened.closed(), limit=7))
    assert all(1 <= len(batch) <= 7 for batch in batches)
    assert sum(len(batch) for batch in batches) == 50


def test_a_read_takes_only_the_partitions_asked_for(open_journal: OpenJournal) -> None:
    opened = open_journal(3)
    opened.journal.append(records(90))
    journal = opened.closed()
    got = journal.read({1: 2}, 1_000)
    assert {record.partition for record in got} == {1}
    assert got[0].offset == 2
    again = journal.read({0: 1, 2: 0}, 1_000)
    assert {(record.partition, record.offset) for record in again} >= {(0, 1), (2, 0)}


def test_a_reader_goes_on_with_fewer_partitions_and_takes_one_back(open_journal: OpenJournal) -> None:
    opened = open_journal(3)
    opened.journal.append(records(300))
    journal = opened.closed()
    starts = journal.begins()
    for record in journal.read(starts, 30):
        starts[record.partition] = record.offset + 1

    def rest(partitions: set[int]) -> list[StoredRecord]:
        going = {partition: starts[partition] for partition in partitions}
        return sorted(record for batch in _continued(journal, going) for record in batch)

    expected = [one for one in sorted(everything(opened.closed())) if one.offset >= starts[one.partition]]
    assert rest({0, 2}) == [one for one in expected if one.partition != 1]
    assert rest({1}) == [one for one in expected if one.partition == 1]


def _continued(journal: Journal, starts: dict[int, int]) -> Iterator[list[StoredRecord]]:
    while batch := journal.read(starts, 30):
        for record in batch:
            starts[record.partition] = record.offset + 1
        yield batch


def test_no_partition_waits_until_another_is_read_out(open_journal: OpenJournal) -> None:
    opened = open_journal(4)
    opened.journal.append(records(8_000, subjects=400, size_bytes=1_000))
    half: list[StoredRecord] = []
    for batch in read_all(opened.closed(), limit=500):
        half += batch
        if len(half) >= 4_000:
            break
    assert {record.partition for record in half} == {0, 1, 2, 3}


def test_fetch_answers_in_the_order_asked(open_journal: OpenJournal) -> None:
    opened = open_journal(4)
    sent = records(1_000)
    placed = list(zip(opened.journal.append(sent), sent, strict=True))
    journal = opened.closed()
    wanted = random.Random(7).sample(placed, 60) + placed[:2] + placed[:1]
    fetched = journal.fetch([position for position, _ in wanted])
    assert [(got.key, got.value) for got in fetched] == [tuple(record) for _, record in wanted]
    assert [(got.partition, got.offset) for got in fetched] == [position[1:] for position, _ in wanted]
    assert journal.fetch([]) == []


@pytest.mark.parametrize("position", [Position(0, 0, 1_000), Position(0, 9, 0), Position(1, 0, 0)])
def test_fetch_of_what_is_not_there_is_refused(open_journal: OpenJournal, position: Position) -> None:
    opened = open_journal(2)
    opened.journal.append(records(20))
    with pytest.raises(NotFound, match=str(position)):
        opened.closed().fetch([position])


@pytest.mark.parametrize("starts", [{0: 21, 1: 0}, {0: -1}, {7: 0}], ids=["past", "before", "partition"])
def test_a_read_out_of_range_stops(open_journal: OpenJournal, starts: dict[int, int]) -> None:
    opened = open_journal(2)
    opened.journal.append(records(20))
    with pytest.raises(JournalIncomplete):
        opened.closed().read(starts, 10)


def test_nulls_and_unreadable_bytes_survive(open_journal: OpenJournal) -> None:
    opened = open_journal(2)
    odd = [
        StoredRecord(1, 0, None, b"\xff\x00not json"),
        StoredRecord(1, 1, b"", b""),
        StoredRecord(1, 2, b"customer/a:1", None),
        StoredRecord(0, 0, b"\x00\x80", b"x" * 1_000_000),
    ]
    opened.journal.append_at(odd)
    journal = opened.closed()
    assert sorted(everything(journal)) == sorted(odd)
    assert journal.fetch([Position(0, 1, 2)]) == [odd[2]]
    journal.check()


def test_concurrent_appenders_lose_nothing_and_keep_the_order_of_each_subject(
    writable_adapter: str, open_writable: OpenWritable
) -> None:
    journal = open_writable(writable_adapter, 4)

    def append_many(writer: int) -> list[Position]:
        sent = [Record(b"customer/test:%d" % writer, b"%d" % number) for number in range(200)]
        return [at for start in range(0, 200, 20) for at in journal.append(sent[start : start + 20])]

    with ThreadPoolExecutor(8) as pool:
        positions = [at for answer in pool.map(append_many, range(8)) for at in answer]

    stored = everything(journal)
    assert len(set(positions)) == len(stored) == 1_600
    for writer in range(8):
        values = [record.value for record in stored if record.key == b"customer/test:%d" % writer]
        assert values == [b"%d" % number for number in range(200)]


def test_a_waiting_reader_gets_what_is_appended_meanwhile(
    writable_adapter: str, open_writable: OpenWritable
) -> None:
    journal = open_writable(writable_adapter, 2)
    starts = journal.begins()
    assert journal.read(starts, 10) == []
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(journal.read, starts, 10, 20.0)
        journal.append([Record(b"customer/a:1", b"{}")])
        assert [record.value for record in waiting.result(timeout=30)] == [b"{}"]


def test_a_reader_that_goes_back_reads_again(writable_adapter: str, open_writable: OpenWritable) -> None:
    journal = open_writable(writable_adapter, 2)
    journal.append(records(200))
    first = everything(journal)
    assert sorted(everything(journal, limit=50)) == sorted(first)


def test_records_of_another_journal_keep_their_places(
    writable_adapter: str, open_writable: OpenWritable
) -> None:
    journal = open_writable(writable_adapter, 2)
    first = [StoredRecord(0, 0, b"a", b"1"), StoredRecord(1, 0, b"b", b"2")]
    then = [StoredRecord(0, number, b"a", b"%d" % number) for number in range(1, 400)]
    journal.append_at(first)
    journal.append_at(then)
    assert sorted(everything(journal)) == sorted(first + then)


@pytest.mark.parametrize("record", [StoredRecord(0, 1, b"a", b"1"), StoredRecord(5, 0, b"a", b"1")])
def test_a_record_that_would_stand_elsewhere_is_not_loaded(
    writable_adapter: str, open_writable: OpenWritable, record: StoredRecord
) -> None:
    journal = open_writable(writable_adapter, 2)
    with pytest.raises(WrongUse):
        journal.append_at([record])
    assert journal.ends() == {0: 0, 1: 0}


def test_an_empty_append_does_nothing(writable_adapter: str, open_writable: OpenWritable) -> None:
    journal = open_writable(writable_adapter, 2)
    assert journal.append([]) == []
    journal.append_at([])
    assert journal.ends() == {0: 0, 1: 0}
