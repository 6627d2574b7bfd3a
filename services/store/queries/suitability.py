"""What the suitability desk asks: the rows that a check rests on, and the check of an id.

Each look is a few index look-ups by subject; nothing here scans a ledger.
"""

from typing import TypeVar

from projections.ledger import Ledger, Row
from projections.suitability import SUITABILITY_CHECKS, SuitabilityCheckRow
from services.store import tables
from services.store.database import Connection

R = TypeVar("R", bound=Row)

MOST_ROWS = 2_000
"""Of one ledger and one subject; nobody is assessed or advised that often."""


def rows_of(connection: Connection, schema: str, ledger: Ledger, row: type[R], subject: str) -> list[R]:
    """The rows of a ledger under a subject, in key order."""
    return _rows(connection, schema, ledger, row, "subject", subject)


def check_of(connection: Connection, schema: str, check_id: str) -> SuitabilityCheckRow | None:
    """The check of this id; where two subjects have one, the first by subject."""
    found = _rows(connection, schema, SUITABILITY_CHECKS, SuitabilityCheckRow, "check_id", check_id)
    return found[0] if found else None


def _rows(
    connection: Connection, schema: str, ledger: Ledger, row: type[R], column: str, value: str
) -> list[R]:
    shape = tables.shape(ledger)
    columns = ", ".join(f'"{one.name}"' for one in shape.columns)
    order = ", ".join(f'"{name}"' for name in ledger.key)
    found = connection.execute(
        f'SELECT {columns} FROM {schema}."{ledger.name}" WHERE "{column}" = %s '
        f"ORDER BY {order} LIMIT {MOST_ROWS}".encode(),
        (value,),
    ).fetchall()
    rows = [shape.from_db(values) for values in found]
    return [one for one in rows if isinstance(one, row)]
