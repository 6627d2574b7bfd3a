"""The projector on real PostgreSQL: exactly once, whatever the batches, the copies, the crashes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from events.customers import CustomerRegistered
from events.envelope import CustomerId, Entry, Event, ProductId, SaleId
from events.sales import SaleConfirmed
from projections.fold import Declarations
from projections.ledger import Handler, Key, change
from services.errors import Fenced, JournalIncomplete
from services.journal.port import Journal, Record, StoredRecord
from services.journal.postgres import PostgresJournal
from services.projector.projector import Projector, resolve
from services.projector.unpark import unpark
from services.store import generation as generations
from services.store.database import Connection, connect, migrate
from services.store.digest import digests
from services.store.tables import recount_sql
from services.store.writer import Batch, existing_entries
from tests.projector import shop
from tests.projector.histories import doubled, history, interleaved

ZONE = "Asia/Shanghai"
Open = Callable[..., Projector]


@pytest.fixture
def journal(database_url: str) -> Iterator[PostgresJournal]:
    migrate(database_url)
    with closing(PostgresJournal.create(database_url, partitions=4)) as made:
        yield made


@pytest.fixture
def open_projector(database_url: str, journal: PostgresJournal) -> Iterator[Open]:
    """Opens projectors into the one live generation of the shop, or of other declarations."""
    opened: list[Projector] = []

    def open_one(declarations: Declarations = shop.SHOP, cache_rows: int = 400_000) -> Projector:
        with connect(database_url, autocommit=True) as connection:
            generation = resolve(connection, journal, declarations, ZONE, "ledgers")
        projector = Projector(
            journal, database_url, declarations, generation, ZoneInfo(ZONE), cache_rows=cache_rows
        )
        opened.append(projector)
        return projector

    yield open_one
    for projector in opened:
        projector.close()


def digests_of(projector: Projector) -> dict[str, str]:
    return digests(projector.connection, projector.declarations, projector.generation.schema)


def fresh_digests(projector: Projector, batch: int, cache_rows: int = 400_000) -> dict[str, str]:
    """Digests of a new generation folded from the start in batches of a given size."""
    return digests_of_journal(projector, projector.journal, batch, cache_rows)


def digests_of_journal(
    projector: Projector, journal: Journal, batch: int, cache_rows: int = 400_000
) -> dict[str, str]:
    """Digests of a new generation folded from any journal into the database of a projector."""
    declarations = projector.declarations
    generation = generations.create(
        projector.connection,
        declarations,
        kind="scratch",
        fingerprint="test",
        partitions=journal.partitions,
        begins=journal.begins(),
    )
    other = Projector(
        journal, projector._conninfo, declarations, generation, ZoneInfo(ZONE), cache_rows=cache_rows
    )
    with closing(other):
        other.catch_up(batch)
        assert_counts_add_up(other)
        return digests_of(other)


@pytest.mark.parametrize("seed", range(6))
def test_rows_do_not_depend_on_batches_or_cache(
    seed: int, journal: PostgresJournal, open_projector: Open
) -> None:
    records = history(seed, 400)
    projector = open_projector()
    for start in range(0, len(records), 37):
        journal.append(records[start : start + 37])
        projector.catch_up(1 + seed * 5)
    expected = digests_of(projector)
    assert fresh_digests(projector, 1, cache_rows=4) == expected
    assert fresh_digests(projector, 10_000) == expected
    assert_tallies_equal_their_recount(projector)
    assert_counts_add_up(projector)


def test_every_event_delivered_twice_changes_no_digest(
    journal: PostgresJournal, open_projector: Open, database_url: str
) -> None:
    records = history(11, 300)
    projector = open_projector()
    journal.append(records)
    projector.catch_up(50)
    once = digests_of(projector)
    with closing(PostgresJournal.create(database_url, name="twice", partitions=4)) as twice:
        twice.append(doubled(records))
        assert digests_of_journal(projector, twice, 23) == once


@pytest.mark.parametrize("seed", range(3))
def test_interleaving_between_subjects_changes_no_digest(
    seed: int, journal: PostgresJournal, open_projector: Open, database_url: str
) -> None:
    records = history(seed + 30, 300)
    projector = open_projector()
    journal.append(records)
    projector.catch_up(60)
    with closing(PostgresJournal.create(database_url, name="otherwise", partitions=3)) as otherwise:
        otherwise.append(interleaved(records, seed))
        assert digests_of_journal(projector, otherwise, 35) == digests_of(projector)


def test_a_projector_that_lost_its_partition_is_fenced(
    journal: PostgresJournal, open_projector: Open
) -> None:
    journal.append(history(3, 120))
    zombie, owner = open_projector(), open_projector()
    read = journal.read(zombie.next_offsets, 60)
    owner.catch_up(1_000)
    before = digests_of(owner)
    with pytest.raises(Fenced, match="another projector"):
        zombie.fold(read)
    assert digests_of(owner) == before
    assert zombie.next_offsets == owner.next_offsets, "a fenced projector goes on from the watermarks"


def test_rows_watermark_and_duplicate_memory_commit_together(
    journal: PostgresJournal, open_projector: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a failure after watermark, entries, rows and tallies, nothing of the batch is there."""
    journal.append(history(4, 80))
    projector = open_projector()

    def cut_the_cable(connection: Connection, schema: str, batch: Batch) -> None:
        rows = connection.execute(f"SELECT count(*) FROM {schema}.customers").fetchone()
        assert rows is not None
        assert rows[0] > 0, "rows were written before the failure"
        raise ConnectionError("the cable was cut")

    monkeypatch.setattr("services.store.writer.write_counts", cut_the_cable)
    with pytest.raises(ConnectionError):
        projector.catch_up(1_000)
    monkeypatch.undo()
    schema = projector.generation.schema
    assert projector.connection.execute(f"SELECT count(*) FROM {schema}.entries").fetchone() == (0,)
    assert all(m.next_offset == 0 for m in generations.watermarks(projector.connection, schema).values())
    assert projector.catch_up(1_000) > 0
    assert_counts_add_up(projector)


