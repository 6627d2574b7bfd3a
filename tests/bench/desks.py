"""Commands at a desk against the event store library's own: as many, on the same database, one by one.

The library's own way is an aggregate of its own, loaded, changed and saved. A desk does that too, under
rules, sealed, in the journal's form, once per command id.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from services.desks.storage import environment_of
from services.store.database import connect
from tests.bench.parts import Parts
from tests.bench.report import Line, Target, paired_rate
from tests.desks.small_desk import SmallBank

EVENTS_A_CASE = 10


class LibraryCase(Aggregate):
    """A case as the library's documentation would have it."""

    @event("Received")
    def __init__(self, customer: str, issue: str, text: str) -> None:
        self.customer, self.issue, self.text = customer, issue, text
        self.updates: list[str] = []

    @event("Updated")
    def update(self, method: str) -> None:
        """Tell how far we are."""
        self.updates.append(method)


def desk_lines(parts: Parts, commands: int, runs: int) -> Iterator[Line]:
    """Commands a second, each durable when it returns."""
    conninfo = parts.database("desks")
    environment = {**environment_of(conninfo, "library"), "ORIGINATOR_ID_TYPE": "uuid"}
    del environment["MAPPER_TOPIC"]
    with closing(SmallBank(conninfo)) as bank:
        with connect(conninfo, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS library")
        library: Application[UUID] = Application(environment)
        try:
            yield paired_rate(
                "desk: a command, durable",
                commands,
                partial(_at_the_desk, bank, commands),
                partial(_by_the_library, library, commands),
                "the library's own",
                Target(0.8, 1.0),
                runs,
            )
        finally:
            library.close()


def _at_the_desk(bank: SmallBank, commands: int) -> float:
    started = time.perf_counter()
    for number in range(commands // EVENTS_A_CASE):
        case_id = bank.receive(number)
        for _ in range(EVENTS_A_CASE - 1):
            bank.update(case_id)
    return time.perf_counter() - started


def _by_the_library(application: Application[UUID], commands: int) -> float:
    started = time.perf_counter()
    for number in range(commands // EVENTS_A_CASE):
        case = LibraryCase(f"bank:{number}", "a fee", "They took 5.")
        application.save(case)
        for _ in range(EVENTS_A_CASE - 1):
            found: LibraryCase = application.repository.get(case.id)
            found.update("letter")
            application.save(found)
    return time.perf_counter() - started
