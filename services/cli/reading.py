"""Commands that read: figures with their evidence, status, digests, producers."""

import datetime as dt
from typing import Annotated, Any

import typer

from projections.catalogue import FIGURES
from projections.figure import Figure
from services.audit.evidence import entries_behind
from services.audit.scratch import figure_as_of
from services.bootstrap import System
from services.cli.opening import opened
from services.cli.output import AsJson, Data, as_plain, moment, out, pairs, plain, print_json, print_table
from services.door.producers import reconciled
from services.errors import WrongUse
from services.projector.batch import Cut
from services.store.digest import digests
from services.store.queries.figures import FigureLine, FigureQuery, read_figure, rows_behind
from services.store.queries.producers import sequence_gaps
from services.store.queries.status import Status, read_status

_figures_by_name = {figure.name: figure for figure in FIGURES}


def figures(
    name: Annotated[str | None, typer.Argument(help="A figure; all of them without one.")] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="Group by dimensions: product_id, month, year, …")
    ] = None,
    where: Annotated[list[str] | None, typer.Option("--where", help="Filter: DIM=VALUE.")] = None,
    start: Annotated[
        dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")
    ] = None,
    end: Annotated[dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Only what had happened by then (ISO 8601); folds the journal anew."),
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", help="Only what was admitted by then (ISO 8601); folds it anew too."),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", help="Show this many rows behind the number.")] = 0,
    entries: Annotated[
        bool, typer.Option("--entries", help="With --rows: the entries behind each row.")
    ] = False,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """A figure with n, interval and evidence.

    Examples:

    - `daybook figures`
    - `daybook figures nps --by channel_id --from 2026-01-01`
    - `daybook figures complaints --by year --where legal_entity=cfpb-bank --json`
    - `daybook figures complaints_timely --rows 3 --entries`
    - `daybook figures sales --as-of 2026-03-31 --known-at 2026-04-15T12:00:00+08:00`
    """
    query = FigureQuery(
        by=tuple(part for item in by or [] for part in item.split(",") if part),
        where=tuple(pairs(where or [], "--where")),
        start=start.date() if start else None,
        end=end.date() if end else None,
    )
    chosen = FIGURES if name is None else (_figure(name),)
    if name is None and (query.by or query.where or rows):
        raise WrongUse("name one figure to group, filter or look behind it: daybook figures NAME --by …")
    cut = Cut(moment(as_of, "--as-of"), moment(known_at, "--known-at"))
    if rows and cut != Cut():
        raise WrongUse(
            "--rows shows the ledgers' rows as they are now, not under --as-of or --known-at: leave one out; "
            "`daybook audit as-of SUBJECT` shows the rows of one subject as they were"
        )
    with opened(data, post=True) as system:
        found = _read(system, chosen, query, cut)
        behind = _rows(system, chosen[0], query, rows, entries) if rows else []
    if json:
        result = [{"figure": figure.name, "unit": figure.unit, "lines": lines} for figure, lines in found]
        if name is None:
            print_json({**cut._asdict(), "figures": result})
        else:
            print_json({**cut._asdict(), **result[0], "rows": behind})
        return
    _print_figures(found)
    for row in behind:
        print_table("", ("column", "value"), [(k, v) for k, v in row["row"].items() if v not in (None, [])])
        for line in row["entries"]:
            out.print(
                f"  {line['position']}  {line['type']}  {line['occurred'] or 'undated'}  {line['line']}"
            )


def status(data: Data = None, json: AsJson = False) -> None:
    """Where everything stands: journal, generation, lag, parked keys, unreadable records, quarantine.

    Examples:

    - `daybook status`
    - `daybook status --json`
    """
    with opened(data) as system:
        found = _status(system)
    if json:
        print_json(found)
        return
    print_table(
        "Daybook",
        ("what", "value"),
        [
            (name, value)
            for name, value in as_plain(found).items()
            if not isinstance(value, list | tuple | dict)
        ],
    )
    print_table(
        "Ledgers",
        ("ledger", "folded", "not subscribed", "parked"),
        [(x.ledger, x.folded, x.not_subscribed, x.parked) for x in found.ledgers],
    )


def digest(data: Data = None, json: AsJson = False) -> None:
    """SHA-256 of every table of the live generation; equal for one journal however it was folded.

    Examples:

    - `daybook digest`
    - `daybook digest --json`
    """
    with opened(data, post=True) as system, system.connect() as connection:
        generation = system.generation(connection)
        found = digests(connection, system.declarations, generation.schema)
    if json:
        print_json({"generation": generation.id, "fingerprint": generation.fingerprint, "digests": found})
    else:
        print_table(f"Generation {generation.id}", ("table", "SHA-256"), list(found.items()))


