"""Commands that prove: rebuild and compare, timelines, as-of, archives."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from events.envelope import Position
from services.audit import rebuild as rebuilding
from services.audit.as_of import subject_as_of
from services.audit.rebuild_job import Report, rebuild_and_report
from services.bootstrap import System, load_archive
from services.cli.desk_tables import rebuild_desks
from services.cli.opening import opened, settings_for
from services.cli.output import (
    AsJson,
    Data,
    as_plain,
    moment,
    out,
    plain,
    print_json,
    print_table,
    progress,
)
from services.errors import CheckFailed, WrongUse
from services.journal.address import JournalAddress
from services.journal.archive import ArchiveJournal, write_archive
from services.projector.batch import Cut
from services.store.timeline import timeline as read_timeline

app = typer.Typer()
journal_app = typer.Typer()


def rebuild(
    until: Annotated[
        str | None, typer.Option(help="Stop at a time of admission, or at a position v/p/o.")
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="`kafka`, or an archive file; default: this system's journal."),
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Compare with the live generation.")] = False,
    swap: Annotated[bool, typer.Option("--swap", help="Make it the live one, in one row.")] = False,
    desks: Annotated[
        bool, typer.Option("--desks", help="The desks' tables instead of ledgers, from their own entries.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the generation when done.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes.")] = 1,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Fold the journal into a fresh generation; resumable. Without --swap or --keep it is dropped again.

    Examples:

    - `daybook rebuild --compare`
    - `daybook rebuild --from archive.daybook --compare --workers 2`
    - `daybook rebuild --swap`
    - `daybook rebuild --desks --compare`
    - `daybook rebuild --desks --swap`
    """
    if desks:
        if until or from_ or keep or workers > 1:
            raise WrongUse(
                "--desks rebuilds from this system's whole journal: it goes with --compare, --swap"
            )
        rebuild_desks(data, compare=compare, swap=swap, json=json)
        return
    if swap and (until or from_):
        raise WrongUse("--swap needs the whole journal of this system: leave out --until and --from")
    with opened(data) as system:
        plan = system.rebuild_plan(workers=workers)
        if from_ is not None:
            plan = plan._replace(address=_address(system, from_))
        plan = _until(plan, until, system)
        if compare and until is None:
            system.settle()
        with progress("Rebuilding", quiet=json) as advance:
            report = rebuild_and_report(
                plan, compare=compare, swap=swap, keep=keep, progress=lambda stage, a, b: advance(a, b)
            )
    if json:
        print_json(report)
    else:
        _print_report(report)
    if report.comparison is not None and not report.comparison.equal:
        raise CheckFailed(f"{len(report.comparison.differences)} tables differ from the live generation")


