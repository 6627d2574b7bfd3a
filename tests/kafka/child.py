"""A projector process for tests: the worker of services/workers on declarations of the tests' own.

The rig starts it with a Plan as JSON. At a given batch it may stop or kill itself: before the commit, within
it (rows written, nothing committed) or after it.
"""

import importlib
import signal
import sys
import threading
from collections.abc import Callable
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

import services.projector.projector as projecting_module
from events.errors import DaybookError
from projections.fold import Declarations
from services.journal.kafka import KafkaJournal
from services.projector.projector import Projector, resolve
from services.store.database import Connection, connect
from services.store.generation import Generation
from services.store.writer import Batch
from services.store.writer import write as real_write
from services.telemetry import configure
from services.workers.projecting import ProjectingLimits, ProjectorProcess


class Fault(msgspec.Struct, frozen=True):
    """What happens to the process, and at which of its batches (from 1)."""

    point: Literal["before", "in", "after"]
    batch: int
    signal: Literal["KILL", "STOP"] = "KILL"


class Plan(msgspec.Struct, frozen=True):
    """Everything that a child needs; `declarations` is `module:NAME`."""

    bootstrap: str
    topic: str
    database_url: str
    group: str
    declarations: str = "tests.projector.shop:SHOP"
    zone: str = "Asia/Shanghai"
    batch_entries: int = 50
    patience_seconds: float = 60.0
    transaction_idle_seconds: float = 10.0
    fault: Fault | None = None


def main() -> int:
    plan = msgspec.json.decode(sys.argv[1].encode(), type=Plan)
    configure("INFO")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if plan.fault is not None:
        arm(plan.fault)
    journal = KafkaJournal(plan.bootstrap, plan.topic)
    limits = ProjectingLimits(
        batch_entries=plan.batch_entries,
        read_wait_seconds=0.1,
        session_timeout_seconds=6.0,
        transaction_idle_seconds=plan.transaction_idle_seconds,
        patience_seconds=plan.patience_seconds,
    )
    process = ProjectorProcess(journal, opener(plan, journal), plan.group, limits)
    try:
        process.run(stop)
    except DaybookError as error:
        print(f"{error.code}: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        journal.close()
    return 0


def opener(plan: Plan, journal: KafkaJournal) -> Callable[[], Projector]:
    """Opens a projector into the live generation of the plan's declarations."""
    module, _, name = plan.declarations.partition(":")
    declarations: Declarations = getattr(importlib.import_module(module), name)

    def open_projector() -> Projector:
        with connect(plan.database_url, autocommit=True) as connection:
            generation = resolve(connection, journal, declarations, plan.zone, "ledgers")
        return Projector(journal, plan.database_url, declarations, generation, ZoneInfo(plan.zone))

    return open_projector


def arm(fault: Fault) -> None:
    """Let the commit of a batch meet its fault."""
    batches = 0

    def strike() -> None:
        print(f"fault {fault.point} commit", file=sys.stderr, flush=True)
        # to this thread, so that it is delivered before the call returns
        signal.pthread_kill(threading.get_ident(), getattr(signal, f"SIG{fault.signal}"))

    def write(connection: Connection, generation: Generation, batch: Batch) -> None:
        nonlocal batches
        batches += 1
        due = batches >= fault.batch  # later, if a second copy made it fold that batch again
        if due and fault.point == "before":
            strike()
        with connection.transaction():
            real_write(connection, generation, batch)
            if due and fault.point == "in":
                strike()
        if due and fault.point == "after":
            strike()

    setattr(projecting_module, "write", write)  # noqa: B010


if __name__ == "__main__":
    sys.exit(main())
