"""Everything that the ledgers hold of one subject; every key begins with it, so each is one index look-up."""

from projections.fold import Declarations
from projections.ledger import Row
from services.store import tables
from services.store.database import Connection


def subject_rows(
    connection: Connection, schema: str, declarations: Declarations, subject: str
) -> dict[str, list[Row]]:
    """Rows per ledger, in key order; ledgers that hold nothing of it are left out."""
    found: dict[str, list[Row]] = {}
    for ledger in declarations.ledgers:
        shape = tables.shape(ledger)
        columns = ", ".join(f'"{column.name}"' for column in shape.columns)
        order = ", ".join(f'"{name}"' for name in ledger.key)
        rows = connection.execute(
            f'SELECT {columns} FROM {schema}."{ledger.name}" WHERE subject = %s ORDER BY {order}'.encode(),
            (subject,),
        ).fetchall()
        if rows:
            found[ledger.name] = [shape.from_db(row) for row in rows]
    return found
