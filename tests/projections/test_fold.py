"""The fold: corrections and voidings refold, a handler that raises parks its key, tallies follow the rows."""

from typing import Any

import msgspec

from events import codec
from events.customers import CustomerRegistered
from events.envelope import CustomerId, Entry, Event
from events.event_type import EntryRef
from events.sales import SaleCancelled, SaleConfirmed, SaleCorrected, SaleVoided
from projections.catalogue import LEDGERS
from projections.fold import Declarations, effective
from projections.ledger import Key, Ledger, Row
from projections.sales import SALES, SALES_BY_DAY, SaleRow
from tests.projections.given import SOURCE, ZONE, day, entry, folded
from tests.projections.scenarios import ANNA, REGISTERED, SOLD, STEP, of

KEY = (ANNA, "t:s1")


def sold(amount_minor: int, **changes: Any) -> SaleConfirmed:
    return msgspec.structs.replace(SOLD, amount_minor=amount_minor, **changes)


def correcting(name: str, fact: Event, **changes: Any) -> SaleCorrected:
    fact_type = codec.TYPE_OF[type(fact)]
    return of(
        SaleCorrected,
        corrects=EntryRef(SOURCE, name),
        fact_type=fact_type.name,
        fact_schema=fact_type.schema_urn(),
        fact=codec.raw_json(fact),
        reason="typing error",
        **changes,
    )


def voiding(name: str) -> SaleVoided:
    return of(SaleVoided, voids=EntryRef(SOURCE, name), reason="entered twice")


def history(*events: Event) -> list[Entry]:
    return [entry(event, on=day(number), offset=number) for number, event in enumerate(events)]


def sale(entries: list[Entry], declarations: Declarations = LEDGERS) -> SaleRow | None:
    """The sale's row after entries that came one by one; in one batch it must be the same."""
    one_by_one = folded(declarations, [[one] for one in entries]).rows["sales"].get(KEY)
    assert folded(declarations, [entries]).rows["sales"].get(KEY) == one_by_one
    assert one_by_one is None or isinstance(one_by_one, SaleRow)
    return one_by_one


def amount(entries: list[Entry]) -> int | None:
    row = sale(entries)
    return None if row is None else row.amount_minor


def test_a_correction_stands_in_the_place_of_what_it_corrects() -> None:
    entries = history(sold(1), of(SaleCancelled, **STEP, within_cooling_off=True), correcting("e0", sold(2)))
    row = sale(entries)
    assert row is not None
    assert (row.amount_minor, row.confirmed_on, row.cancelled_on) == (2, day(0), day(1))
    assert [(one.id, one.occurred_on) for one in effective(entries, ZONE)] == [("e0", day(0)), ("e1", day(1))]


def test_a_correction_may_move_the_day() -> None:
    row = sale(history(sold(1), correcting("e0", sold(1), fact_date=day(-9))))
    assert row is not None
    assert row.confirmed_on == day(-9)
    assert row.window_until == day(21)


def test_a_voided_fact_counts_for_nothing() -> None:
    assert sale(history(sold(1), voiding("e0"))) is None
    assert effective(history(sold(1), voiding("e0")), ZONE) == []


def test_a_correction_can_be_corrected_and_the_last_one_counts() -> None:
    entries = history(sold(1), correcting("e0", sold(2)), correcting("e1", sold(3)))
    assert amount(entries) == 3
    assert amount([*entries, entry(correcting("e0", sold(4)), on=day(3), offset=3)]) == 4


def test_voiding_a_correction_brings_back_what_stood_before() -> None:
    entries = history(sold(1), correcting("e0", sold(2)), correcting("e1", sold(3)), voiding("e2"))
    assert amount(entries) == 2
    assert amount([*entries, entry(voiding("e1"), on=day(4), offset=4)]) == 1


def test_a_voiding_can_be_overruled_by_stating_the_fact_again() -> None:
    assert amount(history(sold(1), voiding("e0"), correcting("e0", sold(5)))) == 5


