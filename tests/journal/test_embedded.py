"""The embedded PostgreSQL is shared by processes, survives crashes, and the journal in it loses nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from services.errors import JournalUnavailable
from services.journal.port import Record
from services.journal.postgres import PostgresJournal
from services.store.embedded import EmbeddedPostgres

OTHER_PROCESS = """
import sys
from pathlib import Path
from services.store.embedded import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pid(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server(data_folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data_folder / "data")
    server.start()
    yield server
    server.stop()


def other_process(data: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", OTHER_PROCESS, str(data)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def pid_that_it_sees(process: "subprocess.Popen[str]") -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_it_listens_on_no_network_address_and_keeps_its_promises(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.conninfo()) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}".encode()).fetchone()
            for name in ("listen_addresses", "fsync", "full_page_writes", "synchronous_commit")
        }
    on = ("on",)
    assert shown == {
        "listen_addresses": ("",),
        "fsync": on,
        "full_page_writes": on,
        "synchronous_commit": on,
    }


def test_the_last_one_out_stops_it(data_folder: Path) -> None:
    first, second = EmbeddedPostgres(data_folder / "data"), EmbeddedPostgres(data_folder / "data")
    first.start()
    second.start()
    with other_process(data_folder / "data") as third:
        assert pid_that_it_sees(third) == first.pid()
        first.stop()
        second.stop()
        assert first.pid() is not None
        third.communicate("", timeout=60)
    assert first.pid() is None


def test_a_killed_user_does_not_keep_it_up(data_folder: Path) -> None:
    server = EmbeddedPostgres(data_folder / "data")
    server.start()
    with other_process(data_folder / "data") as other:
        pid_that_it_sees(other)
        other.kill()
    server.stop()
    assert server.pid() is None


@pytest.mark.faults
def test_a_killed_server_starts_again_with_every_acknowledged_record(server: EmbeddedPostgres) -> None:
    journal = PostgresJournal.create(server.conninfo(), partitions=2)
    positions = [journal.append([Record(b"customer/a:1", b"%d" % number)])[0] for number in range(50)]
    pid = server.pid()
    assert pid is not None
    postmaster = psutil.Process(pid)
    for process in (postmaster, *postmaster.children(recursive=True)):
        process.kill()
    with pytest.raises(JournalUnavailable):
        journal.append([Record(b"customer/a:1", b"lost")])

    again = EmbeddedPostgres(server.data)
    again.start()
    assert [record.value for record in journal.fetch(positions)] == [b"%d" % number for number in range(50)]
    after = journal.append([Record(b"customer/a:1", b"after")])
    assert after[0].offset == 50
    journal.check()
    journal.close()
    again.stop()


def test_a_lock_left_by_another_machines_life_is_passed_over(data_folder: Path) -> None:
    server = EmbeddedPostgres(data_folder / "data")
    server.start()
    server.stop()
    (data_folder / "data" / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    server.start()
    assert server.pid() not in (None, os.getpid())
    server.stop()


def test_a_long_path_gets_a_short_socket(data_folder: Path) -> None:
    server = EmbeddedPostgres(data_folder / ("long" * 25))
    server.start()
    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    server.stop()
