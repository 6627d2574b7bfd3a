"""What a filter can be set to: the values that a tally has in a column. Pages with filters ask."""

from projections.tally import Tally
from services.store.database import Connection

CHOICES_AT_MOST = 500


def values_of(connection: Connection, schema: str, tally: Tally, column: str) -> list[str]:
    """The different values of a column that a tally groups by, in order."""
    assert column in tally.groups, f"tally {tally.name} is not grouped by {column}"
    rows = connection.execute(
        f'SELECT DISTINCT "{column}"::text FROM {schema}."{tally.name}" WHERE "{column}" IS NOT NULL '
        "ORDER BY 1 LIMIT %s".encode(),
        (CHOICES_AT_MOST,),
    ).fetchall()
    return [str(row[0]) for row in rows]
