"""The proof on real data: one journal, folded every way there is, has one set of digests.

`make proof` runs it on all rows of five public sets; tests/proof/test_matrix.py on a few thousand. Five
imports are exported as an archive; the archive is replayed into the embedded journal and into Kafka, once and
with every entry twice, in batches of 1, 100 and 20,000, with one projector and with two, live and rebuilt.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Console

from projections.catalogue import FIGURES, LEDGERS
from services.audit import rebuild as rebuilding
from services.audit.compare import compare_digests
from services.audit.rebuild import RebuildPlan
from services.bootstrap import System, load_archive
from services.config import Settings
from services.door.importing import run_import
from services.journal.address import JournalAddress, open_journal
from services.journal.archive import ArchiveJournal, write_archive
from services.journal.kafka import KafkaJournal
from services.journal.port import Journal, Record
from services.journal.postgres import PostgresJournal
from services.journal.topics import journal_topic, make_topics
from services.projector.projector import Projector
from services.store import generation as generations
from services.store.digest import digests
from services.store.generation import Generation
from services.store.queries.figures import FigureQuery, read_figure
from tests.proof.sets import SETS, files_of

console = Console(stderr=True)
BATCHES = (1, 100, 20_000)
COPY_BEHIND = 11
"""A second copy is appended this many records after the first."""


class Way(NamedTuple):
    """One way to fold: which journal, how many records a batch, how many projectors; 0 means a rebuild."""

    name: str
    address: JournalAddress
    batch: int
    projectors: int


def prove(folder: Path, kafka: str, rows: int | None, batches: tuple[int, ...] = BATCHES) -> list[str]:
    """Run the whole matrix; gives back what differed, nothing if all is equal."""
    problems: list[str] = []
    system = _import_all(Settings(data=folder / "first"), folder, rows)
    try:
        archive = folder / "all.daybook"
        write_archive(
            archive,
            system.journal,
            journal_id=system.opened.journal_id,
            zone=system.opened.zone,
            created_at=system.clock(),
        )
        with system.connect() as connection:
            live = system.generation(connection)
            expected = digests(connection, LEDGERS, live.schema)
        console.print(f"live: {sum(system.journal.ends().values()):,} records, {expected['generation'][:16]}")
        for way in _ways(system, archive, kafka, batches):
            started = time.monotonic()
            generation = _fold(system, way)
            with system.connect() as connection:
                found = digests(connection, LEDGERS, generation.schema)
                differing = sorted(name for name in expected if found[name] != expected[name])
                generations.drop(connection, generation)
            verdict = f"DIFFERENT {differing}" if differing else "equal"
            console.print(f"{way.name}: {verdict} ({time.monotonic() - started:.1f} s)")
            problems += [f"{way.name}: {table}" for table in differing]
        problems += _one_cell(system)
        problems += _independent_import(system, folder, kafka, rows)
        problems += _loaded_elsewhere(folder, archive, expected)
    finally:
        system.close()
    return problems


def _import_all(settings: Settings, folder: Path, rows: int | None) -> System:
    """Import every set through the front door, close the days, post and judge."""
    system = System(settings)
    system.prepare()
    for data_set in SETS:
        files = files_of(data_set, folder, rows)
        report = run_import(
            system.door, data_set.mapping, files, zone=system.zone, parameters=data_set.parameters
        )
        system.day_closer.close_days(report.days)
        console.print(f"{data_set.mapping}: {report.rows}")
    system.settle()
    return system


def _ways(system: System, archive: Path, kafka: str, batches: tuple[int, ...]) -> Iterator[Way]:
    """Every way of the matrix, its journal made just before."""
    own, partitions = system.address, system.journal.partitions
    yield Way("rebuild from the archive, 2 processes", JournalAddress("archive", str(archive)), 0, 2)
    yield Way("rebuild from the embedded journal", own, 0, 1)
    embedded = JournalAddress("postgres", system.conninfo, "replayed", partitions)
    with closing(PostgresJournal.create(system.conninfo, name="replayed", partitions=partitions)) as journal:
        _replay(archive, journal)
    twice = JournalAddress("postgres", system.conninfo, "twice", partitions)
    with closing(PostgresJournal.create(system.conninfo, name="twice", partitions=partitions)) as journal:
        _replay_twice(archive, journal)
    name = f"proof-{time.time_ns()}"
    make_topics(kafka, [journal_topic(name, partitions), journal_topic(f"{name}-twice", partitions)])
    topic = JournalAddress("kafka", kafka, name)
    with closing(KafkaJournal(kafka, name)) as journal:
        _replay(archive, journal)
    topic_twice = JournalAddress("kafka", kafka, f"{name}-twice")
    with closing(KafkaJournal(kafka, f"{name}-twice")) as journal:
        _replay_twice(archive, journal)
    for where, address in (("embedded", embedded), ("Kafka", topic)):
        for batch in batches:
            yield Way(f"{where}, batches of {batch:,}", address, batch, 1)
        yield Way(f"{where}, two projectors", address, 5_000, 2)
        yield Way(f"{where}, rebuild with two processes", address, 0, 2)
    for where, address in (("embedded", twice), ("Kafka", topic_twice)):
        yield Way(f"{where}, every entry twice", address, 700, 1)
        yield Way(f"{where}, every entry twice, rebuild", address, 0, 1)


def _replay(archive: Path, journal: PostgresJournal | KafkaJournal) -> None:
    """Append the archive's raw records at their positions."""
    with closing(ArchiveJournal(archive)) as source:
        starts, ends = source.begins(), source.ends()
        while any(starts[p] < ends[p] for p in ends):
            records = source.read({p: o for p, o in starts.items() if o < ends[p]}, 20_000)
            journal.append_at(records)
            for record in records:
                starts[record.partition] = record.offset + 1


