"""Commands that bring facts in through the front door: publish and import."""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from services.bootstrap import System
from services.cli.opening import opened
from services.cli.output import AsJson, Data, NoWait, out, pairs, print_json, print_table, progress
from services.door.importing import ImportReport, run_import
from services.door.submission import Outcome, Submission
from services.errors import CheckFailed, WrongUse

SHOWN_PROBLEMS = 20


def publish(
    file: Annotated[
        str, typer.Argument(help="CloudEvents as JSON lines; - or nothing for standard input.")
    ] = "-",
    check: Annotated[
        bool, typer.Option("--check", help="Say what would become of them; record nothing.")
    ] = False,
    no_wait: NoWait = False,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Publish CloudEvents, one JSON object a line. Exit code 1 if any was refused.

    Examples:

    - `daybook publish events.jsonl`
    - `cat events.jsonl | daybook publish - --json`
    - `daybook publish events.jsonl --check`
    """
    counts: Counter[str] = Counter()
    problems: list[tuple[int, str, str, str]] = []
    with opened(data) as system, _stream(file) as stream:
        for start, lines in _batches(stream, system.settings.door_batch_events):
            submissions = [Submission(raw=line, events=(line,)) for line in lines]
            for number, outcome in enumerate(system.door.admit(submissions, dry_run=check), start=start):
                counts[_status(outcome)] += 1
                for problem in outcome.reasons() if len(problems) < SHOWN_PROBLEMS else ():
                    problems.append((number, problem.code, problem.path, problem.reason))
        if not (check or no_wait):
            _settle(system, quiet=json)
    total = sum(counts.values())
    if json:
        print_json(
            {
                "received": total,
                **{name: counts[name] for name in ("admitted", "duplicate", "refused")},
                "problems": [
                    {"line": line, "code": code, "path": path, "reason": reason}
                    for line, code, path, reason in problems
                ],
            }
        )
    else:
        print_table(
            "Published",
            ("received", "admitted", "duplicate", "refused"),
            [(total, counts["admitted"], counts["duplicate"], counts["refused"])],
        )
        if problems:
            print_table("First problems", ("line", "code", "path", "reason"), problems)
    if counts["refused"]:
        raise CheckFailed(
            f"{counts['refused']} of {total} events were refused: see `daybook quarantine list`"
        )


def import_(
    mapping: Annotated[str, typer.Argument(help="A mapping of ours, or the path of your own mapping file.")],
    files: Annotated[list[Path], typer.Argument(help="The channel's extract: one or more files.")],
    check: Annotated[
        bool, typer.Option("--check", help="Counts, first problems, three sample events.")
    ] = False,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the mapping: NAME=VALUE.")
    ] = None,
    no_wait: NoWait = False,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Import an extract: rows read = admitted + duplicate + refused. A second run finds duplicates.

    Examples:

    - `daybook import cfpb complaints_2017_2021.csv.gz`
    - `daybook import bank-survey satisfaction.csv --set date=2010-06-30`
    - `daybook import ./our-extract.yaml sales.csv --check`
    """
    missing = [str(file) for file in files if not file.exists()]
    if missing:
        raise WrongUse(f"no such file: {', '.join(missing)}")
    with opened(data) as system:
        with progress(f"Importing {mapping}", quiet=json) as advance:
            report = run_import(
                system.door,
                mapping,
                files,
                zone=system.zone,
                parameters=dict(pairs(set_ or [], "--set")),
                check=check,
                progress=advance,
            )
        if not check:
            if report.days:
                system.day_closer.close_days(report.days)
            if not no_wait:
                _settle(system, quiet=json)
    if json:
        print_json(report)
    else:
        _print_report(report)
    if check and report.rows.refused:
        raise CheckFailed(f"{report.rows.refused} of {report.rows.read} rows would be refused")


def _settle(system: System, *, quiet: bool) -> None:
    with progress("Posting", quiet=quiet) as advance:
        system.settle(lambda done, total: advance(done, total))


def _stream(file: str) -> BinaryIO:
    return sys.stdin.buffer if file == "-" else Path(file).open("rb")


def _batches(stream: BinaryIO, size: int) -> Iterator[tuple[int, list[bytes]]]:
    """Lines that hold something, in batches, each with the number of its first line."""
    lines = (line.strip() for line in stream)
    start = 1
    while batch := list(islice(lines, size)):
        yield start, [line for line in batch if line]
        start += len(batch)


def _status(outcome: Outcome) -> str:
    return outcome.status


def _print_report(report: ImportReport) -> None:
    print_table(
        f"{'Would import' if report.check else 'Imported'} with {report.mapping}",
        ("of", "read", "admitted", "duplicate", "refused"),
        [
            (what, counts.read, counts.admitted, counts.duplicate, counts.refused)
            for what, counts in (
                ("rows", report.rows),
                ("events", report.events),
                ("registrations", report.registrations),
            )
        ],
    )
    for what, note in {**report.files_left_out, **report.derived}.items():
        out.print(f"{what}: {note}", markup=False)
    if report.row_numbers:
        out.print(f"ids rest on row numbers in {', '.join(report.row_numbers)}: no key in the file")
    if report.problems:
        print_table(
            "First problems",
            ("file", "row", "code", "path", "reason"),
            [(p.file, p.row, p.code, p.path, p.reason) for p in report.problems],
        )
    if report.corrections:
        out.print(f"{report.corrections:,} rows changed and were sent as corrections")
    if not report.check:
        return
    for file, columns in report.unused_columns.items():
        out.print(f"{file}: unused columns {', '.join(columns)}", markup=False)
    for sample in report.samples:
        out.print_json(data=sample)
