"""What only the embedded journal promises: its table refuses changes, its partitions never change."""

import psycopg
import pytest

from services.errors import JournalIncomplete, WrongUse
from services.journal.port import Record, StoredRecord
from services.journal.postgres import PostgresJournal

TABLES = ("daybook_journal.journal", "daybook_journal.journal_p1")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["UPDATE {} SET value = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_table_refuses_every_change(database_url: str, table: str, change: str) -> None:
    journal = PostgresJournal.create(database_url, partitions=2)
    journal.append([Record(b"customer/a:1", b"{}"), Record(b"customer/a:2", b"{}")])
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.Error, match="immutable"):
        connection.execute(change.format(table).encode())
    journal.check()
    journal.close()


def test_a_table_without_its_guard_is_found_out(database_url: str) -> None:
    journal = PostgresJournal.create(database_url, partitions=2)
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE daybook_journal.journal_p0 DISABLE TRIGGER immutable")
    with pytest.raises(JournalIncomplete, match="guard"):
        journal.check()
    journal.close()


def test_records_taken_away_are_found_out(database_url: str) -> None:
    journal = PostgresJournal.create(database_url, partitions=1)
    journal.append([Record(b"customer/a:1", b"%d" % number) for number in range(5)])
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE daybook_journal.journal_p0 DISABLE TRIGGER immutable")
        connection.execute('DELETE FROM daybook_journal.journal_p0 WHERE "offset" = 2')
        connection.execute("ALTER TABLE daybook_journal.journal_p0 ENABLE TRIGGER immutable")
    with pytest.raises(JournalIncomplete, match="missing"):
        journal.read({0: 0}, 10)
    journal.close()


def test_opening_with_another_number_of_partitions_is_refused(database_url: str) -> None:
    PostgresJournal.create(database_url, partitions=2).close()
    with pytest.raises(JournalIncomplete, match="has 2 partitions, not 3"):
        PostgresJournal.create(database_url, partitions=3)
    with pytest.raises(JournalIncomplete, match="has 2 partitions, not 3"):
        PostgresJournal(database_url, partitions=3)


def test_opening_a_journal_that_was_never_made_is_refused(database_url: str) -> None:
    with pytest.raises(WrongUse, match="create it first"):
        PostgresJournal(database_url)


def test_a_name_that_could_carry_sql_is_refused(database_url: str) -> None:
    with pytest.raises(WrongUse, match="cannot name a journal"):
        PostgresJournal.create(database_url, name='x"; DROP TABLE y')


def test_a_refused_load_stores_nothing(database_url: str) -> None:
    journal = PostgresJournal.create(database_url, partitions=2)
    good, gap = StoredRecord(0, 0, b"k", b"v"), StoredRecord(1, 1, b"k", b"v")
    with pytest.raises(WrongUse, match="would stand at 0"):
        journal.append_at([good, gap])
    assert journal.ends() == {0: 0, 1: 0}
    journal.close()
