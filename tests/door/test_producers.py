"""Did all of it arrive? Counts at the door, declared against admitted, gaps in a counter."""

import datetime as dt

from events import codec
from services.door.producers import declared_days, reconciled
from services.store.database import connect
from services.store.queries.producers import (
    Declared,
    DoorCount,
    ReconciledType,
    SequenceGap,
    door_counts,
    sequence_gaps,
)
from tests.door.rig import SOURCE, ZONE, Rig, cloud_event, customer, sale

DAY = dt.date(2026, 3, 1)
ADMITTED_ON = dt.date(2026, 3, 2)


def declare(rig: Rig, *counts: tuple[str, int]) -> None:
    data = {"producer_id": "bank:branch", "producer_source": SOURCE, "day": str(DAY), "count_by_type": counts}
    sent = cloud_event("producer.day_declared", "producer/bank:branch", data, "declared")
    assert rig.send(sent | {"date": "2026-03-02"})[0].status == "admitted"


def test_admitted_duplicate_and_refused_add_up_to_what_was_received(rig: Rig) -> None:
    rig.send(customer(), customer(), sale(amount_minor=-1), customer(region="Brno"))
    rig.send(customer())
    rig.counts.flush()
    with connect(rig.url) as connection:
        (count,) = door_counts(connection, DAY, ADMITTED_ON)
    assert count == DoorCount(SOURCE, ADMITTED_ON, admitted=1, duplicate=2, refused=2)
    assert count.received == 5


def test_a_dry_run_is_not_counted(rig: Rig) -> None:
    rig.send(customer(), dry_run=True)
    rig.counts.flush()
    with connect(rig.url) as connection:
        assert door_counts(connection, DAY, ADMITTED_ON) == []


def test_declared_is_held_against_admitted_by_type(rig: Rig) -> None:
    rig.send(
        customer(1) | {"recordedtime": "2026-03-01T20:00:00+01:00"},
        customer(2) | {"recordedtime": "2026-03-02T00:30:00+01:00"},
        sale(),
    )
    declare(rig, ("customer.registered", 3), ("complaint.received", 1))
    rig.post()
    with connect(rig.url) as connection:
        schema = rig.generation.schema
        assert declared_days(connection, schema, rig.journal, ZONE, DAY, DAY) == [
            Declared(SOURCE, DAY, "customer.registered", 3),
            Declared(SOURCE, DAY, "complaint.received", 1),
        ]
        found = reconciled(connection, schema, rig.journal, ZONE, DAY, DAY)
    assert found == [
        ReconciledType(SOURCE, DAY, "complaint.received", 1, 0, missing=1, surplus=0, late=0),
        ReconciledType(SOURCE, DAY, "customer.registered", 3, 2, missing=1, surplus=0, late=1),
        ReconciledType(SOURCE, DAY, "sale.confirmed", 0, 1, missing=0, surplus=1, late=1),
    ]


def test_a_corrected_declaration_is_the_one_that_counts(rig: Rig) -> None:
    declare(rig, ("customer.registered", 3))
    fact = {
        "producer_id": "bank:branch",
        "producer_source": SOURCE,
        "day": str(DAY),
        "count_by_type": [["customer.registered", 2]],
    }
    data = {
        "corrects": {"source": SOURCE, "id": "declared"},
        "fact_type": "producer.day_declared",
        "fact_schema": codec.TYPES["producer.day_declared"].schema_urn(),
        "fact": fact,
        "reason": "miscounted",
        "producer_id": "bank:branch",
    }
    rig.send(cloud_event("producer.corrected", "producer/bank:branch", data, "declared-again"))
    rig.post()
    with connect(rig.url) as connection:
        days = declared_days(connection, rig.generation.schema, rig.journal, ZONE, DAY, DAY)
    assert days == [Declared(SOURCE, DAY, "customer.registered", 2)]


def test_gaps_in_a_counter_are_seen_and_its_beginning_is_none(rig: Rig) -> None:
    numbers = (7, 8, 11, 12, 20)
    rig.send(*(customer(number) | {"sequence": f"{number:010}"} for number in numbers))
    rig.send(customer(99))
    rig.post()
    with connect(rig.url) as connection:
        gaps = sequence_gaps(connection, rig.generation.schema)
        assert sequence_gaps(connection, rig.generation.schema, "urn:other") == []
    assert gaps == [SequenceGap(SOURCE, 9, 10), SequenceGap(SOURCE, 13, 19)]
