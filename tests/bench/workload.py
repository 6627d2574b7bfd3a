"""What the benchmark folds: two made-up journals of about 540 bytes an event, the same for every seed.

`purchases` is the job that stream engines are measured with; `business` is a mix of customers, contacts,
sales, surveys and complaints, as the door would have stored it. No value in here is a person's.
"""

import datetime as dt
import random
from collections.abc import Iterator

from events import codec
from events.complaints import ComplaintAcknowledged, ComplaintReceived
from events.customers import CustomerRegistered
from events.envelope import (
    ChannelId,
    ComplaintId,
    CustomerId,
    EmployeeId,
    Envelope,
    Event,
    InteractionId,
    InvitationId,
    ProductId,
    SaleId,
    SurveyId,
    UnitId,
)
from events.holdings import TransactionPosted
from events.interactions import InteractionEnded, InteractionStarted
from events.known import KnownAnswer, KnownProduct, KnownQuestion, KnownSale
from events.pipeline import CampaignContactMade
from events.sales import ContractDelivered, FundsReceived, SaleConfirmed
from events.surveys import Answer, SurveyAnswered, SurveySent
from services.journal.port import Record

CUSTOMERS = 20_000
PRODUCTS = 40
MONTHS = 12

_BEGIN = dt.datetime(2025, 1, 1, 8, tzinfo=dt.UTC)
_YEAR_SECONDS = 364 * 86_400
_SOURCE = "urn:bank:core-banking"
_TOKEN = "siv1." + "k" * 22 + ".customer.registered.name." + "x" * 44
_RISK_OF = ("R1", "R2", "R3", "R4", "R5")


def purchases(events: int, customers: int = CUSTOMERS) -> Iterator[Record]:
    """`events` sales over a year, in order of time, each by one of `customers`."""
    chance = random.Random(7)
    for number in range(events):
        customer = CustomerId(f"bank:{chance.randrange(customers):06d}")
        yield _record(_sale(customer, number, chance), customer, number, events)


def business(events: int, customers: int = CUSTOMERS) -> Iterator[Record]:
    """`events` of a bank's year: a registration for each customer met for the first time, then what befalls
    them; a step of a case names the case that was opened before it."""
    chance = random.Random(11)
    kinds, weights = zip(*_MIX, strict=True)
    registered: set[str] = set()
    cases: dict[str, int] = {}
    for number in range(events):
        customer = CustomerId(f"bank:{chance.randrange(customers):06d}")
        if customer not in registered:
            registered.add(customer)
            event: Event = _registration(customer, chance)
        else:
            kind = chance.choices(kinds, weights)[0]
            event = _event(kind, customer, number, cases, chance)
        yield _record(event, customer, number, events)


def product_of(number: int) -> ProductId:
    """One of the bank's products."""
    return ProductId(f"bank:product-{number:02d}")


_MIX = (
    ("interaction", 16),
    ("interaction end", 14),
    ("sale", 10),
    ("funds", 8),
    ("contract", 7),
    ("transaction", 20),
    ("campaign", 8),
    ("survey", 6),
    ("answer", 5),
    ("complaint", 3),
    ("acknowledgement", 3),
)


def _event(
    kind: str, customer: CustomerId, number: int, cases: dict[str, int], chance: random.Random
) -> Event:
    opening = {"interaction end": "interaction", "funds": "sale", "contract": "sale", "answer": "survey"}
    opening["acknowledgement"] = "complaint"
    if kind in opening:
        opened = cases.get(f"{opening[kind]} {customer}")
        if opened is not None:
            return _following(kind, customer, opened, chance)
        kind = opening[kind]
    cases[f"{kind} {customer}"] = number
    return _opening(kind, customer, number, chance)


def _opening(kind: str, customer: CustomerId, number: int, chance: random.Random) -> Event:
    if kind == "interaction":
        return InteractionStarted(
            interaction_id=InteractionId(f"bank:i{number}"),
            customer_id=customer,
            legal_entity="bank-a",
            channel_id=_channel(chance),
            employee_id=_employee(chance),
            direction=chance.choice(("inbound", "outbound")),
            topic=chance.choice(("balance and statements", "card lost or stolen", "mortgage advice")),
        )
    if kind == "sale":
        return _sale(customer, number, chance)
    if kind == "transaction":
        return TransactionPosted(
            customer_id=customer,
            transaction_id=f"T{number:012d}",
            direction=chance.choice(("in", "out")),
            amount_minor=chance.randrange(100, 900_000),
            currency="EUR",
            kind="card payment at a shop",
            account_ref=f"account-{customer}",
            channel_id=_channel(chance),
            legal_entity="bank-a",
        )
    if kind == "campaign":
        return CampaignContactMade(
            campaign_id=f"bank:campaign-{chance.randrange(12)}",  # type: ignore[arg-type]
            customer_id=customer,
            legal_entity="bank-a",
            channel_id=_channel(chance),
            employee_id=_employee(chance),
            outcome=chance.choice(("accepted", "refused", "no_answer")),
            duration_seconds=chance.randrange(900),
        )
    if kind == "survey":
        return SurveySent(
            invitation_id=InvitationId(f"bank:v{number}"),
            survey_id=SurveyId("bank:after-contact"),
            survey_version="1",
            customer_id=customer,
            legal_entity="bank-a",
            trigger_event="interaction.ended",
            channel_id=_channel(chance),
            method="email",
        )
    return ComplaintReceived(
        complaint_id=ComplaintId(f"bank:c{number}"),
        customer_id=customer,
        legal_entity="bank-a",
        received_by="own",
        channel_id=_channel(chance),
        product_id=product_of(chance.randrange(PRODUCTS)),
        issue=chance.choice(("charged a fee twice", "no answer to a letter", "wrong advice")),
        text=_TOKEN,  # type: ignore[arg-type]
    )


