"""Projector processes on a real broker: one or several, coming and going, with the same digests."""

from collections.abc import Sequence

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from events.envelope import CustomerId, ProductId, SaleId
from events.sales import SaleConfirmed
from services.audit.rebuild import RebuildPlan, rebuild, swap
from services.errors import JournalUnavailable
from services.journal.address import JournalAddress
from services.journal.port import Record
from services.journal.topics import journal_topic, make_topics
from services.store.database import connect
from tests.journal.test_kafka import add_partitions, change_setting
from tests.kafka.rig import ZONE, Bench, in_chunks, wait_until
from tests.projector.histories import history
from tests.projector.shop import SHOP, record

pytestmark = pytest.mark.kafka

TIMEOUT_SECONDS = 30.0


def test_one_and_two_projectors_have_the_digests_of_a_sequential_fold(shop_bench: Bench) -> None:
    records = history(31, 1_500, customers=60)
    shop_bench.journal.append(records[:500])
    one = shop_bench.projector()
    shop_bench.wait_folded()
    shop_bench.assert_sound()

    two = shop_bench.projector()
    two.wait_for_log("given partitions")
    for chunk in in_chunks(records[500:], 250):
        shop_bench.journal.append(chunk)
    shop_bench.wait_folded()
    shop_bench.assert_sound()
    assert "gave up partitions" in one.log()
    assert one.stop() == 0
    assert two.stop() == 0


def test_a_second_projector_that_joins_and_leaves_changes_no_digest(shop_bench: Bench) -> None:
    """Partitions wander to and fro while their rows are still in the caches of both."""
    chunks = list(in_chunks(history(32, 1_600, customers=60), 100))
    first = shop_bench.projector()
    for coming in range(4):
        shop_bench.journal.append(chunks[4 * coming])
        guest = shop_bench.projector(batch_entries=20)
        shop_bench.journal.append(chunks[4 * coming + 1])
        guest.wait_for_log("given partitions")
        shop_bench.journal.append(chunks[4 * coming + 2])
        shop_bench.wait_folded()
        shop_bench.journal.append(chunks[4 * coming + 3])
        assert guest.stop() == 0
    shop_bench.wait_folded()
    assert first.stop() == 0
    shop_bench.assert_sound()


def test_projectors_follow_a_generation_that_is_swapped_in(shop_bench: Bench) -> None:
    shop_bench.journal.append(history(33, 400))
    child = shop_bench.projector()
    shop_bench.wait_folded()
    before = shop_bench.live()
    address = JournalAddress("kafka", shop_bench.bootstrap, shop_bench.topic)
    plan = RebuildPlan(address, shop_bench.database_url, SHOP, ZONE)
    swap(plan, rebuild(plan))
    assert shop_bench.live().id != before.id

    shop_bench.journal.append(history(34, 400))
    shop_bench.wait_folded()
    shop_bench.assert_sound()
    assert "no longer live" in child.log()
    assert child.stop() == 0


def test_an_added_partition_is_refused(shop_bench: Bench) -> None:
    """At the start, and by a projector that takes part already."""
    admin = AdminClient({"bootstrap.servers": shop_bench.bootstrap})
    shop_bench.journal.append(history(35, 100))
    running = shop_bench.projector()
    shop_bench.wait_folded()
    add_partitions(admin, shop_bench.topic, 9)

    late = shop_bench.projector()
    assert late.wait() == 1
    assert running.wait() == 1
    assert "were added to the journal" in late.log() + running.log()


def test_a_topic_that_lets_records_go_is_refused(shop_bench: Bench) -> None:
    admin = AdminClient({"bootstrap.servers": shop_bench.bootstrap})
    change_setting(admin, shop_bench.topic, "retention.ms", "604800000")
    late = shop_bench.projector()
    assert late.wait() == 1
    assert "retention.ms=604800000, it must be -1" in late.log()


@pytest.mark.parametrize("again", [40, 400], ids=["shorter", "other records"])
def test_a_topic_made_anew_is_found_at_the_start(shop_bench: Bench, again: int) -> None:
    shop_bench.journal.append(history(36, 300))
    child = shop_bench.projector()
    shop_bench.wait_folded()
    assert child.stop() == 0
    marks = shop_bench.marks()

    admin = AdminClient({"bootstrap.servers": shop_bench.bootstrap})
    admin.delete_topics([shop_bench.topic])[shop_bench.topic].result(TIMEOUT_SECONDS)
    wait_until(
        lambda: bool(make_topics(shop_bench.bootstrap, [journal_topic(shop_bench.topic, 8)], replication=1))
    )
    wait_until(lambda: _appends(shop_bench, history(37, again)))
    late = shop_bench.projector()
    assert late.wait() == 1
    assert "journal_incomplete" in late.log()
    assert "re-created" in late.log()
    assert shop_bench.marks() == marks


