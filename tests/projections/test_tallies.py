"""Tallies: what a row adds, the fast way to add it, and sums kept step by step, all agree."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.inspect import StructType, type_info

from projections.catalogue import LEDGERS
from projections.ledger import Row
from projections.tally import Group, Tally, poster
from tests.events.examples import _of as values_of


def rows_of(tally: Tally) -> st.SearchStrategy[Row]:
    """Rows of a tally's ledger, with what it groups and sums drawn from few values."""
    shape = type_info(tally.ledger.row)
    assert isinstance(shape, StructType)
    used = {*tally.by, *tally.measures, *filter(None, (tally.where, tally.each))}
    fields: dict[str, Any] = {}
    for field in shape.fields:
        if field.encode_name in used or field.required:
            fields[field.encode_name] = values_of(field.type)
    return st.builds(tally.ledger.row, **fields)


@pytest.mark.parametrize("tally", LEDGERS.tallies, ids=lambda tally: tally.name)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_step_by_step_equals_a_recount(tally: Tally, data: st.DataObject) -> None:
    rows = rows_of(tally)
    changes = data.draw(st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), rows)), max_size=8))
    post = poster(tally)
    kept: dict[Group, list[int]] = {}
    now: dict[int, Row | None] = {}
    for key, row in changes:
        post(kept, now.get(key), -1)
        post(kept, row, 1)
        now[key] = row
    assert {group: tuple(sums) for group, sums in kept.items() if any(sums)} == recount(tally, now)


def recount(tally: Tally, rows: dict[int, Row | None]) -> dict[Group, tuple[int, ...]]:
    """The tally counted afresh from what each row adds; groups at nought are left out."""
    sums: dict[Group, Counter[int]] = {}
    for row in rows.values():
        for group, amounts in tally.contributions(row) if row is not None else ():
            sums.setdefault(group, Counter()).update(dict(enumerate(amounts)))
    width = len(tally.measures) + 1
    counted = {group: tuple(found[index] for index in range(width)) for group, found in sums.items()}
    return {group: amounts for group, amounts in counted.items() if any(amounts)}
