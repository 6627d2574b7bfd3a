"""The ledger of complaint clocks: whole lives in any order, its figure by the maturity rule, other packs."""

import datetime as dt
import json
import pickle
from importlib import resources
from typing import cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from events import complaint_outcomes as out
from events import complaints as cmp
from events.complaints import RegimeFacts
from events.envelope import EmployeeId
from projections.catalogue import LEDGERS
from projections.complaint_clocks import (
    COMPLAINT_CLOCK_DAYS,
    COMPLAINT_CLOCKS,
    COMPLAINT_CLOCKS_BY_DAY,
    COMPLAINT_CLOCKS_ON_TIME,
    PLAIN_STEPS,
    ComplaintClockRow,
    complaint_clocks_ledger,
)
from projections.figure import Cell
from projections.fold import Declarations
from projections.ledger import Ledger
from projections.rules.clock import Receipt, state_at
from projections.rules.clock_book import make_book, shipped_book
from projections.rules.clock_pack import STEPS
from projections.tally import PART
from services.demo.entities import ENTITIES
from services.store.columns import shape_of
from tests.projections.given import Given, day, only_row
from tests.projections.scenarios import COMPLAINT, of

RECEIVED = of(cmp.ComplaintReceived, **COMPLAINT, legal_entity="demo-cn", received_by="own", issue="fees")
HARD = RegimeFacts(regime="cn_nfra", counts_as_complaint=True, complexity="especially_complex")
LIFE: tuple[Given, ...] = (
    (RECEIVED, day(0)),
    (of(cmp.ComplaintAcknowledged, **COMPLAINT), day(0)),
    (of(cmp.ComplaintTriaged, **COMPLAINT, taxonomy="x", code="fee", severity="low",
        regimes=(HARD,)), day(1)),
    (of(cmp.ComplaintHandlerAssigned, **COMPLAINT, employee_id=EmployeeId("t:eve")), day(1)),
    (of(cmp.ComplaintInformationRequested, **COMPLAINT, request_id="r1", asked="him", what="slips",
        pauses_clock=True), day(3)),
    (of(cmp.ComplaintInformationReceived, **COMPLAINT, request_id="r1"), day(9)),
    (of(out.ComplaintExtensionGranted, **COMPLAINT, approver="head office", reason="hard",
        new_due=day(45), customer_told=True), day(20)),
    (of(out.ComplaintFinalResponseSent, **COMPLAINT, decision="upheld"), day(44)),
    (of(out.ComplaintClosed, **COMPLAINT, outcome="upheld", relief="none"), day(45)),
)  # fmt: skip


def row_of(*given: Given) -> ComplaintClockRow:
    return cast(ComplaintClockRow, only_row(COMPLAINT_CLOCKS, *given))


def test_a_whole_life() -> None:
    row = row_of(*LIFE)
    # it came on 4 May 2026, which is a holiday in China, as is the day after; a working day has seven hours
    assert row.results == (
        "cn_nfra|answer|2026-06-18|on_time|44",
        "house|first_reaction|2026-05-07|on_time|0",
        "house|handler|2026-05-08|on_time|0",
        "house|answer|2026-06-09|late|42",
    )
    assert (row.legal_entity, row.next_due_at) == ("demo-cn", None)
    answer = row.clocks[0]
    assert answer.extension == (
        "extended as complex or especially_complex to 2026-06-03, then extended by head office to 2026-06-18"
    )
    assert state_at(answer, dt.datetime(2026, 8, 1, tzinfo=dt.UTC)) == "met"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_steps_in_any_order_make_the_same_row(data: st.DataObject) -> None:
    names = {id(one): number for number, one in enumerate(LIFE)}
    shuffled = data.draw(st.permutations(LIFE))
    row, told = row_of(*LIFE), row_of(*shuffled)
    receipt = told.milestones.receipt
    assert receipt is not None
    assert receipt.id == f"e{[names[id(one)] for one in shuffled].index(0)}"
    assert told.clocks == row.clocks
    assert told.results == row.results
    assert told.milestones.steps == row.milestones.steps


def test_the_next_due_time_of_an_open_case_is_the_earliest_of_its_duties() -> None:
    row = row_of(*LIFE[:2])
    assert row.next_due_at == dt.datetime(2026, 5, 8, 16, tzinfo=dt.UTC), (
        "the handler's, at midnight in China"
    )
    assert row.first_alarm_at is not None
    assert row.last_alarm_at is not None
    assert row.first_alarm_at < row.next_due_at < row.last_alarm_at


def test_a_row_survives_its_columns() -> None:
    shape, row = shape_of(COMPLAINT_CLOCKS), row_of(*LIFE)
    stored = shape.to_db(row)
    read = tuple(
        json.loads(value.dumps(value.obj)) if column.sql_type == "jsonb" and value is not None else value
        for column, value in zip(shape.columns, stored, strict=True)
    )
    assert shape.from_db(read) == row


