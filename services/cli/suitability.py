"""`daybook suitability …`: checks, what follows them at the suitability desk, the same check years later."""

from typing import Annotated

import typer

from services.cli.desks import (
    ActorOption,
    Body,
    CommandId,
    Roles,
    Version,
    Words,
    hand_in,
    print_case,
    who,
)
from services.cli.opening import opened
from services.cli.output import AsJson, Data, out, print_json, print_table
from services.desks.counter import counter_of
from services.desks.suitability.replay import replayed
from services.errors import CheckFailed

app = typer.Typer()
_counter = counter_of("suitability")

CaseId = Annotated[str, typer.Argument(help="Id of the check.")]


@app.command("check")
def check(
    words: Words = None,
    body: Body = None,
    command_id: CommandId = None,
    actor: ActorOption = None,
    role: Roles = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Hold a product against a customer; the verdict comes at once, with the file that it rests on.

    Example: `daybook suitability check customer_id=bank:17 product_id=bank:p3 --actor bank:e17`
    """
    hand_in(data, _counter, "check", words, body, who(actor, role), json, command_id=command_id)


@app.command("assess")
def assess(
    words: Words = None,
    body: Body = None,
    command_id: CommandId = None,
    actor: ActorOption = None,
    role: Roles = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Grade a customer from the answers to a published questionnaire.

    Example: `daybook suitability assess --body @answers.json --actor bank:e17`
    """
    hand_in(data, _counter, "assess-profile", words, body, who(actor, role), json, command_id=command_id)


@app.command("do")
def do(
    command: Annotated[str, typer.Argument(help="warn, request-override, confirm-override, …")],
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
    """Ask for something that follows a check. Exit code 1 if a rule refuses it.

    Example: `daybook suitability do request-override CHECK own_initiative=true --actor bank:e17`
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


@app.command("show")
def show(
    case: CaseId,
    actor: ActorOption = None,
    role: Roles = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """A check or an assessment: verdict, what it allows, its entries.

    Example: `daybook suitability show CHECK`
    """
    asks = None if actor is None else who(actor, role)
    with opened(data, post=True) as system:
        print_case(system, _counter, case, asks, json)


@app.command("replay")
def replay(case: CaseId, data: Data = None, json: AsJson = False) -> None:
    """Work a stored check out again, from its own entry and the pack that it was made with.

    Exit code 1 if something else comes out. Example: `daybook suitability replay CHECK`
    """
    with opened(data) as system:
        found = replayed(system.desks.suitability.read(case))
    if json:
        print_json({**found._asdict(), "equal": found.equal})
    else:
        lines = [(name, getattr(found.stored, name), getattr(found.again, name)) for name in _SHOWN]
        print_table(f"{found.check_id} under {found.pack}", ("verdict", "stored", "again"), lines)
        said = [(one.criterion, one.result, one.effect, one.reason) for one in found.again.findings]
        print_table("Findings", ("criterion", "result", "effect", "reason"), said)
        if found.equal:
            out.print("The same verdict comes out.")
    if not found.equal:
        raise CheckFailed(f"{found.check_id}: {', '.join(found.differences)} come out differently")


_SHOWN = ("outcome", "override", "level")
