"""`daybook complaint …`: the complaint desk on the command line, and what the ledgers say of a complaint."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from projections.complaints import ComplaintRow
from services.bootstrap import System
from services.cli.desks import (
    ActorOption,
    Body,
    CommandId,
    Roles,
    Version,
    Words,
    hand_in,
    print_case,
    print_done,
    print_file,
    who,
)
from services.cli.opening import opened
from services.cli.output import AsJson, Data, as_plain, out, print_json, print_table
from services.desks.complaints.case_file import about_case, about_row, case_file, items_of
from services.desks.counter import command_id_of, counter_of, done
from services.errors import NotFound
from services.store.database import Connection
from services.store.queries.clocks import clocks_of
from services.store.queries.entries import entries_named
from services.store.queries.register import register, register_row
from services.store.queries.similar import similar_cases

app = typer.Typer()
_counter = counter_of("complaint")

CaseId = Annotated[str, typer.Argument(help="Id of the complaint.")]


@app.command("receive")
def receive(
    words: Words = None,
    body: Body = None,
    command_id: CommandId = None,
    actor: ActorOption = None,
    role: Roles = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Open a case: somebody complained.

    Examples:

    - `daybook complaint receive legal_entity=bank received_by=own issue=fee --actor bank:e17`
    - `daybook complaint receive --body @letter.json --command-id letter-77 --actor bank:e17`
    """
    hand_in(data, _counter, "receive", words, body, who(actor, role), json, command_id=command_id)