def test_a_correction_to_another_sale_moves_the_row() -> None:
    entries = history(sold(1), correcting("e0", sold(1, sale_id="t:s2")))
    rows = folded(LEDGERS, [entries]).rows["sales"]
    assert rows[KEY] is None
    other = rows[(ANNA, "t:s2")]
    assert isinstance(other, SaleRow)
    assert other.amount_minor == 1


def test_tallies_follow_a_correction() -> None:
    working = folded(LEDGERS, [history(sold(100), correcting("e0", sold(70)))])
    groups = working.tally_deltas()["sales_by_day"][0]
    group = ("bank-a", "t:fund", "investment", "t:app", "t:north", "t:eve", None, "EUR", day(0), day(30))
    assert groups == {group: [1, 70, 0, 0, 0]}


def test_tallies_are_left_alone_by_what_never_was() -> None:
    working = folded(LEDGERS, [history(sold(100), voiding("e0"))])
    assert "sales_by_day" not in working.tally_deltas()


def test_a_handler_that_raises_parks_its_key_and_nothing_else() -> None:
    other = sold(8, sale_id="t:s2")
    entries = history(REGISTERED, sold(666), sold(7), other)
    working = folded(_with_a_bug(), [[one] for one in entries])
    assert [(one.ledger, one.key, one.entry.id, one.error) for one in working.newly_parked] == [
        ("sales", KEY, "e1", "ValueError: 666")
    ]
    assert working.rows["sales"][KEY] is None
    assert working.rows["sales"][(ANNA, "t:s2")] is not None
    assert working.rows["customers"][(ANNA,)] is not None
    assert working.folded == {(0, "customers"): 1, (0, "sales"): 1}
    assert working.parked_entries == {(0, "sales"): 2}
    assert working.parked_hits == {("sales", KEY): 2}


def test_a_parked_key_folds_again_as_if_it_had_never_been_parked() -> None:
    cancelled = of(SaleCancelled, **STEP, within_cooling_off=True)
    entries = history(sold(666), cancelled, correcting("e0", sold(5)))
    broken = folded(_with_a_bug(), [[one] for one in entries])
    assert broken.rows["sales"][KEY] is None
    broken.refold(SALES, {KEY}, effective(entries, ZONE))
    assert broken.rows["sales"][KEY] == sale(entries)


def test_customers_of_one_batch_do_not_touch_each_other() -> None:
    ben = CustomerRegistered(customer_id=CustomerId("t:ben"), customer_type="person", legal_entity="bank-b")
    working = folded(LEDGERS, [[entry(REGISTERED, offset=0), entry(ben, offset=1)]])
    assert {key for key, row in working.rows["customers"].items() if row} == {(ANNA,), ("customer/t:ben",)}


def test_the_fingerprint_changes_with_zone_and_version() -> None:
    raised = Ledger("sales", 99, SALES.row, SALES.key, SALES.keys, SALES.handlers)
    prints = {
        LEDGERS.fingerprint("UTC"),
        LEDGERS.fingerprint("Asia/Shanghai"),
        Declarations((SALES,), (SALES_BY_DAY,)).fingerprint("UTC"),
        Declarations((raised,)).fingerprint("UTC"),
    }
    assert len(prints) == 4
    assert LEDGERS.fingerprint("UTC") == LEDGERS.fingerprint("UTC")


def _with_a_bug() -> Declarations:
    """The sales ledger with a handler that cannot take one amount, beside the customers' card."""

    def post(key: Key, row: SaleRow | None, event: SaleConfirmed, one: Entry) -> Row:
        if event.amount_minor == 666:
            raise ValueError(666)
        posted: Row = SALES.handlers[SaleConfirmed](key, row, event, one)
        return posted

    sales = Ledger("sales", 1, SALES.row, SALES.key, SALES.keys, {**SALES.handlers, SaleConfirmed: post})
    return Declarations((LEDGERS.ledger("customers"), sales))
