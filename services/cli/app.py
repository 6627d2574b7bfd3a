"""The command line assembled: one explicit list of commands, and what an error does to the exit code.

Exit codes: 0 ok, 1 a check failed or something was refused, 2 wrong use. Modules beside this one hold the
commands by subject; none of them may hold business rules.
"""

import sys
from collections.abc import Callable
from typing import Any

import typer

from events.errors import DaybookError
from services.cli import (
    auditing,
    complaints,
    guarding,
    operating,
    publishing,
    quarantining,
    reading,
    running,
    suitability,
    tokens,
)
from services.cli.output import errors
from services.desks.deciding import RuleBroken
from services.errors import WrongUse

app = typer.Typer(
    name="daybook",
    help="An event-sourced CRM for selling and servicing financial products.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)

COMMANDS: tuple[tuple[str, Callable[..., Any], str], ...] = (
    ("demo", running.demo, "Run"),
    ("up", running.up, "Run"),
    ("api", running.api, "Run"),
    ("worker", running.worker, "Run"),
    ("token", tokens.token, "Run"),
    ("publish", publishing.publish, "Bring in"),
    ("import", publishing.import_, "Bring in"),
    ("figures", reading.figures, "Read"),
    ("status", reading.status, "Read"),
    ("digest", reading.digest, "Read"),
    ("rebuild", auditing.rebuild, "Prove"),
    ("doctor", operating.doctor, "Operate"),
    ("migrate", operating.migrate, "Operate"),
)

GROUPS: tuple[tuple[str, typer.Typer, str, str], ...] = (
    ("complaint", complaints.app, "The complaint desk: decide, look up, take over.", "Decide"),
    ("suitability", suitability.app, "The suitability desk: check, override, replay.", "Decide"),
    ("quarantine", quarantining.app, "Look at, mend and replay what the door refused.", "Bring in"),
    ("producers", reading.producers_app, "Did all of yesterday arrive?", "Read"),
    ("audit", auditing.app, "Timelines, as-of, archives.", "Prove"),
    ("journal", auditing.journal_app, "Load an archive into an empty journal.", "Prove"),
    ("rules", guarding.rules_app, "Rule packs: list, show, backtest, publish.", "Guard"),
    ("privacy", guarding.privacy_app, "Keys of persons: state, hold, shred.", "Guard"),
    ("topics", operating.topics_app, "Kafka topics: create, check.", "Operate"),
)

for _name, _command, _panel in COMMANDS:
    app.command(_name, rich_help_panel=_panel)(_command)
for _name, _group, _help, _panel in GROUPS:
    app.add_typer(_group, name=_name, help=_help, rich_help_panel=_panel, no_args_is_help=True)


def main() -> None:
    """Run the command line; an expected error is one line on standard error and an exit code."""
    try:
        app()
    except DaybookError as error:
        rule = f" ({error.rule})" if isinstance(error, RuleBroken) else ""
        errors.print(f"{error.code}{rule}: ", style="red", end="")
        errors.print(str(error), highlight=False)
        sys.exit(2 if isinstance(error, WrongUse) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
