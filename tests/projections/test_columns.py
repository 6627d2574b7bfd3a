"""Columns: every row of a scenario comes back from its stored form as it was."""

import json
from typing import Any

import pytest

from projections.catalogue import LEDGERS
from projections.ledger import Ledger
from services.store.columns import shape_of
from tests.projections.customer_lives import CUSTOMER_LIVES
from tests.projections.registers import REGISTERS
from tests.projections.scenarios import Scenario
from tests.projections.selling import SELLING

SCENARIOS = {**CUSTOMER_LIVES, **SELLING, **REGISTERS}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_row_survives_its_columns(scenario: Scenario) -> None:
    shape = shape_of(scenario.ledger)
    stored: list[Any] = shape.to_db(scenario.row)
    read = [
        json.loads(value.dumps(value.obj)) if column.sql_type == "jsonb" and value is not None else value
        for column, value in zip(shape.columns, stored, strict=True)
    ]
    assert shape.from_db(tuple(read)) == scenario.row


@pytest.mark.parametrize("ledger", LEDGERS.ledgers, ids=lambda ledger: ledger.name)
def test_every_ledger_has_columns_for_its_fields(ledger: Ledger) -> None:
    assert tuple(column.name for column in shape_of(ledger).columns) == ledger.columns