producers_app = typer.Typer()


@producers_app.command("gaps")
def gaps(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Numbers missing in the sequences of the producers.

    Example: `daybook producers gaps --source urn:bank:branch-12`
    """
    with opened(data, post=True) as system, system.connect() as connection:
        found = sequence_gaps(connection, system.generation(connection).schema, source)
    if json:
        print_json(found)
    else:
        rows = [tuple(as_plain(gap).values()) for gap in found]
        print_table("Gaps", tuple(as_plain(found[0])) if found else ("gaps",), rows)


@producers_app.command("days")
def days(
    start: Annotated[dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    end: Annotated[dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Declared days against what came, by source, day and type: declared, admitted, missing, late.

    Example: `daybook producers days --from 2026-05-04 --json`
    """
    last = (end or start).date()
    with opened(data, post=True) as system, system.connect() as connection:
        schema = system.generation(connection).schema
        found = reconciled(connection, schema, system.journal, system.opened.zone, start.date(), last)
    if json:
        print_json(found)
    else:
        rows = [tuple(as_plain(day).values()) for day in found]
        print_table("Declared days", tuple(as_plain(found[0])) if found else ("days",), rows)


def _figure(name: str) -> Figure:
    if name not in _figures_by_name:
        raise WrongUse(f"there is no figure {name!r}; there are {', '.join(sorted(_figures_by_name))}")
    return _figures_by_name[name]


def _read(
    system: System, chosen: tuple[Figure, ...], query: FigureQuery, cut: Cut
) -> list[tuple[Figure, list[FigureLine]]]:
    if cut != Cut():
        return figure_as_of(system.rebuild_plan(), chosen, query, cut.as_of or system.clock(), cut.known_at)
    today = system.clock().astimezone(system.zone).date()
    with system.connect() as connection:
        schema = system.generation(connection).schema
        return [(figure, read_figure(connection, schema, figure, query, today)) for figure in chosen]


def _rows(
    system: System, figure: Figure, query: FigureQuery, limit: int, entries: bool
) -> list[dict[str, Any]]:
    with system.connect() as connection:
        schema = system.generation(connection).schema
        ledger = figure.tally.ledger
        return [
            {
                "row": as_plain(row),
                "entries": [
                    as_plain(line)
                    for line in entries_behind(connection, schema, system.journal, system.zone, ledger, row)
                ]
                if entries
                else [],
            }
            for row in rows_behind(connection, schema, figure, query, limit=limit)
        ]


def _status(system: System) -> Status:
    with system.connect() as connection:
        return read_status(
            connection,
            system.generation(connection),
            system.opened,
            system.journal.ends(),
            system.journal.volume,
        )


def _print_figures(found: list[tuple[Figure, list[FigureLine]]]) -> None:
    """One table a figure, without the columns that say nothing; figures with nothing to show in one line."""
    for figure, lines in found:
        if lines:
            print_table(f"{figure.title} ({figure.name})", *_table(figure, lines))
    empty = [figure.name for figure, lines in found if not lines]
    if empty:
        out.print(f"Nothing yet: {', '.join(empty)}")


def _table(figure: Figure, lines: list[FigureLine]) -> tuple[list[str], list[list[Any]]]:
    dims = list(lines[0].dims)
    columns = [*dims, "value", "n", "95 % interval", "from", "note"]
    rows: list[list[Any]] = [
        [
            *(line.dims[name] for name in dims),
            _value(figure, line),
            line.estimate.n,
            _interval(figure, line),
            " · ".join(f"{name} {plain(n)}" for name, n in line.estimate.parts.items()) or None,
            line.estimate.note,
        ]
        for line in lines
    ]
    said = [
        place
        for place, name in enumerate(columns)
        if name in dims or any(row[place] is not None for row in rows)
    ]
    return [columns[place] for place in said], [[row[place] for place in said] for row in rows]


def _value(figure: Figure, line: FigureLine) -> str:
    value = line.estimate.value
    if value is None:
        return "–"
    if figure.unit == "minor":
        return f"{value / 100:,.2f}"
    if figure.unit == "percent":
        return f"{value:.2f} %"
    return (
        plain(value)
        if figure.unit == "count"
        else f"{value:+.1f}"
        if figure.unit == "points"
        else plain(value)
    )


def _interval(figure: Figure, line: FigureLine) -> str | None:
    low, high = line.estimate.low, line.estimate.high
    return None if low is None or high is None else f"{low:.1f} … {high:.1f}"
