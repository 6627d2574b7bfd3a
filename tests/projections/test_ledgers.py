"""Ledgers: whole rows from whole lives, the same in every order, and no event that a handler cannot take."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import codec
from events.envelope import Event
from events.event_type import EventType
from projections.catalogue import LEDGERS
from tests.events.examples import stored_events
from tests.projections.customer_lives import CUSTOMER_LIVES
from tests.projections.given import day, entry, fold, only_row
from tests.projections.registers import REGISTERS
from tests.projections.scenarios import Scenario
from tests.projections.selling import SELLING

SCENARIOS = {**CUSTOMER_LIVES, **SELLING, **REGISTERS}
SUBSCRIBED = [codec.TYPE_OF[event] for event in LEDGERS.subscriptions]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_life_in_order_makes_the_whole_row(scenario: Scenario) -> None:
    assert only_row(scenario.ledger, *scenario.steps) == scenario.row


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_steps_in_any_order_make_the_same_row(scenario: Scenario, data: st.DataObject) -> None:
    steps = data.draw(st.permutations(scenario.steps))
    assert only_row(scenario.ledger, *steps) == scenario.row


@pytest.mark.parametrize("event_type", SUBSCRIBED, ids=lambda event_type: event_type.name)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_event_is_too_odd_for_a_handler(event_type: EventType, data: st.DataObject) -> None:
    events: Sequence[Event] = data.draw(st.lists(stored_events(event_type), min_size=1, max_size=3))
    days = [data.draw(st.sampled_from([None, day(0), day(1), dt.date.min, dt.date.max])) for _ in events]
    about = "customer/t:anna"
    for ledger, _ in LEDGERS.subscriptions[event_type.struct]:
        entries = [
            entry(event, on=on, offset=offset, subject=about)
            for offset, (event, on) in enumerate(zip(events, days, strict=True))
        ]
        for key, row in fold(ledger, entries).items():
            assert key == ledger.key_of(row)
            assert key[0] == about


def test_every_name_is_used_once() -> None:
    names = [ledger.name for ledger in LEDGERS.ledgers] + [tally.name for tally in LEDGERS.tallies]
    assert len(names) == len(set(names))


def test_rows_written_once_are_under_the_name_of_their_entry() -> None:
    once = [ledger for ledger in LEDGERS.ledgers if ledger.written_once]
    assert {ledger.name for ledger in once} == {
        "advice_log",
        "campaign_contacts",
        "fraud_assessments",
        "risk_profiles",
    }
