"""Commands for those who run it: doctor, migrate, Kafka topics."""

import typer

from services.bootstrap import System
from services.cli.opening import opened, settings_for
from services.cli.output import AsJson, Data, out, print_json, print_table
from services.errors import CheckFailed, Stopped, WrongUse
from services.projector.unpark import unpark
from services.store.database import migrate as migrate_tables
from services.store.queries.changes import place_of
from services.store.view_state import VIEW, load_state

topics_app = typer.Typer()


def doctor(data: Data = None, json: AsJson = False) -> None:
    """Check that the journal is whole, that it is the one that was folded, and fold parked keys again.

    Examples:

    - `daybook doctor`
    - `daybook doctor --json`
    """
    with opened(data) as system:
        checks = [*_journal_checks(system), _unpark(system)]
        if system.settings.kafka is not None:
            checks.append(_view(system))
    failed = [name for name, ok, _ in checks if not ok]
    if json:
        print_json([{"check": name, "ok": ok, "detail": detail} for name, ok, detail in checks])
    else:
        print_table("Doctor", ("check", "ok", "detail"), checks)
    if failed:
        raise CheckFailed(f"{', '.join(failed)}: see the details above")


def migrate(data: Data = None) -> None:
    """Make the tables outside any generation; safe to run at any time.

    Example: `daybook migrate`
    """
    with opened(data) as system:
        migrate_tables(system.conninfo)
    out.print("The tables are in place.")


@topics_app.command("create")
def create(data: Data = None) -> None:
    """Make the topics that are not there yet, with everything kept for ever in the journal.

    Example: `DAYBOOK_KAFKA=localhost:9092 daybook topics create`
    """
    from services.journal.topics import create_topics

    settings = settings_for(data)
    if settings.kafka is None:
        raise WrongUse("topics belong to Kafka: set DAYBOOK_KAFKA=host:port")
    made = create_topics(settings)
    out.print(f"Made: {', '.join(made)}." if made else "Every topic was there already.")


@topics_app.command("check")
def check(data: Data = None, json: AsJson = False) -> None:
    """Check retention, compaction, partitions and first offsets of the topics.

    Example: `DAYBOOK_KAFKA=localhost:9092 daybook topics check --json`
    """
    from services.journal.topics import check_topics

    settings = settings_for(data)
    if settings.kafka is None:
        raise WrongUse("topics belong to Kafka: set DAYBOOK_KAFKA=host:port")
    problems = check_topics(settings)
    if json:
        print_json({"ok": not problems, "problems": problems})
    else:
        print_table("Topics", ("problem",), [(problem,) for problem in problems])
    if problems:
        raise CheckFailed(f"{len(problems)} problems with the topics")


def _journal_checks(system: System) -> list[tuple[str, bool, str]]:
    checks: list[tuple[str, bool, str]] = []
    try:
        system.journal.check()
        checks.append(("journal is complete", True, f"{sum(system.journal.ends().values())} records"))
    except Stopped as error:
        checks.append(("journal is complete", False, str(error)))
    try:
        system.projector().close()
        checks.append(("journal is the one that was folded", True, "last digests agree"))
    except Stopped as error:
        checks.append(("journal is the one that was folded", False, str(error)))
    return checks


def _view(system: System) -> tuple[str, bool, str]:
    """How far the view topic is behind the ledgers; a worker that never ran is nothing wrong."""
    with system.connect() as connection:
        state, now = load_state(connection, VIEW), place_of(connection, system.generation(connection))
    if state is None:
        return "the customer view is published", True, "no `daybook worker view` has run yet"
    if state.stage != "follow" or not now.follows(state.place):
        return "the customer view is published", True, "everything is being published anew"
    behind = sum(now.offsets) - sum(state.place.offsets)
    return "the customer view is published", True, f"{behind} records behind the ledgers"


def _unpark(system: System) -> tuple[str, bool, str]:
    projector = system.projector()
    try:
        freed = unpark(projector)
        left = len(projector.parked())
    finally:
        projector.close()
    return "no key is parked", left == 0, f"{freed} folded again, {left} still parked"
