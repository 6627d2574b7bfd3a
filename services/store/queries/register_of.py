"""Questions about small registers (products, channels, people): values to filter by, search by name or id.

The console's ledger views ask here; pages of rows are in rows.py. Sealed columns are never searched.
"""

from collections.abc import Sequence

from projections.ledger import Ledger
from services.errors import WrongUse
from services.store.database import Connection
from services.store.queries.rows import table_of

VALUES_AT_MOST = 100
MATCHES_AT_MOST = 500


def values_of(connection: Connection, schema: str, ledger: Ledger, column: str) -> list[str]:
    """The different texts in a column, in order."""
    name = table_of(ledger).column(column).name
    rows = connection.execute(
        f'SELECT DISTINCT "{name}" FROM {schema}."{ledger.name}" WHERE "{name}" IS NOT NULL '
        "ORDER BY 1 LIMIT %s".encode(),
        (VALUES_AT_MOST,),
    ).fetchall()
    return [str(row[0]) for row in rows]


def matching(
    connection: Connection, schema: str, ledger: Ledger, columns: Sequence[str], text: str
) -> list[str]:
    """Subjects whose id, or a word in one of these columns, begins with a text, whatever its case."""
    table = table_of(ledger)
    for column in columns:
        if column in table.sealed:
            raise WrongUse(f"column {column} of {ledger.name} is sealed: search by id")
    if not text.isprintable():
        raise WrongUse("search by a printable text")
    begins = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    arms = [
        "split_part(subject, '/', 2) ILIKE %s",
        "split_part(subject, ':', 2) ILIKE %s",
        *(f'"{name}" ILIKE %s OR "{name}" ILIKE %s' for name in columns),
    ]
    values = [begins, begins, *(value for _ in columns for value in (begins, f"% {begins}"))]
    rows = connection.execute(
        f'SELECT subject FROM {schema}."{ledger.name}" WHERE {" OR ".join(arms)} '
        "ORDER BY subject LIMIT %s".encode(),
        (*values, MATCHES_AT_MOST),
    ).fetchall()
    return [str(row[0]) for row in rows]
