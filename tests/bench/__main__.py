"""`python -m tests.bench` (`make bench`): every rate beside its baseline of the same run, as one table.

It starts a PostgreSQL and a Kafka broker of its own, in a folder that is thrown away. Targets are those of
the design; a line below its target does not fail the program, for machines differ.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

import confluent_kafka
import msgspec
import psycopg

from projections.catalogue import LEDGERS
from projections.fold import Declarations
from services.journal.address import JournalAddress, open_journal
from tests.bench.auditing import hash_and_verify
from tests.bench.bare import consume_and_decode
from tests.bench.crew import Timed, crew
from tests.bench.desks import desk_lines
from tests.bench.door import door_lines
from tests.bench.folding import live, rebuilt
from tests.bench.parts import MakeRecords, Parts, running
from tests.bench.reading import reading_lines
from tests.bench.report import Line, Target, as_text, line_of, paired_rate
from tests.bench.starting import starting_lines
from tests.bench.two_tables import TWO_TABLES
from tests.bench.workload import CUSTOMERS, business, purchases


class Options(NamedTuple):
    """How large, how often, and what."""

    events: int = 300_000
    customers: int = CUSTOMERS
    runs: int = 3
    tenfold: bool = False
    starts: bool = True
    bootstrap: str | None = None


class Job(NamedTuple):
    """A journal, what is folded from it, and the targets: live and rebuild, with 1 and 2 processes."""

    name: str
    records: MakeRecords
    declarations: Declarations
    live: tuple[Target, Target]
    rebuild: tuple[Target | None, Target]


def jobs(customers: int) -> tuple[Job, Job]:
    """The two jobs, with the targets of performance.md."""
    return (
        Job(
            "two tables",
            partial(purchases, customers=customers),
            TWO_TABLES,
            (Target(0.18, 0.25), Target(0.33, 0.45)),
            (Target(0.50, 0.65), Target(0.80, 1.1)),
        ),
        Job(
            "all ledgers",
            partial(business, customers=customers),
            LEDGERS,
            (Target(0.07, 0.12), Target(0.12, 0.20)),
            (None, Target(0.20, 0.40)),
        ),
    )


def measure(options: Options) -> Iterator[Line]:
    """Every line, as it is measured."""
    with running(options.bootstrap) as parts:
        with crew(2) as timed:
            for job in jobs(options.customers):
                yield from job_lines(parts, timed, job, options)
        yield from door_lines(parts, max(500, options.events // 30), options.runs)
        yield from desk_lines(parts, max(100, options.events // 100), options.runs)
        yield from reading_lines(parts, max(500, options.events // 10), options.runs, options.customers)
        if options.starts:
            yield from starting_lines(parts, options.runs)


def job_lines(parts: Parts, timed: Timed, job: Job, options: Options) -> Iterator[Line]:
    """Baseline, live and rebuild of one job; for all ledgers, the audit of their journal too."""
    events, runs = options.events, options.runs
    topic = f"{job.name.replace(' ', '.')}.{events}"
    address, conninfo = parts.journal(topic, job.records, events), parts.database("fold")
    base = partial(bare_seconds, timed, address, ends_of(address), 1)
    rate = partial(paired_rate, events=events, baseline=base, to="B", runs=runs)
    yield rate(f"{job.name}: B, consume and decode", seconds=base, target=None)
    yield rate(
        f"{job.name}: B2, in 2 processes",
        seconds=partial(bare_seconds, timed, address, ends_of(address), 2),
        target=None,
    )
    rates: dict[str, list[Line]] = {}
    for kind, fold, targets in (("live", partial(live, timed), job.live), ("rebuild", rebuilt, job.rebuild)):
        for processes, target in enumerate(targets, start=1):
            line = rate(
                f"{job.name}: {kind}, {processes} process{'es' if processes > 1 else ''}",
                seconds=partial(fold, address, conninfo, job.declarations, processes),
                target=target,
            )
            rates.setdefault(kind, []).append(line)
            yield line
        one, two = rates[kind]
        gain = [two.ratio / one.ratio]
        yield line_of(
            f"{job.name}: {kind}, gain of the second process", two.measured, "", gain, "1", Target(1.6, 1.9)
        )
    durable = partial(live, timed, address, conninfo, job.declarations, 1, synchronous_commit="on")
    yield rate(f"{job.name}: live, 1 process, synchronous_commit on", seconds=durable, target=None)
    if job.declarations is LEDGERS:
        yield rate(
            "audit: hash and verify every record",
            seconds=partial(timed, hash_and_verify, [(address,)]),
            target=Target(0.5, 0.8),
        )
    if options.tenfold:
        yield from tenfold_lines(parts, timed, job, conninfo, events, rates)


def tenfold_lines(
    parts: Parts, timed: Timed, job: Job, conninfo: str, events: int, rates: Mapping[str, list[Line]]
) -> Iterator[Line]:
    """Ten times the events: the live rate holds, and a rebuild takes at most eleven times as long. Once."""
    address = parts.journal(f"{job.name.replace(' ', '.')}.{events * 10}", job.records, events * 10)
    rate = events * 10 / live(timed, address, conninfo, job.declarations, 2)
    ratio = [rate / rates["live"][1].measured]
    target = Target(0.85, 1.0)
    yield line_of(f"{job.name}: live, ten times the events", rate, "events/s", ratio, "the rate", target)
    seconds = rebuilt(address, conninfo, job.declarations, 2)
    times = [seconds * rates["rebuild"][1].measured / events]
    yield line_of(
        f"{job.name}: rebuild, ten times the events",
        seconds * 1_000,
        "ms",
        times,
        "the time",
        Target(11, 10, True),
    )


def bare_seconds(timed: Timed, address: JournalAddress, ends: Mapping[int, int], processes: int) -> float:
    """The baseline, on this many processes."""
    shares = [{p: end for p, end in ends.items() if p % processes == part} for part in range(processes)]
    return timed(consume_and_decode, [(address.at, address.name, share) for share in shares])


def ends_of(address: JournalAddress) -> dict[int, int]:
    """Where the partitions of a journal end."""
    with closing(open_journal(address)) as journal:
        return journal.ends()


def heading(options: Options) -> str:
    """Sizes, versions and number of runs."""
    return (
        f"{options.events:,} events of about 550 bytes (lz4), {options.customers:,} customers, median of "
        f"{options.runs} runs, each paired with its baseline · {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, librdkafka {confluent_kafka.libversion()[0]}, psycopg "
        f"{psycopg.__version__}, msgspec {msgspec.__version__}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run it, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--events", type=int, default=300_000, help="events in each journal")
    parser.add_argument("--quick", action="store_true", help="30,000 events, to see that it runs")
    parser.add_argument("--runs", type=int, default=3, help="runs of each line, of which the median counts")
    parser.add_argument("--tenfold", action="store_true", help="ten times the events as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the lines there")
    given = parser.parse_args(arguments)
    options = Options(30_000 if given.quick else given.events, runs=given.runs, tenfold=given.tenfold)
    print(heading(options), flush=True)
    lines = []
    for line in measure(options):
        lines.append(line)
        print(as_text(line), flush=True)
    if given.json is not None:
        given.json.write_bytes(msgspec.json.encode({"heading": heading(options), "lines": lines}))
    below = sum(line.verdict == "below" for line in lines)
    print(f"{below} of {sum(bool(line.verdict) for line in lines)} lines are below what they must reach")
    return 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as runtime:
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
        sys.exit(main())