def _replay_twice(archive: Path, journal: Journal) -> None:
    """Append every record twice, the copy a little behind; the order per key stays that of the archive."""
    with closing(ArchiveJournal(archive)) as source:
        for partition, end in source.ends().items():
            offset, behind = 0, list[Record]()
            while offset < end:
                page: list[Record] = []
                for stored in source.read({partition: offset}, 5_000):
                    record = Record(stored.key or b"", stored.value or b"")
                    page.append(record)
                    behind.append(record)
                    if len(behind) > COPY_BEHIND:
                        page.append(behind.pop(0))
                    offset = stored.offset + 1
                journal.append(page)
            if behind:
                journal.append(behind)


def _fold(system: System, way: Way) -> Generation:
    plan = RebuildPlan(
        way.address, system.conninfo, LEDGERS, system.opened.zone, kind="scratch", workers=way.projectors
    )
    if way.batch == 0:
        return rebuilding.rebuild(plan)
    with closing(open_journal(way.address)) as journal, system.connect() as connection:
        generation = generations.create(
            connection,
            LEDGERS,
            kind="scratch",
            fingerprint="proof",
            partitions=journal.partitions,
            begins=journal.begins(),
        )
        shares = [list(range(n, journal.partitions, way.projectors)) for n in range(way.projectors)]
    if way.projectors == 1:
        _project(plan, generation, way.batch, shares[0])
        return generation
    context = get_context("spawn")
    processes = [
        context.Process(target=_project, args=(plan, generation, way.batch, share)) for share in shares
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert all(process.exitcode == 0 for process in processes), "a projector process failed"
    return generation


def _project(plan: RebuildPlan, generation: Generation, batch: int, partitions: list[int]) -> None:
    """Fold some partitions of a journal as a live projector does."""
    with closing(open_journal(plan.address)) as journal:
        projector = Projector(journal, plan.conninfo, LEDGERS, generation, ZoneInfo(plan.zone))
        with closing(projector):
            ends = journal.ends()
            while projector.step(batch, partitions=partitions, until=ends):
                pass


def _one_cell(system: System) -> list[str]:
    """Alter one cell of a rebuilt generation: the comparison must name it."""
    generation = rebuilding.rebuild(system.rebuild_plan()._replace(kind="scratch"))
    with system.connect() as connection:
        live = system.generation(connection)
        row = connection.execute(
            f"SELECT subject FROM {live.schema}.customers ORDER BY subject LIMIT 1 OFFSET 7"
        ).fetchone()
        assert row is not None, "some set registers customers"
        connection.execute(
            f"UPDATE {generation.schema}.customers SET region = 'nowhere' WHERE subject = %s", row
        )
        mine = digests(connection, LEDGERS, live.schema)
        theirs = digests(connection, LEDGERS, generation.schema)
        found = compare_digests(connection, LEDGERS, (live, mine), (generation, theirs))
        generations.drop(connection, generation)
    named = [(difference.table, difference.key.get("subject")) for difference in found.differences]
    console.print(f"one altered cell: found {named}")
    return (
        [] if named == [("customers", row[0])] else [f"an altered cell of {row[0]} was reported as {named}"]
    )


def _independent_import(system: System, folder: Path, kafka: str, rows: int | None) -> list[str]:
    """Import the same files into a system on Kafka: times and keys differ, the figures must not."""
    topic = f"independent-{time.time_ns()}"
    make_topics(kafka, [journal_topic(topic, system.journal.partitions), journal_topic(f"{topic}-q", 1)])
    settings = Settings(
        data=folder / "second", kafka=kafka, journal_topic=topic, quarantine_topic=f"{topic}-q"
    )
    other = _import_all(settings, folder, rows)
    try:
        differing = [
            figure.name
            for figure in FIGURES
            for by in ((), *((dim,) for dim in figure.by[:3]))
            if _lines(system, figure.name, by) != _lines(other, figure.name, by)
        ]
    finally:
        other.close()
    console.print(
        f"independent import on Kafka: {'figures differ: ' + str(differing) if differing else 'equal'}"
    )
    return [f"figure {name} differs between two imports" for name in differing]


def _lines(system: System, name: str, by: tuple[str, ...]) -> str:
    figure = next(figure for figure in FIGURES if figure.name == name)
    today = system.clock().date()
    with system.connect() as connection:
        schema = system.generation(connection).schema
        return repr(read_figure(connection, schema, figure, FigureQuery(by=by), today))


def _loaded_elsewhere(folder: Path, archive: Path, expected: dict[str, str]) -> list[str]:
    """Load the archive into an empty system: its live generation has the same digests."""
    settings = Settings(data=folder / "third")
    with closing(ArchiveJournal(archive)) as source:
        load_archive(settings, source)
    system = System(settings)
    try:
        system.prepare()
        projector = system.projector()
        with closing(projector):
            projector.catch_up(5_000)
        with system.connect() as connection:
            found = digests(connection, LEDGERS, system.generation(connection).schema)
    finally:
        system.close()
    differing = sorted(name for name in expected if found[name] != expected[name])
    console.print(f"loaded into an empty system: {differing or 'equal'}")
    return [f"loaded into an empty system: {name}" for name in differing]


@contextmanager
def _broker(given: str | None, folder: Path) -> Iterator[str]:
    if given is not None:
        yield given
        return
    from tests.broker import LocalBroker

    broker = LocalBroker(folder / "kafka")
    broker.start()
    try:
        yield broker.bootstrap
    finally:
        broker.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=None, help="at most so many rows of each file")
    parser.add_argument("--kafka", default=None, help="host:port; default: a broker of its own")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="daybook-proof-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _broker(arguments.kafka, folder) as kafka:
            problems = prove(folder, kafka, arguments.rows)
    for problem in problems:
        console.print(f"[red]{problem}[/red]")
    console.print("[green]All digests and figures are equal.[/green]" if not problems else "Not proven.")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