@app.command("do")
def do(
    command: Annotated[str, typer.Argument(help="assign, propose, approve, close, …")],
    case: CaseId,
    words: Words = None,
    body: Body = None,
    if_version: Version = None,
    command_id: CommandId = None,
    actor: ActorOption = None,
    role: Roles = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Ask for something about a case. Exit code 1 if a rule refuses it.

    Examples:

    - `daybook complaint do assign bank:C9 employee_id=bank:e17 --actor bank:e1 --role team_lead`
    - `daybook complaint do propose bank:C9 kind=accept amount_minor=5000 currency=EUR --if-version 6`
    - `daybook complaint do triage bank:C9 --body - < triage.json`
    """
    hand_in(
        data,
        _counter,
        command,
        words,
        body,
        who(actor, role),
        json,
        case_id=case,
        expected_version=if_version,
        command_id=command_id,
    )


@app.command("adopt")
def adopt(
    case: CaseId,
    command_id: CommandId = None,
    actor: ActorOption = None,
    role: Roles = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Take over a complaint that came in as facts: from then on only the desk decides about it.

    Example: `daybook complaint adopt cfpb:2850455 --actor bank:e17`
    """
    asks = who(actor, role)
    with opened(data, post=True) as system:
        answer = system.desks.adopt(case, asks, command_id_of(command_id))
        made = done(system.desks, _counter, answer, asks)
        system.settle()
    print_done(made, json)


@app.command("show")
def show(
    case: CaseId,
    actor: ActorOption = None,
    role: Roles = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """A case at the desk; for a complaint that is only facts, its row in the register.

    Example: `daybook complaint show bank:C9 --actor bank:e17 --role complaint_handler`
    """
    asks = None if actor is None else who(actor, role)
    with opened(data, post=True) as system:
        if _at_desk(system, case) is not None:
            print_case(system, _counter, case, asks, json)
            return
        with _row(system, case) as (_, _, row):
            way = f"daybook complaint adopt {case}"
    if json:
        print_json({"case_id": case, "at_desk": False, "adopted": False, "register": row, "adopt": way})
        return
    said = [(name, value) for name, value in as_plain(row).items() if value not in (None, [], False)]
    print_table(f"{case} (facts only)", ("column", "value"), said)
    out.print(f"No desk has it: `{way}` takes it over.")


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help="open, closed, withdrawn, declined, forwarded.")] = None,
    handler: Annotated[str | None, typer.Option(help="Employee id; empty for those without.")] = None,
    product: Annotated[str | None, typer.Option(help="Product id.")] = None,
    issue: Annotated[str | None, typer.Option(help="What it is about, as it was stated.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """The register: complaints at the desk, and those that are only facts.

    Examples:

    - `daybook complaint list --state open --handler bank:e17`
    - `daybook complaint list --product bank:p3 --json`
    """
    given = {"state": state, "handler": handler, "product": product, "issue": issue}
    filters = {name: value for name, value in given.items() if value is not None}
    with opened(data, post=True) as system, system.reading() as (connection, schema):
        rows = register(connection, schema, filters, limit=limit)
    if json:
        print_json(rows)
        return
    columns = (
        "complaint_id",
        "received_on",
        "state",
        "severity",
        "handler_id",
        "product_id",
        "issue",
        "outcome",
    )
    print_table("Complaints", columns, [[getattr(row, name) for name in columns] for row in rows])


@app.command("file")
def file(case: CaseId, data: Data = None, json: AsJson = False) -> None:
    """The file that builds itself: what the journal holds about the sale, and what is missing.

    Example: `daybook complaint file bank:C9`
    """
    with opened(data, post=True) as system:
        at_desk = _at_desk(system, case)
        if at_desk is None:
            with _row(system, case) as (_, _, row):
                about, state = about_row(row), None
        else:
            about, state = about_case(at_desk.state), at_desk.state
        items = items_of(system.desks.complaints.facts(case), about)
        with system.reading() as (connection, schema):
            names = [(one.entry.source, one.entry.id) for one in items]
            volume = system.journal.volume
            posted = entries_named(connection, schema, volume, about.subject or "", names)
    print_file(case_file(case, about, items, posted, state), json)


@app.command("similar")
def similar(case: CaseId, data: Data = None, json: AsJson = False) -> None:
    """Settled complaints like this one: what they share, how they ended, what was paid.

    Example: `daybook complaint similar bank:C9`
    """
    with opened(data, post=True) as system, _row(system, case) as (connection, schema, row):
        found = similar_cases(connection, schema, row)
    if json:
        print_json([one._asdict() for one in found])
        return
    columns = ("complaint", "same", "cause", "outcome", "relief", "redress")
    print_table(
        "Like cases",
        columns,
        [
            (
                one.complaint_id,
                ", ".join(one.same),
                one.cause,
                one.outcome,
                one.relief,
                one.redress_minor / 100,
            )
            for one in found
        ],
    )


@app.command("clocks")
def clocks(case: CaseId, data: Data = None, json: AsJson = False) -> None:
    """The clocks of a complaint as they stand now, the governing ones first.

    Example: `daybook complaint clocks bank:C9`
    """
    with opened(data, post=True) as system, _row(system, case) as (connection, schema, _):
        lines = clocks_of(connection, schema, case, system.clock())
    if json:
        print_json(lines)
        return
    rows = [
        (
            one.clock.regime,
            one.title.get("en", one.clock.clock),
            one.state,
            one.clock.due_at,
            None if one.remaining_seconds is None else f"{one.remaining_seconds / 86_400:.1f} days",
            ", ".join(one.next_steps),
        )
        for one in lines
    ]
    print_table(f"Clocks of {case}", ("regime", "clock", "state", "due", "left", "stopped by"), rows)


def _at_desk(system: System, case: str) -> Any:
    """The case, or None if the desk does not have it."""
    try:
        return system.desks.complaints.read(case)
    except NotFound:
        return None


@contextmanager
def _row(system: System, case: str) -> Iterator[tuple[Connection, str, ComplaintRow]]:
    """A reading connection, with the complaint's row in the register; NotFound without one."""
    with system.reading() as (connection, schema):
        row = register_row(connection, schema, case)
        if row is None:
            raise NotFound(f"no complaint {case} is posted: see `daybook complaint list`")
        yield connection, schema, row
