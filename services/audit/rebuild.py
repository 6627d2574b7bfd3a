"""Rebuild: fold the journal into a fresh generation, in one process or several, resumably.

`daybook rebuild` and the embedded start with a new fingerprint call it. It never touches the live generation
but in the one row of a swap.
"""

import datetime as dt
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from typing import NamedTuple
from zoneinfo import ZoneInfo

from projections.fold import Declarations
from services.errors import Refused
from services.journal.address import JournalAddress, open_journal
from services.journal.port import Journal
from services.projector.batch import Cut
from services.projector.bulk import CHUNK_ENTRIES, ROWS_IN_MEMORY, Share, fold_share
from services.projector.projector import Projector
from services.store import generation as generations
from services.store.database import connect
from services.store.generation import Generation

Progress = Callable[[str, int, int], None]
"""`progress(stage, done, total)`; entries while folding, tables while indexing."""

SHARE_ENTRIES = 200_000
"""Up to about this many entries, partitions are folded through one consumer and in one transaction."""


class RebuildPlan(NamedTuple):
    """What to rebuild: from which journal, into which kind of generation, how far."""

    address: JournalAddress
    conninfo: str
    declarations: Declarations
    zone: str
    kind: str = "ledgers"
    workers: int = 1
    until: Mapping[int, int] | None = None
    cut: Cut | None = None
    rows_in_memory: int = ROWS_IN_MEMORY
    share_entries: int = SHARE_ENTRIES


def rebuild(plan: RebuildPlan, progress: Progress | None = None) -> Generation:
    """A complete generation in state `following`, new or resumed; OlderThanJournal, JournalIncomplete."""
    with closing(open_journal(plan.address)) as journal:
        journal.check()
        ends = dict(plan.until) if plan.until is not None else journal.ends()
        generation = _begin(plan, journal)
    left = _left(plan, generation, ends)
    total = sum(ends.values())
    done = total - sum(left.values())
    for moved in _fold_all(plan, _shares(plan, generation, ends, left)):
        done += moved
        if progress is not None:
            progress("fold", done, total)
    _finish(plan, generation, progress)
    return generation._replace(state=generations.FOLLOWING)


def catch_up(plan: RebuildPlan, generation: Generation, until: Mapping[int, int]) -> None:
    """Fold what came in since, in order, as a live projector would."""
    with closing(open_journal(plan.address)) as journal:
        projector = Projector(
            journal, plan.conninfo, plan.declarations, generation, ZoneInfo(plan.zone), cut=plan.cut
        )
        with closing(projector):
            projector.catch_up(CHUNK_ENTRIES, until)


def swap(plan: RebuildPlan, generation: Generation) -> Generation | None:
    """Make a rebuilt generation live; gives back the one it replaced. Readers see one or the other.

    The live watermarks are locked, the last entries folded, then one row is changed.
    """
    if plan.cut is not None:
        raise Refused(
            "a generation that is cut at a time cannot become the live one: rebuild without --until"
        )
    with connect(plan.conninfo) as connection, connection.transaction():
        live = generations.live(connection, plan.kind, generation.fingerprint)
        if live is not None:
            connection.execute(
                f"SELECT 1 FROM {live.schema}._watermark ORDER BY partition FOR UPDATE".encode()
            )
            marks = generations.watermarks(connection, live.schema)
            catch_up(plan, generation, {p: mark.next_offset for p, mark in marks.items()})
        return generations.swap(connection, generation)


def _begin(plan: RebuildPlan, journal: Journal) -> Generation:
    """Resume the unfinished generation of the same plan, or make a new one."""
    fingerprint = plan.declarations.fingerprint(plan.zone)
    note = f"rebuild from {plan.address.kind} cut={plan.cut}"
    with connect(plan.conninfo, autocommit=True) as connection:
        for generation in generations.all_generations(connection):
            same = (generation.kind, generation.fingerprint) == (plan.kind, fingerprint)
            if (
                same
                and generation.state == generations.BUILDING
                and generations.note(connection, generation) == note
            ):
                return generation
        return generations.create(
            connection,
            plan.declarations,
            kind=plan.kind,
            fingerprint=fingerprint,
            partitions=journal.partitions,
            begins=journal.begins(),
            indexed=False,
            note=note,
        )


def _left(plan: RebuildPlan, generation: Generation, ends: Mapping[int, int]) -> dict[int, int]:
    """How many records each partition still has to fold; those that have none are left out."""
    with connect(plan.conninfo, autocommit=True) as connection:
        marks = generations.watermarks(connection, generation.schema)
    left = {partition: end - marks[partition].next_offset for partition, end in ends.items()}
    return {partition: records for partition, records in left.items() if records > 0}


def _shares(
    plan: RebuildPlan, generation: Generation, ends: Mapping[int, int], left: Mapping[int, int]
) -> list[Share]:
    """The partitions dealt out, the largest first, into shares of about equal size: as many as keep every
    worker busy and a share within bounds."""
    total = sum(left.values())
    number = min(len(left), plan.workers * max(1, -(-total // (plan.share_entries * plan.workers))))
    dealt: list[dict[int, int]] = [{} for _ in range(number)]
    sizes = [0] * number
    for partition, records in sorted(left.items(), key=lambda item: (-item[1], item[0])):
        smallest = sizes.index(min(sizes))
        dealt[smallest][partition] = ends[partition]
        sizes[smallest] += records
    zone: dt.tzinfo = ZoneInfo(plan.zone)
    return [Share(generation, part, zone, plan.cut, plan.rows_in_memory) for part in dealt]


def _fold_all(plan: RebuildPlan, shares: list[Share]) -> Iterator[int]:
    """Records folded, as shares finish."""
    if plan.workers <= 1:
        with closing(open_journal(plan.address)) as journal:
            for share in shares:
                yield fold_share(journal, plan.conninfo, plan.declarations, share)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        plan.workers, mp_context=context, initializer=_open_in_worker, initargs=(plan.address,)
    ) as pool:
        futures = [pool.submit(_fold_in_worker, plan.conninfo, plan.declarations, share) for share in shares]
        for future in as_completed(futures):
            yield future.result()


def _finish(plan: RebuildPlan, generation: Generation, progress: Progress | None) -> None:
    """Build the indexes, post the tallies in SQL and mark the generation complete."""
    with connect(plan.conninfo) as connection:
        connection.execute("SET maintenance_work_mem = '256MB'")
        with connection.transaction():
            generations.ensure_indexes(connection, plan.declarations, generation.schema)
        for done, tally in enumerate(plan.declarations.tallies, start=1):
            with connection.transaction():
                generations.recount(connection, tally, generation.schema)
            if progress is not None:
                progress("tallies", done, len(plan.declarations.tallies))
        with connection.transaction():
            generations.set_state(connection, generation, generations.FOLLOWING)
    with connect(plan.conninfo, autocommit=True) as connection:
        connection.execute(f"ANALYZE {generation.schema}.entries".encode())
        for ledger in plan.declarations.ledgers:
            connection.execute(f'ANALYZE {generation.schema}."{ledger.name}"'.encode())


_worker_journal: Journal | None = None


def _open_in_worker(address: JournalAddress) -> None:
    """Each worker process opens its journal once."""
    global _worker_journal
    _worker_journal = open_journal(address)


def _fold_in_worker(conninfo: str, declarations: Declarations, share: Share) -> int:
    assert _worker_journal is not None, "the pool's initializer opens the journal"
    return fold_share(_worker_journal, conninfo, declarations, share)
