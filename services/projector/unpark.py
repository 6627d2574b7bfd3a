"""Fold parked keys again after a fix: the rows come out as if the handler had never raised.

Called by the owner of the partition when a projector starts, and by `daybook doctor`. The partition's epoch
moves on, so that a projector that runs beside it is fenced and reads rows and parked keys anew.
"""

from collections.abc import Collection

from events.envelope import Position
from projections.fold import WorkingSet, effective
from services.projector.projector import Projector
from services.store import parked as parking
from services.store.writer import write_ledger, write_tallies


def unpark(projector: Projector, partitions: Collection[int] | None = None) -> int:
    """Refold every parked key of the generation, or of these partitions; keys that raise again stay parked.
    Gives back how many came free."""
    freed = 0
    for parked in parking.parked_list(projector.connection, projector.generation.schema):
        if partitions is None or parked.partition in partitions:
            freed += _unpark_one(projector, parked)
    projector.reload()
    return freed


def _unpark_one(projector: Projector, parked: parking.ParkedKey) -> bool:
    schema, connection = projector.generation.schema, projector.connection
    ledger = projector.declarations.ledger(parked.ledger)
    with connection.transaction():
        mark = connection.execute(
            f"SELECT next_offset FROM {schema}._watermark WHERE partition = %s FOR UPDATE".encode(),
            (parked.partition,),
        ).fetchone()
        assert mark is not None
        subject = parked.key[0]
        history = effective(projector.subject_entries(subject), projector.folder.zone)
        working = WorkingSet(projector.declarations, projector.folder.zone, lambda entry: [])
        keys = {parked.key}
        working.load(ledger.name, projector.rows(ledger.name, [parked.key]), keys)
        try:
            working.refold(ledger, keys, history)
        except Exception:  # still the same bug: the key stays parked with its first error
            return False
        last = Position(projector.journal.volume, parked.partition, mark[0] - 1)
        working.touched[ledger.name][parked.key] = last
        write_ledger(connection, schema, working, ledger.name)
        write_tallies(connection, schema, working)
        parking.release(connection, schema, parked)
        connection.execute(
            f"UPDATE {schema}._watermark SET epoch = epoch + 1 WHERE partition = %s".encode(),
            (parked.partition,),
        )
    return True
