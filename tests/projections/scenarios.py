"""Scenarios: for each ledger, one thing's life in steps on different days, and the whole row that it makes.

Told in the order in which it happened; tests also tell them in every other order.
"""

from typing import Any, NamedTuple, TypeVar

from events import complaints as cmp
from events import customers as cus
from events import sales as sal
from events import surveys as sur
from events.envelope import CustomerId, Event
from events.known import KnownAnswer, KnownProduct, KnownQuestion, KnownSale, KnownSeller
from projections.ledger import Ledger, Row
from tests.projections.given import Given

ANNA, BEN = "customer/t:anna", "customer/t:ben"
E = TypeVar("E", bound=Event)


class Scenario(NamedTuple):
    """Steps of one thing, and its row in the end."""

    ledger: Ledger
    steps: tuple[Given, ...]
    row: Row


def of(kind: type[E], /, **fields: Any) -> E:
    """An event about Anna; ids may be written as plain text here."""
    if "customer_id" in kind.__struct_fields__:
        fields = {"customer_id": CustomerId("t:anna"), **fields}
    return kind(**fields)


def design(*questions: tuple[str, str, int, int]) -> KnownAnswer:
    """What the stamper knows of a survey: question, kind, lowest and highest score."""
    return KnownAnswer(
        state="known",
        questions=tuple(
            KnownQuestion(
                question_id=name,
                kind=kind,  # type: ignore[arg-type]
                scale_low=low,
                scale_high=high,
                direction="higher_is_better",
            )
            for name, kind, low, high in questions
        ),
    )


def answers(**scores: int | None) -> tuple[sur.Answer, ...]:
    return tuple(sur.Answer(name, score) for name, score in scores.items())


STEP = {"sale_id": "t:s1"}
SOLD = of(
    sal.SaleConfirmed,
    **STEP,
    legal_entity="bank-a",
    product_id="t:fund",
    channel_id="t:app",
    seller_id="t:eve",
    amount_minor=250_000,
    currency="EUR",
    known=KnownSale(
        product=KnownProduct(state="known", category="investment"),
        seller=KnownSeller(state="known", unit_id="t:north"),  # type: ignore[arg-type]
    ),
)
REGISTERED = of(cus.CustomerRegistered, customer_type="person", legal_entity="bank-a", age_band="30_44")
COMPLAINT = {"complaint_id": "t:c1"}
COMPLAINED = of(cmp.ComplaintReceived, **COMPLAINT, legal_entity="bank-a", received_by="own", issue="fees")
SENT = {"invitation_id": "t:i1", "survey_id": "t:v"}
SURVEY = design(("loyal", "NPS", 0, 10), ("happy", "CSAT", 1, 5), ("easy", "CES", 1, 7))
