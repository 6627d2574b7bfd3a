"""The calendar: which business day was closed last."""

import datetime as dt

from services.store.database import Connection


def last_closed_day(connection: Connection, schema: str) -> dt.date | None:
    """The latest day that was ever closed; None before the first close."""
    row = connection.execute(f"SELECT max(day) FROM {schema}.calendar_days".encode()).fetchone()
    return None if row is None else row[0]
