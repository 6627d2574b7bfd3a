"""What commands share in talking to people and programs: tables, JSON, progress, options of every command.

Every module of the command line uses it; figures and errors are formatted nowhere else.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from services.errors import WrongUse

# No markup: what a channel sent may hold brackets.
out = Console(soft_wrap=True, markup=False)
errors = Console(stderr=True, soft_wrap=True, markup=False)

Data = Annotated[
    Path | None,
    typer.Option("--data", envvar="DAYBOOK_DATA", help="Folder of the embedded system.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Return before what came in is posted.")]


class Advance(Protocol):
    """Moves a progress bar to `done` of `total`."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()
    typer.echo(text)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table; numbers stand right, absent values are dashes."""
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float | None) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(plain(value) for value in row))
    out.print(table)


def plain(value: Any) -> str:
    """A value as a person reads it; an instant in UTC, to the second."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return str(value)


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Iterator[Advance]:
    """A progress bar on standard error; nothing where `quiet` or where nobody looks."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        disable=quiet or not errors.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def moment(text: str | None, option: str) -> dt.datetime | None:
    """An ISO 8601 day or time of an option, UTC where it names no zone; WrongUse for anything else."""
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongUse(
            f"{option} {text!r} is no time: write 2026-05-04 or 2026-05-04T12:00:00+08:00"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def pairs(values: Sequence[str], option: str) -> list[tuple[str, str]]:
    """`NAME=VALUE` options as pairs; typer.BadParameter for one without `=`."""
    found = []
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals:
            raise typer.BadParameter(f"{value!r}: write NAME=VALUE", param_hint=option)
        found.append((name.strip(), rest))
    return found


def as_plain(value: Any) -> Mapping[str, Any]:
    """A struct as a mapping of plain values."""
    built: Mapping[str, Any] = msgspec.to_builtins(value, enc_hook=str)
    return built
