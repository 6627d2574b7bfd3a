"""The people of these tests, and the events about them in the form in which they are sent."""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg

from events.codec import TYPES
from services.privacy.sealer import Item

MASTER_KEY = bytes(range(32))
SOURCE = "urn:bank:branch"
WEI = "customer/crm:1001"
ADA = "customer/crm:1002"

CLEAR: dict[str, Any] = {
    "name": "Wang Wei",
    "phone": "+86 138 0013 8000",
    "email": "Wei@Example.com",
    "birth_date": "1980-02-29",
}

_LIMIT_SECONDS = 20


def registered(subject: str = WEI, event_id: str = "reg-1", **fields: Any) -> Item:
    """`customer.registered` with Wei's details, or those given."""
    data = {
        "customer_id": subject.partition("/")[2],
        "customer_type": "person",
        "legal_entity": "demo",
        **(fields or CLEAR),
    }
    return sent("customer.registered", subject, event_id, data)


def corrected(subject: str, event_id: str, corrects: str, fact: dict[str, Any]) -> Item:
    """`customer.corrected` that states the registration `corrects` again."""
    fact = {
        "customer_id": subject.partition("/")[2],
        "customer_type": "person",
        "legal_entity": "demo",
        **fact,
    }
    data = {
        "customer_id": subject.partition("/")[2],
        "corrects": {"source": SOURCE, "id": corrects},
        "fact_type": "customer.registered",
        "fact_schema": TYPES["customer.registered"].schema_urn(),
        "fact": fact,
        "reason": "typing error",
    }
    return sent("customer.corrected", subject, event_id, data)


def sent(type_name: str, subject: str, event_id: str, data: dict[str, Any]) -> Item:
    event_type = TYPES[type_name]
    struct = msgspec.json.decode(msgspec.json.encode(data), type=event_type.sent)
    return event_type, SOURCE, event_id, subject, struct


def today() -> dt.date:
    return dt.date(2026, 3, 31)


def wait_until_blocked(database_url: str) -> None:
    """Until some session in the database waits for a lock."""
    question = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        _wait(lambda: connection.execute(question).fetchone() != (0,))


def _wait(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + _LIMIT_SECONDS
    while not happened():
        assert time.monotonic() < end, f"nothing waited for a lock within {_LIMIT_SECONDS} s"
