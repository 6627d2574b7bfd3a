"""Rebuild and compare as one job: fold, catch up with the live generation's snapshot, compare, swap.

`daybook rebuild` and the API call it; what it finds is a report, never an exception.
"""

import time
from collections.abc import Mapping

import msgspec

from services.audit import rebuild as rebuilding
from services.audit.compare import Comparison, compare_digests
from services.audit.rebuild import Progress, RebuildPlan
from services.store import generation as generations
from services.store.database import Connection, connect
from services.store.digest import digests
from services.store.generation import Generation


class Report(msgspec.Struct, frozen=True):
    """What a rebuild did; `comparison` is with the live generation, where that was asked for."""

    generation: int
    fingerprint: str
    records: int
    seconds: float
    digests: dict[str, str]
    comparison: Comparison | None
    swapped: bool
    kept: bool


def rebuild_and_report(
    plan: RebuildPlan,
    *,
    compare: bool,
    swap: bool,
    keep: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Rebuild; compare in one snapshot of the live generation; swap; drop what is not kept."""
    started = time.monotonic()
    if compare and plan.until is None and plan.cut is None:
        plan = plan._replace(until=_live_position(plan))
    generation = rebuilding.rebuild(plan, progress)
    comparison: Comparison | None = None
    with connect(plan.conninfo, autocommit=True) as connection:
        if compare:
            comparison = _compare(plan, connection, generation)
        found = (
            comparison.other_digests
            if comparison
            else digests(connection, plan.declarations, generation.schema)
        )
        records = sum(m.next_offset for m in generations.watermarks(connection, generation.schema).values())
        swapped = swap and (comparison is None or comparison.equal)
        if swapped:
            swap_in(plan, connection, generation)
        elif not keep:
            generations.drop(connection, generation)
    return Report(
        generation.id,
        generation.fingerprint,
        records,
        round(time.monotonic() - started, 3),
        found,
        comparison,
        swapped,
        swapped or keep,
    )


def swap_in(plan: RebuildPlan, connection: Connection, generation: Generation) -> None:
    """Make a rebuilt generation live, and drop what was retired before the one that it replaces."""
    rebuilding.swap(plan, generation)
    _drop_older_retired(connection, plan.kind)


def _live_position(plan: RebuildPlan) -> Mapping[int, int] | None:
    with connect(plan.conninfo, autocommit=True) as connection:
        live = generations.live(connection, plan.kind, plan.declarations.fingerprint(plan.zone))
        if live is None:
            return None
        return {p: mark.next_offset for p, mark in generations.watermarks(connection, live.schema).items()}


def _compare(plan: RebuildPlan, connection: Connection, generation: Generation) -> Comparison:
    """Digest the live generation in one snapshot, bring the rebuilt one to the same position, compare."""
    with connect(plan.conninfo) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        live = generations.require_live(reader, plan.kind, generation.fingerprint)
        marks = generations.watermarks(reader, live.schema)
        mine = digests(reader, plan.declarations, live.schema)
        if plan.until is not None and plan.cut is None:
            rebuilding.catch_up(plan, generation, {p: mark.next_offset for p, mark in marks.items()})
        theirs = digests(connection, plan.declarations, generation.schema)
        reader.rollback()
    return compare_digests(connection, plan.declarations, (live, mine), (generation, theirs))


def _drop_older_retired(connection: Connection, kind: str) -> None:
    """Keep the newest retired generation, until the next swap; drop those before it."""
    for generation in generations.retired(connection, kind)[:-1]:
        generations.drop(connection, generation)
