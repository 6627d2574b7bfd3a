"""The product's projector and rebuild over a journal in Kafka, in one process and in two."""

import gc
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from zoneinfo import ZoneInfo

from projections.fold import Declarations
from services.audit.rebuild import RebuildPlan, rebuild
from services.journal.address import JournalAddress, open_journal
from services.projector.projector import Projector, resolve
from services.store import generation as generations
from services.store.database import connect
from services.store.generation import Generation
from tests.bench.crew import Timed, Work

ZONE = "Europe/Prague"
BATCH_ENTRIES = 20_000


def live(
    timed: Timed,
    address: JournalAddress,
    conninfo: str,
    declarations: Declarations,
    processes: int,
    *,
    synchronous_commit: str = "off",
) -> float:
    """Seconds in which this many projectors fold the whole journal into a fresh live generation."""
    with closing(open_journal(address)) as journal, connect(conninfo, autocommit=True) as connection:
        generation = resolve(connection, journal, declarations, ZONE, "ledgers")
        shares = [range(journal.partitions)[number::processes] for number in range(processes)]
    arguments = [
        (address, conninfo, declarations, generation, list(share), synchronous_commit) for share in shares
    ]
    seconds = timed(_projector, arguments)
    discard(conninfo, generation)
    return seconds


def rebuilt(address: JournalAddress, conninfo: str, declarations: Declarations, processes: int) -> float:
    """Seconds of a whole rebuild: processes started, folded, indexed, tallies posted."""
    plan = RebuildPlan(address, conninfo, declarations, ZONE, workers=processes)
    started = time.perf_counter()
    generation = rebuild(plan)
    seconds = time.perf_counter() - started
    discard(conninfo, generation)
    return seconds


def discard(conninfo: str, generation: Generation) -> None:
    """Drop a generation, live or not, and leave the server as quiet as it was."""
    with connect(conninfo, autocommit=True) as connection:
        generations.set_state(connection, generation, generations.RETIRED)
        generations.drop(connection, generation)
        connection.execute("CHECKPOINT")


def _projector(
    address: JournalAddress,
    conninfo: str,
    declarations: Declarations,
    generation: Generation,
    partitions: Sequence[int],
    synchronous_commit: str,
) -> Work:
    journal = open_journal(address)
    projector = Projector(journal, conninfo, declarations, generation, ZoneInfo(ZONE))
    projector.connection.execute(f"SET synchronous_commit = {synchronous_commit}".encode())
    gc.freeze()
    return partial(_catch_up, projector, partitions)


def _catch_up(projector: Projector, partitions: Sequence[int]) -> int:
    ends = projector.journal.ends()
    until = {partition: ends[partition] for partition in partitions}
    done = projector.catch_up(BATCH_ENTRIES, until)
    projector.close()
    projector.journal.close()
    return done
