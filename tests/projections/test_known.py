"""Known: what was true of products, channels, employees and surveys on a day, from their rows."""

import datetime as dt

import pytest

from events.known import KnownAnswer, KnownChannel, KnownInteraction, KnownPrice, KnownProduct, KnownSeller
from events.surveys import Question, SurveyDesigned
from projections.channels import ChannelRow
from projections.known import (
    known_channel,
    known_employee,
    known_price,
    known_product,
    known_seller,
    known_survey,
)
from projections.people import EmployeeRow
from projections.products import ProductRow
from projections.satisfaction import SURVEYS, SurveyRow
from tests.projections.given import day, only_row
from tests.projections.registers import REGISTERS

PRODUCT = REGISTERS["a product re-rated, approved and withdrawn"].row
CHANNEL = REGISTERS["a channel suspended and contracted anew"].row
EMPLOYEE = REGISTERS["an employee from hiring to the last day"].row


@pytest.mark.parametrize(
    "on, status, level, approval",
    [
        (day(-1), "not_yet", None, "missing"),
        (day(0), "on_sale", "R3", "missing"),
        (day(8), "on_sale", "R3", "approved"),
        (day(9), "on_sale", "R4", "approved"),
        (day(30), "withdrawn", "R4", "approved"),
        (None, "withdrawn", "R4", "approved"),
    ],
)
def test_a_product_is_known_as_it_was(
    on: dt.date | None, status: str, level: str | None, approval: str
) -> None:
    assert isinstance(PRODUCT, ProductRow)
    known = known_product(PRODUCT, on)
    assert (known.state, known.status, known.risk_level, known.approval) == ("known", status, level, approval)


def test_what_nobody_registered_is_unknown() -> None:
    assert known_product(None, day(0)) == KnownProduct(state="unknown")
    assert known_product(ProductRow("product/t:p"), day(0)) == KnownProduct(state="unknown")
    assert known_price(None, day(0)) == KnownPrice(state="unknown")
    assert known_channel(None, "t:p", day(0)) == KnownChannel(state="unknown")
    assert known_seller(None, day(0)) == KnownSeller(state="unknown")
    assert known_employee(None, day(0)) == KnownInteraction(state="unknown")
    assert known_survey(None) == KnownAnswer(state="unknown")


def test_a_price_is_in_force_from_its_day() -> None:
    assert isinstance(PRODUCT, ProductRow)
    assert known_price(PRODUCT, day(1)) == KnownPrice(state="unknown")
    assert known_price(PRODUCT, day(2)) == KnownPrice(state="known", price_version="p1", rate_bp=150)


@pytest.mark.parametrize(
    "on, status, licence_valid, authorised",
    [
        (day(0), "contracted", True, False),
        (day(1), "contracted", True, True),
        (day(10), "suspended", True, True),
        (day(11), "suspended", True, False),
        (day(20), "contracted", True, False),
        (day(100), "contracted", False, False),
    ],
)
def test_a_channel_is_known_as_it_stood(
    on: dt.date, status: str, licence_valid: bool, authorised: bool
) -> None:
    assert isinstance(CHANNEL, ChannelRow)
    assert known_channel(CHANNEL, "t:p", on) == KnownChannel(
        state="known",
        status=status,  # type: ignore[arg-type]
        licence_valid=licence_valid,
        product_authorised=authorised,
    )


def test_a_contract_that_ran_out_is_terminated_and_one_to_come_is_none() -> None:
    from projections.channels import Contract
    from projections.steps import Dated

    row = ChannelRow(
        "channel/t:c",
        channel_id="t:c",
        statuses=(Dated(day(0), "contracted"),),
        contracts=(Contract(day(0), until=day(9)),),
    )
    assert known_channel(row, None, day(9)).status == "contracted"
    assert known_channel(row, None, day(10)).status == "terminated"
    assert known_channel(row, None, day(-1)).status == "not_yet"


@pytest.mark.parametrize(
    "on, employed, unit_id, licences, certificates",
    [
        (day(-1), False, None, (), ()),
        (day(0), True, "t:north", (), ()),
        (day(4), True, "t:north", ("funds",), ("wealth",)),
        (day(5), True, "t:south", ("funds",), ("wealth",)),
        (day(11), False, "t:south", ("funds",), ("wealth",)),
        (day(20), True, "t:south", (), ("wealth",)),
        (day(40), True, "t:south", (), ("wealth",)),
        (day(41), False, "t:south", (), ("wealth",)),
    ],
)
def test_a_seller_is_known_as_of_the_sale(
    on: dt.date, employed: bool, unit_id: str | None, licences: tuple[str, ...], certificates: tuple[str, ...]
) -> None:
    assert isinstance(EMPLOYEE, EmployeeRow)
    known = known_seller(EMPLOYEE, on)
    assert (known.employed, known.unit_id) == (employed, unit_id)
    assert (known.licences, known.certificates) == (licences, certificates)
    assert known_employee(EMPLOYEE, on).employee_unit_id == unit_id


def test_an_answer_knows_the_questions_of_its_version() -> None:
    def designed(version: str, high: int) -> SurveyDesigned:
        question = Question(question_id="q", kind="CSAT", scale_low=1, scale_high=high, box=(high,))
        return SurveyDesigned(survey_id="t:v", survey_version=version, questions=(question,))  # type: ignore[arg-type]

    row = only_row(SURVEYS, (designed("1", 5), day(0)), (designed("2", 7), day(9)))
    assert isinstance(row, SurveyRow)
    assert [one.scale_high for one in known_survey(row, "1").questions] == [5]
    assert [one.scale_high for one in known_survey(row).questions] == [7]
    assert known_survey(row).questions[0].box == (7,)
    assert known_survey(row, "3") == KnownAnswer(state="unknown")
