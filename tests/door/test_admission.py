"""One admission unit after another: admitted once, whole or not at all."""

from events.customers import CustomerRegistered
from services.door.submission import EventOutcome, Outcome
from tests.door.rig import NOW, SOURCE, Rig, customer


def test_an_event_is_in_the_journal_at_the_position_that_the_door_answers(rig: Rig) -> None:
    (outcome,) = rig.send(customer())
    entry = rig.entry(outcome.events[0].position)
    assert outcome == Outcome(
        "admitted",
        (
            EventOutcome(
                "admitted", "c1", SOURCE, "customer.registered", "customer/bank:1", str(entry.position)
            ),
        ),
    )
    assert isinstance(entry.event, CustomerRegistered)
    assert entry.admitted_at == NOW
    assert (entry.event.customer_type, entry.event.legal_entity) == ("person", "bank")
    assert entry.event.name is not None
    assert "Ada" not in entry.event.name