def _following(kind: str, customer: CustomerId, opened: int, chance: random.Random) -> Event:
    if kind == "interaction end":
        return InteractionEnded(
            interaction_id=InteractionId(f"bank:i{opened}"),
            customer_id=customer,
            employee_id=_employee(chance),
            outcome="answered on the first call",
            duration_seconds=chance.randrange(3_600),
            notes=_TOKEN,  # type: ignore[arg-type]
        )
    if kind == "funds":
        return FundsReceived(
            sale_id=SaleId(f"bank:s{opened}"),
            customer_id=customer,
            amount_minor=chance.randrange(1_000, 5_000_000),
            currency="EUR",
        )
    if kind == "contract":
        return ContractDelivered(
            sale_id=SaleId(f"bank:s{opened}"),
            customer_id=customer,
            method="electronic",
            proof_ref=f"P{opened}",
        )
    if kind == "answer":
        return SurveyAnswered(
            invitation_id=InvitationId(f"bank:v{opened}"),
            survey_id=SurveyId("bank:after-contact"),
            survey_version="1",
            customer_id=customer,
            legal_entity="bank-a",
            answers=(Answer(question_id="q1", score=chance.randrange(11)),),
            channel_id=_channel(chance),
            known=KnownAnswer(
                state="known",
                questions=(
                    KnownQuestion(
                        question_id="q1",
                        kind="NPS",
                        scale_low=0,
                        scale_high=10,
                        direction="higher_is_better",
                    ),
                ),
            ),
        )
    return ComplaintAcknowledged(
        complaint_id=ComplaintId(f"bank:c{opened}"), customer_id=customer, method="letter to the customer"
    )


def _registration(customer: CustomerId, chance: random.Random) -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=customer,
        customer_type="person",
        legal_entity="bank-a",
        age_band=chance.choice(("under_30", "30_44", "45_59", "65_plus")),
        region=chance.choice(("north", "south", "east", "west")),
        unit_id=UnitId(f"bank:branch-{chance.randrange(60)}"),
        name=_TOKEN,  # type: ignore[arg-type]
        phone=_TOKEN,  # type: ignore[arg-type]
    )


def _sale(customer: CustomerId, number: int, chance: random.Random) -> SaleConfirmed:
    product = chance.randrange(PRODUCTS)
    return SaleConfirmed(
        sale_id=SaleId(f"bank:s{number}"),
        customer_id=customer,
        legal_entity="bank-a",
        product_id=product_of(product),
        seller_id=_employee(chance),
        channel_id=_channel(chance),
        amount_minor=chance.randrange(1_000, 5_000_000),
        currency="EUR",
        known=KnownSale(
            product=KnownProduct(state="known", category="wealth", risk_level=_RISK_OF[product % 5])  # type: ignore[arg-type]
        ),
    )


def _employee(chance: random.Random) -> EmployeeId:
    return EmployeeId(f"bank:employee-{chance.randrange(500):03d}")


def _channel(chance: random.Random) -> ChannelId:
    return ChannelId(f"bank:channel-{chance.randrange(8)}")


def _record(event: Event, customer: CustomerId, number: int, events: int) -> Record:
    event_type = codec.TYPE_OF[type(event)]
    happened = _BEGIN + dt.timedelta(seconds=number * _YEAR_SECONDS // events)
    subject = f"customer/{customer}"
    envelope = Envelope(
        specversion="1.0",
        id=f"{number:012d}",
        source=_SOURCE,
        type=event_type.name,
        subject=subject,
        dataschema=event_type.schema_urn(),
        time=happened,
        sequence=f"{number:012d}",
        admittedtime=happened + dt.timedelta(seconds=1),
        data=codec.raw_json(event),
    )
    return Record(subject.encode(), codec.encode_json(envelope))