def _appends(bench: Bench, records: Sequence[Record]) -> bool:
    """Whether an append to the new topic succeeded; the producer may still believe in the old one."""
    try:
        bench.journal.append(records)
    except JournalUnavailable:
        return False
    return True


def test_poison_records_stop_no_more_than_they_must(shop_bench: Bench) -> None:
    """Bad JSON, a null value, 10 MB, a handler that raises, and a version of a newer catalogue."""
    shop_bench.journal.append(history(38, 200))
    producer = Producer({"bootstrap.servers": shop_bench.bootstrap, "message.max.bytes": 11_000_000})
    assert refusal(producer, shop_bench.topic, bytes(10_000_000)) == KafkaError.MSG_SIZE_TOO_LARGE
    assert refusal(producer, shop_bench.topic, None) is None
    assert refusal(producer, shop_bench.topic, b'{"specversion": "1.0"') is None
    shop_bench.journal.append([sold("poison:1", 666), sold("poison:2", 100)])
    child = shop_bench.projector()
    shop_bench.wait_folded()
    shop_bench.assert_sound()
    parked = rows(shop_bench, "SELECT ledger, key FROM {}._parked")
    assert parked == [("sales", ["customer/shop:poison", "poison:1"])]
    unreadable = rows(shop_bench, "SELECT 1 FROM {}._unreadable WHERE partition = 3")
    assert len(unreadable) >= 2

    newer = sold("poison:3", 100)
    newer = newer._replace(value=newer.value.replace(b"sale.confirmed:1", b"sale.confirmed:99"))
    stuck = shop_bench.journal.append([newer])[0]
    shop_bench.journal.append(history(39, 200))
    ends = shop_bench.journal.ends()
    shop_bench.wait_folded(ends | {stuck.partition: stuck.offset})
    assert shop_bench.marks()[stuck.partition] == stuck.offset
    child.wait_for_log(f"partition {stuck.partition} is stopped")
    assert child.stop() == 0


def test_a_projector_that_stands_still_is_ended(shop_bench: Bench) -> None:
    """Another session holds the watermarks: nothing moves, so the watchdog ends the process."""
    shop_bench.journal.append(history(40, 100))
    first = shop_bench.projector()
    shop_bench.wait_folded()
    with connect(shop_bench.database_url) as connection:
        connection.execute(f"SELECT 1 FROM {shop_bench.live().schema}._watermark FOR UPDATE".encode())
        assert first.stop() == 0
        stuck = shop_bench.projector(group="stuck", patience_seconds=1.5)
        shop_bench.journal.append(history(41, 100))
        assert stuck.wait() == 70
        assert "nothing moved" in stuck.log()
        connection.rollback()
    shop_bench.projector(group="after")
    shop_bench.wait_folded()
    shop_bench.assert_sound()


def test_parked_keys_are_folded_again_by_the_owner_after_the_fix(shop_bench: Bench) -> None:
    shop_bench.journal.append([sold("poison:1", 666), sold("poison:2", 100), sold("poison:1", 777, "again")])
    broken = shop_bench.projector()
    shop_bench.wait_folded()
    assert rows(shop_bench, "SELECT count(*) FROM {}._parked") == [(1,)]
    assert broken.stop() == 0
    mended = shop_bench.projector(group="mended", declarations="tests.kafka.mended:MENDED")
    wait_until(lambda: rows(shop_bench, "SELECT count(*) FROM {}._parked") == [(0,)], mended.log)
    found = rows(shop_bench, "SELECT sale_id, amount_minor FROM {}.sales ORDER BY 1")
    assert found == [("poison:1", 777), ("poison:2", 100)]
    assert mended.stop() == 0


def refusal(producer: Producer, topic: str, value: bytes | None) -> int | None:
    """The broker's answer to a record that no door would write: an error's code, or None."""
    answers: list[KafkaError | None] = []
    try:
        producer.produce(topic, value, b"poison", 3, on_delivery=lambda error, _: answers.append(error))
    except KafkaException as error:
        return int(error.args[0].code())
    producer.flush(TIMEOUT_SECONDS)
    assert answers
    return None if answers[0] is None else int(answers[0].code())


def sold(sale: str, amount_minor: int, name: str = "") -> Record:
    """A sale of one customer; a handler of the shop raises at an amount of 666."""
    customer = CustomerId("shop:poison")
    event = SaleConfirmed(
        sale_id=SaleId(sale),
        customer_id=customer,
        legal_entity="bank-a",
        product_id=ProductId("shop:p1"),
        amount_minor=amount_minor,
        currency="CNY",
    )
    return record(event, f"customer/{customer}", f"e-{sale}-{amount_minor}{name}")


def rows(bench: Bench, query: str) -> list[tuple[object, ...]]:
    """Rows of a query on the live generation, whose schema stands for `{}`."""
    with connect(bench.database_url, autocommit=True) as connection:
        return connection.execute(query.format(bench.live().schema).encode()).fetchall()