@app.command("timeline")
def timeline(
    subject: Annotated[str, typer.Argument(help="kind/namespace:id, such as customer/berka:1")],
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Every entry of a subject, in journal order: position, admitted, happened, type, headline.

    Example: `daybook audit timeline customer/berka:1`
    """
    with opened(data, post=True) as system, system.connect() as connection:
        lines = read_timeline(connection, system.generation(connection).schema, subject, limit=limit)
    if json:
        print_json([{**line._asdict(), "position": str(line.position)} for line in lines])
        return
    for line in lines:
        happened = plain(line.occurred_at or line.occurred_on or "undated")
        out.print(
            f"{line.position}  {plain(line.admitted_at)}  {happened:<20}  {line.type:<24}  {line.line}",
            highlight=False,
        )


@app.command("as-of")
def as_of(
    subject: Annotated[str, typer.Argument(help="kind/namespace:id")],
    at: Annotated[str | None, typer.Option("--as-of", help="What had happened by then (ISO 8601).")] = None,
    known: Annotated[str | None, typer.Option("--known-at", help="As far as known then (ISO 8601).")] = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """The rows of one subject as they stood at a moment, as they were known at another.

    Example: `daybook audit as-of customer/berka:1 --as-of 1996-12-31 --known-at 2026-01-01`
    """
    cut = Cut(moment(at, "--as-of"), moment(known, "--known-at"))
    with opened(data, post=True) as system, system.connect() as connection:
        schema = system.generation(connection).schema
        found = subject_as_of(
            connection, schema, system.journal, system.declarations, system.zone, subject, cut
        )
    rows = {ledger: [as_plain(row) for row in rows.values()] for ledger, rows in found.items()}
    if json:
        print_json({"subject": subject, "as_of": cut.as_of, "known_at": cut.known_at, "ledgers": rows})
        return
    for ledger, many in rows.items():
        for row in many:
            print_table(ledger, ("column", "value"), [(k, v) for k, v in row.items() if v not in (None, [])])


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The archive to write; must not exist.")],
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Write the journal as a closed archive: one file, readable with any SQLite tool. Sealed stays sealed.

    Example: `daybook audit export bank-2026.daybook`
    """
    if file.exists():
        raise WrongUse(f"{file} exists: an archive is never written over; name another file")
    with opened(data) as system, progress("Exporting", quiet=json) as advance:
        ends = system.journal.ends()
        header = write_archive(
            file,
            system.journal,
            journal_id=system.opened.journal_id,
            zone=system.opened.zone,
            created_at=system.clock(),
            ends=ends,
            progress=lambda done: advance(done, sum(ends.values())),
        )
    if json:
        print_json(header)
    else:
        out.print(f"{sum(ends.values()):,} records in {file}")


@journal_app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="An archive.")],
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Load an archive's raw records into an empty journal; positions stay what they were.

    Example: `daybook journal load bank-2026.daybook --data ./fresh`
    """
    with closing(ArchiveJournal(str(file))) as archive, progress("Loading", quiet=json) as advance:
        archive.check()
        records = load_archive(settings_for(data), archive, advance)
    with opened(data) as system:
        with progress("Posting", quiet=json) as advance:
            system.settle(lambda done, total: advance(done, total))
        ends = system.journal.ends()
    if json:
        print_json({"records": records, "ends": ends})
    else:
        out.print(f"{records:,} records loaded and posted")


def _address(system: System, named: str) -> JournalAddress:
    if named == "kafka":
        if system.address.kind != "kafka":
            raise WrongUse("--from kafka needs DAYBOOK_KAFKA=host:port")
        return system.address
    if not Path(named).exists():
        raise WrongUse(f"there is no archive {named}")
    return JournalAddress("archive", named)


def _until(plan: rebuilding.RebuildPlan, until: str | None, system: System) -> rebuilding.RebuildPlan:
    if until is None:
        return plan
    if "/" in until:
        position = Position.parse(until)
        ends = system.journal.ends()
        return plan._replace(
            until={**ends, position.partition: min(position.offset, ends[position.partition])}
        )
    return plan._replace(cut=Cut(None, moment(until, "--until")))


def _print_report(report: Report) -> None:
    out.print(f"Generation {report.generation}: {report.records:,} records in {report.seconds:.1f} s")
    rows: list[tuple[Any, ...]] = []
    for table, mine in report.digests.items():
        live = report.comparison.digests[table] if report.comparison else None
        rows.append((table, mine[:16], "–" if live is None else "equal" if live == mine else "DIFFERENT"))
    print_table("Digests", ("table", "SHA-256", "live"), rows)
    for difference in report.comparison.differences if report.comparison else ():
        print_table(
            f"First difference in {difference.table}: {difference.key}",
            ("column", "live", "rebuilt"),
            [
                (name, (difference.left or {}).get(name), (difference.right or {}).get(name))
                for name in {**(difference.left or {}), **(difference.right or {})}
                if (difference.left or {}).get(name) != (difference.right or {}).get(name)
            ],
        )
        for line in difference.entries:
            out.print(f"  {line.position}  {line.type}  {line.source}  {line.id}  {line.line}")
    if report.comparison is not None and report.comparison.equal:
        out.print(f"All {len(report.digests) - 1} tables are equal to those of the live generation.")
    if report.swapped:
        out.print("It is the live generation now.")