def test_a_handler_that_raises_parks_its_key_and_folds_it_again_after_the_fix(
    journal: PostgresJournal, open_projector: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = CustomerId("shop:1")
    subject = f"customer/{customer}"

    def sold(name: str, sale: str, amount_minor: int) -> Record:
        event = SaleConfirmed(
            sale_id=SaleId(sale),
            customer_id=customer,
            legal_entity="bank-a",
            product_id=ProductId("shop:p1"),
            amount_minor=amount_minor,
            currency="CNY",
        )
        return shop.record(event, subject, name)

    registered = CustomerRegistered(customer_id=customer, customer_type="person", legal_entity="bank-a")
    journal.append(
        [
            shop.record(registered, subject, "e0"),
            sold("e1", "shop:good", 100),
            sold("e2", "shop:bad", 666),
            sold("e3", "shop:bad", 777),
            sold("e4", "shop:fine", 300),
        ]
    )
    projector = open_projector()
    projector.catch_up(2)
    schema, connection = projector.generation.schema, projector.connection
    rows = connection.execute(f"SELECT sale_id, amount_minor FROM {schema}.sales ORDER BY 1").fetchall()
    assert rows == [("shop:fine", 300), ("shop:good", 100)]
    assert connection.execute(f"SELECT sales FROM {schema}.customers").fetchone() == (4,)
    parked = connection.execute(f"SELECT ledger, key, entries FROM {schema}._parked").fetchall()
    assert parked == [("sales", [subject, "shop:bad"], 2)]
    assert_counts_add_up(projector)

    handlers = cast(dict[type[Event], Handler], shop.sales.handlers)
    confirmed: type[Event] = SaleConfirmed
    monkeypatch.setitem(handlers, confirmed, _post_sale_fixed)
    assert unpark(projector) == 1
    assert connection.execute(f"SELECT count(*) FROM {schema}._parked").fetchone() == (0,)
    rows = connection.execute(f"SELECT sale_id, amount_minor FROM {schema}.sales ORDER BY 1").fetchall()
    assert rows == [("shop:bad", 777), ("shop:fine", 300), ("shop:good", 100)]
    assert_counts_add_up(projector)
    assert_tallies_equal_their_recount(projector)


def test_a_projector_that_runs_while_a_key_is_unparked_is_fenced_and_misses_nothing(
    journal: PostgresJournal, open_projector: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = CustomerId("shop:1")

    def sold(name: str, amount_minor: int) -> Record:
        event = SaleConfirmed(
            sale_id=SaleId("shop:bad"),
            customer_id=customer,
            legal_entity="bank-a",
            product_id=ProductId("shop:p1"),
            amount_minor=amount_minor,
            currency="CNY",
        )
        return shop.record(event, f"customer/{customer}", name)

    journal.append([sold("e1", 666)])
    running, doctor = open_projector(), open_projector()
    running.catch_up(10)
    handlers = cast(dict[type[Event], Handler], shop.sales.handlers)
    confirmed: type[Event] = SaleConfirmed
    monkeypatch.setitem(handlers, confirmed, _post_sale_fixed)
    assert unpark(doctor) == 1
    journal.append([sold("e2", 777)])
    with pytest.raises(Fenced, match="folded again"):
        running.catch_up(10)
    running.catch_up(10)
    schema = running.generation.schema
    assert running.connection.execute(f"SELECT amount_minor FROM {schema}.sales").fetchall() == [(777,)]
    assert_counts_add_up(running)


def _post_sale_fixed(key: Key, row: shop.SaleRow | None, event: SaleConfirmed, entry: Entry) -> shop.SaleRow:
    row = row or shop.SaleRow(key[0], key[1], None, None, None, None, None)
    return change(row, amount_minor=event.amount_minor, confirmed_on=entry.occurred_on)


def test_a_type_of_a_newer_catalogue_stops_its_partition_and_no_other(
    journal: PostgresJournal, open_projector: Open
) -> None:
    records = history(5, 60, customers=30)
    future = Record(b"customer/shop:1", _newer(records))
    positions = journal.append([*records, future, records[0]._replace(key=b"customer/shop:1")])
    projector = open_projector()
    projector.catch_up(1_000)
    stuck = positions[-2]
    assert set(projector.folder.stopped) == {stuck.partition}
    assert "deploy readers before writers" in projector.folder.stopped[stuck.partition]
    marks = generations.watermarks(projector.connection, projector.generation.schema)
    ends = journal.ends()
    assert marks[stuck.partition].next_offset == stuck.offset
    assert all(marks[p].next_offset == ends[p] for p in ends if p != stuck.partition)


def _newer(records: Sequence[Record]) -> bytes:
    sale = next(one.value for one in records if b"urn:daybook:sale.confirmed:1" in one.value)
    return sale.replace(b"urn:daybook:sale.confirmed:1", b"urn:daybook:sale.confirmed:99")


@pytest.mark.parametrize(
    ("remade", "says"),
    [
        (lambda records: records[: len(records) // 2], "truncated or re-created"),
        (lambda records: [_renamed(one) for one in records], "re-created or altered"),
    ],
    ids=["shorter", "as long, with other records"],
)
def test_a_recreated_journal_is_found_at_start(
    remade: Callable[[list[Record]], list[Record]],
    says: str,
    journal: PostgresJournal,
    open_projector: Open,
    database_url: str,
) -> None:
    records = history(6, 50)
    journal.append(records)
    projector = open_projector()
    projector.catch_up(1_000)
    projector.verify_watermarks()
    with closing(PostgresJournal.create(database_url, name="other", partitions=4)) as other:
        other.append(remade(records))
        projector.journal = other
        with pytest.raises(JournalIncomplete, match=says):
            projector.verify_watermarks()


def _renamed(record: Record) -> Record:
    return record._replace(value=record.value.replace(b"urn:test:branch", b"urn:test:brunch"))


def test_an_entry_counts_once_even_when_its_copy_comes_batches_later(
    journal: PostgresJournal, open_projector: Open
) -> None:
    records = history(8, 40)
    projector = open_projector()
    journal.append(records)
    projector.catch_up(1_000)
    before = digests_of(projector)
    journal.append(records)
    projector.catch_up(9)
    assert digests_of(projector) == before
    ids = [
        row[0]
        for row in projector.connection.execute(
            f"SELECT entry_id FROM {projector.generation.schema}.entries"
        ).fetchall()
    ]
    assert existing_entries(projector.connection, projector.generation.schema, ids) == set(ids)


def assert_tallies_equal_their_recount(projector: Projector) -> None:
    for tally in projector.declarations.tallies:
        schema = projector.generation.schema
        kept = projector.connection.execute(f'SELECT * FROM {schema}."{tally.name}"').fetchall()
        counted = projector.connection.execute(recount_sql(schema, tally)).fetchall()
        assert sorted(kept, key=str) == sorted(counted, key=str), tally.name


def assert_counts_add_up(projector: Projector) -> None:
    """records = entries + copies + unreadable; per ledger folded + not subscribed + parked = entries."""
    schema, connection = projector.generation.schema, projector.connection
    marks = generations.watermarks(connection, schema)
    for partition, mark in marks.items():
        assert mark.next_offset == mark.entries + mark.copies + mark.unreadable, partition
    counted: dict[int, int] = dict(
        connection.execute(f"SELECT partition, count(*) FROM {schema}.entries GROUP BY 1").fetchall()
    )
    assert counted == {partition: mark.entries for partition, mark in marks.items() if mark.entries}
    rows = connection.execute(
        f"SELECT partition, ledger, folded + not_subscribed + parked FROM {schema}._ledger_count"
    ).fetchall()
    assert rows
    for partition, ledger, total in rows:
        assert total == counted[partition], (partition, ledger)
    assert all(isinstance(record, StoredRecord) for record in projector.journal.read({0: 0}, 1))