def test_a_complaint_adopted_by_the_desk_keeps_its_clocks_from_others() -> None:
    adopted = of(cmp.ComplaintAdopted, **COMPLAINT, facts=())
    assert row_of(LIFE[0], adopted).clocks == row_of(LIFE[0]).clocks


def test_every_step_that_a_pack_may_name_is_posted() -> None:
    others = {"information_requested", "information_received", "closed"}
    assert set(PLAIN_STEPS.values()) | others == set(STEPS)


def test_another_pack_is_another_generation() -> None:
    book = shipped_book()
    fewer = make_book(
        [pack for packs in book.packs.values() for pack in packs if pack.regime != "cn_pboc"],
        book.calendars.values(),
        book.defaults,
    )
    others = [complaint_clocks_ledger(fewer) if one is COMPLAINT_CLOCKS else one for one in LEDGERS.ledgers]
    assert Declarations(tuple(others)).fingerprint("UTC") != Declarations(LEDGERS.ledgers).fingerprint("UTC")
    same = complaint_clocks_ledger(book)
    again = [same if one is COMPLAINT_CLOCKS else one for one in LEDGERS.ledgers]
    assert Declarations(tuple(again)).fingerprint("UTC") == Declarations(LEDGERS.ledgers).fingerprint("UTC")


def test_the_ledger_travels_to_other_processes() -> None:
    shipped = shipped_book()
    other = make_book(
        [pack for packs in shipped.packs.values() for pack in packs],
        shipped.calendars.values(),
        shipped.defaults,
    )
    for calendar in other.calendars.values():
        calendar.end_of_day(calendar.add_business_days(day(0), 1))  # what was worked out stays at home
    for ledger in (COMPLAINT_CLOCKS, complaint_clocks_ledger(other)):
        sent = pickle.dumps((ledger.keys, ledger.handlers, ledger.content))
        keys, handlers, content = pickle.loads(sent)
        moved = Ledger("moved", 1, ledger.row, ledger.key, keys, handlers, content=content)
        assert only_row(moved, *LIFE) == only_row(ledger, *LIFE)
    assert len(sent) < 100_000
    assert pickle.loads(pickle.dumps(shipped)) is shipped


def cells(*results: tuple[str, int]) -> list[Cell]:
    """Cells as a reader would make them of (result parts, rows)."""
    return [
        Cell(dict(zip(COMPLAINT_CLOCKS_BY_DAY.parts, result.split(PART), strict=True)), rows, {})
        for result, rows in results
    ]


def test_on_time_counts_only_clocks_whose_answer_is_due() -> None:
    found = cells(
        ("r|c|2026-05-10|on_time|3", 6),
        ("r|c|2026-05-10|late|20", 1),
        ("r|c|2026-05-10|open|", 1),
        ("r|c|2026-06-10|open|", 50),
        ("r|c||open|", 2),
        ("r|c|2026-05-10|withdrawn|", 9),
        ("r|c|2026-05-10|waived|2", 9),
    )
    estimate = COMPLAINT_CLOCKS_ON_TIME.estimate(found, dt.date(2026, 5, 11))
    assert (estimate.value, estimate.n) == (75.0, 8)
    assert estimate.parts["not_due_yet"] == 52
    assert estimate.parts["withdrawn"] == 9
    assert COMPLAINT_CLOCKS_ON_TIME.estimate(found, dt.date(2026, 5, 10)).n == 7, "the last day is a good day"
    assert COMPLAINT_CLOCK_DAYS.estimate(found[:2], dt.date(2026, 5, 11)).value == 3


@pytest.mark.parametrize("figure", [COMPLAINT_CLOCKS_ON_TIME, COMPLAINT_CLOCK_DAYS], ids=lambda one: one.name)
def test_nothing_to_count_is_not_available(figure: object) -> None:
    assert COMPLAINT_CLOCKS_ON_TIME.estimate([], dt.date(2026, 5, 11)).value is None
    assert COMPLAINT_CLOCK_DAYS.estimate([], dt.date(2026, 5, 11)).value is None


def test_the_demo_and_the_imported_complaints_have_their_regimes_before_any_triage() -> None:
    book = shipped_book()
    for entity in ENTITIES:
        receipt = Receipt(source="s", id="1", legal_entity=entity.code, received_by="own")
        line = book.line_of(receipt)
        assert line is not None
        assert line.regimes == [entity.complaint_regime]
        assert book.calendars[line.home].zone_name == entity.zone
    mapping = yaml.safe_load((resources.files("services.door.mappings") / "cfpb.yaml").read_text("utf-8"))
    own = mapping["parameters"]["legal_entity"]["default"]
    for legal_entity in (own, "another-bank"):
        imported = Receipt(
            source="s", id="1", legal_entity=legal_entity, received_by="regulator", channel_id="cfpb:web"
        )
        line = book.line_of(imported)
        assert line is not None
        assert line.regimes == ["us_cfpb"]
