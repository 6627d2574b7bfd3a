"""What only an archive promises: any changed byte is found, and a file is whole or not there."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.errors import JournalIncomplete, WrongUse
from services.journal.archive import ArchiveHeader, ArchiveJournal, RecordDigest, write_archive
from services.journal.port import Record
from services.journal.postgres import PostgresJournal

CREATED_AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.fixture
def journal(database_url: str) -> PostgresJournal:
    journal = PostgresJournal.create(database_url, partitions=2)
    journal.append([Record(b"customer/a:%d" % (number % 9), b"value %d" % number) for number in range(300)])
    return journal


def archive(journal: PostgresJournal, path: Path, ends: dict[int, int] | None = None) -> ArchiveHeader:
    return write_archive(path, journal, journal_id="j1", zone="UTC", created_at=CREATED_AT, ends=ends)


def test_the_header_says_what_the_file_holds(journal: PostgresJournal, tmp_path: Path) -> None:
    header = archive(journal, tmp_path / "a.daybook")
    digest = RecordDigest()
    for record in journal.read({0: 0}, 1_000):
        digest.add(record.value)
    opened = ArchiveJournal(tmp_path / "a.daybook")
    assert opened.header == header
    assert (header.journal_id, header.zone, header.created_at) == ("j1", "UTC", CREATED_AT)
    assert header.ends == journal.ends()
    assert header.sha256[0] == digest.hexdigest()
    opened.check()
    opened.close()
    journal.close()


def test_an_archive_can_end_earlier_than_its_journal(journal: PostgresJournal, tmp_path: Path) -> None:
    archive(journal, tmp_path / "a.daybook", ends={0: 5, 1: 7})
    opened = ArchiveJournal(tmp_path / "a.daybook")
    opened.check()
    assert len(opened.read({0: 0, 1: 0}, 100)) == 12
    opened.close()
    with pytest.raises(WrongUse, match="cannot be archived up to"):
        archive(journal, tmp_path / "b.daybook", ends={0: 5, 1: 10_000})
    assert [path.name for path in tmp_path.iterdir()] == ["a.daybook"]
    journal.close()


def test_an_archive_is_closed_and_never_overwritten(journal: PostgresJournal, tmp_path: Path) -> None:
    archive(journal, tmp_path / "a.daybook")
    opened = ArchiveJournal(tmp_path / "a.daybook")
    with pytest.raises(WrongUse, match="closed archive"):
        opened.append([Record(b"k", b"v")])
    with pytest.raises(WrongUse, match="never overwritten"):
        archive(journal, tmp_path / "a.daybook")
    opened.close()
    journal.close()


def test_a_write_that_fails_leaves_no_file(journal: PostgresJournal, tmp_path: Path) -> None:
    def fail(copied: int) -> None:
        raise InterruptedError(copied)

    with pytest.raises(InterruptedError):
        write_archive(
            tmp_path / "a", journal, journal_id="j1", zone="UTC", created_at=CREATED_AT, progress=fail
        )
    assert list(tmp_path.iterdir()) == []
    journal.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE record SET value = CAST('value 7!' AS BLOB) WHERE partition = 0 AND \"offset\" = 3",
        'UPDATE record SET value = NULL WHERE partition = 1 AND "offset" = 0',
        'DELETE FROM record WHERE partition = 1 AND "offset" = 4',
        'DELETE FROM record WHERE partition = 1 AND "offset" > 20',
        "INSERT INTO record VALUES (0, 1000000, NULL, NULL)",
        "INSERT INTO record VALUES (9, 0, NULL, NULL)",
        'UPDATE record SET "offset" = -1 WHERE partition = 0 AND "offset" = 0',
    ],
)
def test_any_change_of_a_record_is_found(journal: PostgresJournal, tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.daybook"
    archive(journal, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute(change)
        database.commit()
    opened = ArchiveJournal(path)
    with pytest.raises(JournalIncomplete):
        opened.check()
    opened.close()
    journal.close()


def test_a_flipped_byte_in_the_file_is_found(journal: PostgresJournal, tmp_path: Path) -> None:
    path = tmp_path / "a.daybook"
    archive(journal, path)
    content = bytearray(path.read_bytes())
    content[content.index(b"value 123")] ^= 1
    path.write_bytes(content)
    opened = ArchiveJournal(path)
    with pytest.raises(JournalIncomplete, match="digest"):
        opened.check()
    opened.close()
    journal.close()


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"no database"), lambda path: path.unlink()])
def test_a_file_that_is_no_archive_is_refused(
    journal: PostgresJournal, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    path = tmp_path / "a.daybook"
    archive(journal, path)
    spoil(path)
    with pytest.raises(WrongUse, match="archive"):
        ArchiveJournal(path)
    journal.close()
