"""Commands for what the door refused: list, show, replay, discard. Nothing is lost, nothing comes twice."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli.opening import opened
from services.cli.output import AsJson, Data, as_plain, out, print_json, print_table
from services.door.importing import reader_for
from services.errors import CheckFailed

app = typer.Typer()

CaseId = Annotated[str, typer.Argument(help="As `daybook quarantine list` shows it.")]
By = Annotated[str | None, typer.Option("--by", help="Who decided.")]


@app.command("list")
def list_(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    code: Annotated[str | None, typer.Option(help="Only this reason, such as schema or id_reused.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Replayed and discarded ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = 100,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """What was refused, the newest first, with the first reason of each.

    Examples:

    - `daybook quarantine list --source urn:bank:branch-12`
    - `daybook quarantine list --code schema --json`
    """
    with opened(data, post=True) as system:
        cases = system.quarantine.list(source=source, code=code, state=None if every else "open", limit=limit)
    if json:
        print_json(cases)
        return
    rows = [
        (
            case.case_id,
            case.received_at.isoformat(timespec="seconds"),
            case.source,
            case.state,
            case.problems[0].code if case.problems else None,
            case.problems[0].reason if case.problems else None,
        )
        for case in cases
    ]
    print_table("Quarantine", ("case", "received", "source", "state", "code", "reason"), rows)


@app.command("show")
def show(case_id: CaseId, data: Data = None, json: AsJson = False) -> None:
    """One case: every reason, and the record as it came in.

    Example: `daybook quarantine show door:4f1e… > case.txt`
    """
    with opened(data, post=True) as system:
        case = system.quarantine.get(case_id)
        raw = system.quarantine.raw(case_id)
    text = None if raw is None else raw.decode("utf-8", "backslashreplace")
    if json:
        print_json({**as_plain(case), "raw": text})
        return
    print_table(case_id, ("code", "path", "reason"), [(p.code, p.path, p.reason) for p in case.problems])
    out.print(text or "The record can no longer be read: its key was destroyed.", markup=False)


@app.command("replay")
def replay(
    case_id: CaseId,
    fixed: Annotated[Path | None, typer.Option("--fixed", help="The mended record, in a file.")] = None,
    by: By = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Send a case through the door again, as it came or mended. Again and again makes no duplicate.

    Examples:

    - `daybook quarantine replay door:4f1e…`
    - `daybook quarantine replay door:4f1e… --fixed mended.json`
    """
    with opened(data, post=True) as system:
        case = system.quarantine.get(case_id)
        outcome = system.quarantine.replay(
            case_id,
            system.door,
            fixed=None if fixed is None else fixed.read_bytes(),
            by=by,
            read=reader_for(case, fixed),
        )
        system.settle()
    if json:
        print_json(outcome)
    else:
        out.print(f"{case_id}: {outcome.status}")
        for problem in outcome.reasons():
            out.print(f"  {problem.code} at {problem.path}: {problem.reason}", markup=False)
    if outcome.status == "refused":
        raise CheckFailed(f"case {case_id} was refused again and stays open")


@app.command("discard")
def discard(
    case_id: CaseId,
    reason: Annotated[str, typer.Option("--reason", help="Why it will not be admitted.")],
    by: By = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Decide that a case will not be admitted; the decision is an entry in the journal.

    Example: `daybook quarantine discard door:4f1e… --reason "test record" --by "A. Chen"`
    """
    with opened(data, post=True) as system:
        case = system.quarantine.discard(case_id, reason, by)
        system.settle()
    if json:
        print_json(case)
    else:
        out.print(f"{case_id}: {case.state}")
