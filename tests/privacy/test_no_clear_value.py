"""Nothing personal rests in the database in clear, in any table, as text or as bytes."""

import psycopg
from psycopg import sql

from services.privacy.keyring import Keyring
from services.privacy.sealer import Sealer
from tests.privacy.people import CLEAR, SOURCE, WEI, registered, today


def everything_stored(database_url: str) -> tuple[set[str], str]:
    """The tables that hold rows, and all their rows as text, bytes in hexadecimal."""
    found: list[str] = []
    filled: set[str] = set()
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            query = sql.SQL("SELECT row_to_json(t)::text FROM {} AS t").format(sql.Identifier(schema, table))
            for (row,) in connection.execute(query):
                filled.add(table)
                found.append(row)
    return filled, "\n".join(found).casefold()


def test_no_clear_value_in_any_table(sealer: Sealer, keyring: Keyring, database_url: str) -> None:
    sealer.seal_batch([registered()])
    sealer.seal_bytes(WEI, SOURCE, today(), b"Wang Wei")
    sealer.seal_bytes(None, SOURCE, today(), b"Wang Wei")
    keyring.place_hold(WEI, "H-1", "court", "legal")
    filled, text = everything_stored(database_url)
    assert filled == {"master", "subject_key", "lookup", "legal_hold", "day_key"}
    assert WEI in text, "the scan sees what is there"
    for value in (*CLEAR.values(), "13800138000", "3800138000"):
        assert value.casefold() not in text
        assert value.encode().hex() not in text
        assert value.casefold().encode().hex() not in text


def test_no_key_rests_unwrapped(keyring: Keyring, database_url: str) -> None:
    keyring.ensure([WEI])
    assert keyring.master_key.hex() not in everything_stored(database_url)[1]
