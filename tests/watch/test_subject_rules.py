"""Each rule about one subject: fires on its case, stays silent on the look-alike."""

import msgspec
import pytest

from events.advice import SuitabilityOverrideConfirmed, SuitabilityOverrideRequested
from events.complaints import (
    ComplaintHandlerAssigned,
    ComplaintLinked,
    ComplaintReceived,
    ComplaintRootCauseRecorded,
)
from events.customers import CustomerRegistered
from events.holdings import TransactionPosted
from events.interactions import MessageSent
from events.known import KnownChannel, KnownSale, KnownSeller
from events.pipeline import CampaignContactMade
from events.privacy import ConsentGiven, ConsentWithdrawn
from events.sales import SaleConfirmed, SaleRedeemed
from services.journal.port import Record
from tests.watch.bank import FUND, WEALTH, event, known, on, profile, record, sale
from tests.watch.conftest import Scene


def sold(grade: str, level: str, product: dict[str, str] | None = None, **more: object) -> list[Record]:
    stamped = known(level=level, product=product)
    return [
        record(profile("1", grade), "p"),
        record(sale("1", "1", stamped, **more), "s", 1),
    ]


def override(own_initiative: bool = True, written_ack: bool = True) -> list[Record]:
    shared = {"customer_id": "b:1", "check_id": "k1", "product_id": "b:p1"}
    asked = event(SuitabilityOverrideRequested, own_initiative=own_initiative, **shared)
    confirmed = event(SuitabilityOverrideConfirmed, warning_shown=True, written_ack=written_ack, **shared)
    return [record(asked, "o1", 0.5), record(confirmed, "o2", 0.6)]


@pytest.mark.parametrize(
    ("grade", "level", "rules"),
    [
        ("C2", "R2", []),
        ("C2", "R3", ["R-SUIT-01"]),
        ("C5", "R5", []),
        ("C1", "R2", ["R-SUIT-01"]),
        ("C1-lowest", "R1", []),
        ("C1-lowest", "R2", ["R-SUIT-02"]),
    ],
)
def test_grade_against_level(scene: Scene, grade: str, level: str, rules: list[str]) -> None:
    assert scene.rules_after(*sold(grade, level)) == rules


@pytest.mark.parametrize(("product", "severity"), [(FUND, "low"), (WEALTH, "high")])
def test_an_override_is_flagged_for_a_fund_and_void_for_a_bank_product(
    scene: Scene, product: dict[str, str], severity: str
) -> None:
    first, second = sold("C2", "R3", product)
    assert scene.rules_after(first, *override(), second) == ["R-SUIT-01"]
    assert [one.severity for one in scene.signals()] == [severity]


def test_an_override_without_written_acknowledgement_is_none(scene: Scene) -> None:
    first, second = sold("C2", "R3", FUND)
    assert scene.rules_after(first, *override(written_ack=False), second) == ["R-SUIT-01"]
    assert [one.severity for one in scene.signals()] == ["high"]


def test_the_lowest_grade_has_no_override(scene: Scene) -> None:
    first, second = sold("C1-lowest", "R2", FUND)
    assert scene.rules_after(first, *override(), second) == ["R-SUIT-02"]


def test_a_professional_may_buy_anything(scene: Scene) -> None:
    assert scene.rules_after(*sold("C2", "R5", customer_class="professional")) == []


def test_a_customer_registered_as_professional_may_buy_anything(scene: Scene) -> None:
    who = {"customer_type": "person", "legal_entity": "CN", "customer_class": "professional"}
    registered = event(CustomerRegistered, customer_id="b:1", **who)
    assert scene.rules_after(record(registered, "c", -1), *sold("C2", "R5")) == []


def test_a_deposit_has_no_suitability(scene: Scene) -> None:
    deposit = {"category": "deposit", "suitability_regime": "none"}
    assert scene.rules_after(*sold("C1-lowest", "R5", deposit)) == []


def test_a_profile_that_expired_before_the_sale(scene: Scene) -> None:
    expired = record(profile("1", "C3", until=on(9)), "p")
    assert scene.rules_after(expired, record(sale("1"), "s", 10)) == ["R-SUIT-03"]


def test_a_profile_on_its_last_day_is_valid(scene: Scene) -> None:
    last_day = record(profile("1", "C3", until=on(10)), "p")
    assert scene.rules_after(last_day, record(sale("1"), "s", 10)) == []


def test_a_late_profile_of_before_the_sale_is_judged_with_it(scene: Scene) -> None:
    sold_first = record(sale("1", stamped=known(level="R4")), "s", 1)
    assert scene.rules_after(sold_first, record(profile("1", "C2"), "p")) == ["R-SUIT-01"]


def retest(change: str | None = None) -> list[Record]:
    return [
        record(profile("1", "C2"), "p1", -100),
        record(profile("1", "C4", change=change), "p2", 0.5),
        record(sale("1", stamped=known(level="R4", product=FUND)), "s", 1),
    ]


def test_profile_shopping(scene: Scene) -> None:
    assert scene.rules_after(*retest()) == ["R-SUIT-04"]


def test_a_retest_after_an_inheritance_is_innocent(scene: Scene) -> None:
    assert scene.rules_after(*retest(change="inheritance")) == []


LAPSED = KnownChannel(state="known", status="contracted", licence_valid=False, product_authorised=True)
SUSPENDED = KnownChannel(state="known", status="suspended", licence_valid=True, product_authorised=True)
UNAUTHORISED = KnownChannel(state="known", status="contracted", licence_valid=True, product_authorised=False)
GOOD = KnownChannel(state="known", status="contracted", licence_valid=True, product_authorised=True)
LINKED = {"category": "investment", "subtype": "investment_linked", "suitability_regime": "none"}
LICENSED = KnownSeller(state="known", licences=("insurance",))
CERTIFIED = KnownSeller(state="known", licences=("insurance",), certificates=("investment_linked",))


@pytest.mark.parametrize(
    ("stamped", "rules"),
    [
        (known(), []),
        (known(status="withdrawn"), ["R-PROD-01"]),
        (known(status="not_yet"), ["R-PROD-01"]),
        (known(channel=GOOD), []),
        (known(channel=LAPSED), ["R-CHAN-01"]),
        (known(channel=SUSPENDED), ["R-CHAN-01"]),
        (known(channel=UNAUTHORISED), ["R-CHAN-06"]),
        (known(level=None, product=LINKED, seller=CERTIFIED), []),
        (known(level=None, product=LINKED, seller=LICENSED), ["R-PEOP-04"]),
        (known(level=None, product=LINKED, seller=KnownSeller(state="known")), ["R-PEOP-03", "R-PEOP-04"]),
        (known(level=None, product=LINKED), []),
        (known(product={"category": "loan"}, level=None, seller=KnownSeller(state="known")), []),
    ],
)
def test_hard_stops(scene: Scene, stamped: KnownSale, rules: list[str]) -> None:
    more = {"seller_id": "b:e1", "channel_id": "b:app"}
    assert scene.rules_after(record(sale("1", stamped=stamped, **more), "s")) == rules


def churn(days_held: int = 40, gap: int = 3, seller: str = "b:e1", **more: object) -> list[Record]:
    bought = sale("1", stamped=known(product=FUND), seller_id="b:e1")
    out = event(
        SaleRedeemed, sale_id="b:1", customer_id="b:1", amount_minor=8_000_000, currency="CNY", **more
    )
    again = sale("2", stamped=known(product=FUND), seller_id=seller, product_id="b:p2")
    return [
        record(bought, "s1"),
        record(out, "r1", days_held),
        record(again, "s2", days_held + gap),
    ]


def test_churning(scene: Scene) -> None:
    assert scene.rules_after(*churn()) == ["R-SALE-02"]
    (signal,) = scene.signals()
    assert [one.id for one in signal.evidence] == ["s1", "r1", "s2"]


def test_churning_is_seen_whatever_comes_first(scene: Scene) -> None:
    bought, out, again = churn()
    assert scene.rules_after(again, out, bought) == ["R-SALE-02"]


def test_a_redemption_for_a_house_is_innocent(scene: Scene) -> None:
    assert scene.rules_after(*churn(reason="house purchase")[:2]) == []


@pytest.mark.parametrize("more", [{"days_held": 200}, {"gap": 60}, {"seller": "b:e2"}])
def test_a_change_of_mind_is_innocent(scene: Scene, more: dict[str, object]) -> None:
    assert scene.rules_after(*churn(**more)) == []  # type: ignore[arg-type]


def parts(amounts: list[int], days: list[float]) -> list[Record]:
    return [
        record(sale(str(number), amount_minor=amount), f"s{number}", day)
        for number, (amount, day) in enumerate(zip(amounts, days, strict=True))
    ]


def test_splitting_below_a_limit(scene: Scene) -> None:
    assert scene.rules_after(*parts([4_900_000] * 3, [0, 1, 2])) == ["R-SALE-03"]


def test_a_fourth_part_adds_no_second_signal(scene: Scene) -> None:
    assert scene.rules_after(*parts([4_900_000] * 4, [0, 1, 2, 3])) == ["R-SALE-03"]


@pytest.mark.parametrize(
    ("amounts", "days"),
    [
        ([4_900_000] * 2, [0, 1]),
        ([4_900_000] * 3, [0, 10, 20]),
        ([1_000_000] * 3, [0, 1, 2]),
        ([5_000_000] * 3, [0, 1, 2]),
    ],
)
def test_ordinary_amounts(scene: Scene, amounts: list[int], days: list[float]) -> None:
    assert scene.rules_after(*parts(amounts, days)) == []


def cash(number: int, amount: int, day: float) -> Record:
    posted = event(
        TransactionPosted,
        customer_id="b:1",
        transaction_id=f"t{number}",
        direction="in",
        amount_minor=amount,
        currency="CNY",
        cash=True,
    )
    return record(posted, f"t{number}", day)


def test_cash_split_below_the_reporting_limit(scene: Scene) -> None:
    six = [cash(number, 4_900_000, number * 0.8) for number in range(6)]
    assert scene.rules_after(*six) == ["R-AML-02"]


def test_a_shopkeeper_pays_in_what_was_taken(scene: Scene) -> None:
    assert scene.rules_after(*(cash(number, 2_000_000, number) for number in range(10))) == []


def complaint(number: int, day: float, customer: str | None = "b:1", **more: object) -> Record:
    fields: dict[str, object] = {
        "complaint_id": f"b:c{number}",
        "legal_entity": "CN",
        "received_by": "own",
        "issue": "fee",
    }
    if customer is not None:
        fields["customer_id"] = customer
    return record(event(ComplaintReceived, **(fields | more)), f"c{number}", day)


def test_a_repeat_complainant(scene: Scene) -> None:
    assert scene.rules_after(*(complaint(number, 50 * number) for number in range(4))) == ["R-CMPL-06"]


def test_repeats_whose_cause_was_found_are_in_hand(scene: Scene) -> None:
    cause = event(ComplaintRootCauseRecorded, complaint_id="b:c1", customer_id="b:1", cause_code="fees")
    records = [complaint(number, 50 * number) for number in range(3)]
    assert scene.rules_after(*records[:2], record(cause, "rc", 60), records[2]) == []


def test_a_duplicate_is_no_second_complaint(scene: Scene) -> None:
    same = event(
        ComplaintLinked,
        complaint_id="b:c1",
        customer_id="b:1",
        kind="duplicate_of",
        other_complaint_id="b:c0",
    )
    records = [complaint(number, number) for number in range(3)]
    assert scene.rules_after(*records[:2], record(same, "l", 1.5), records[2]) == []


def test_complaints_without_a_customer_are_nobodys_repeats(scene: Scene) -> None:
    assert scene.rules_after(*(complaint(number, number, None) for number in range(5))) == []


@pytest.mark.parametrize(("handler", "rules"), [("b:e1", ["R-CMPL-02"]), ("b:e2", [])])
@pytest.mark.parametrize("handler_first", [True, False])
def test_a_handler_who_is_complained_about(
    scene: Scene, handler: str, rules: list[str], handler_first: bool
) -> None:
    received = complaint(1, 0, complained_about_employee_ids=["b:e1"])
    assigned = record(
        event(ComplaintHandlerAssigned, complaint_id="b:c1", customer_id="b:1", employee_id=handler), "h", 1
    )
    records = [assigned, received] if handler_first else [received, assigned]
    assert scene.rules_after(*records) == rules


GIVEN = event(ConsentGiven, customer_id="b:1", purpose="marketing")
WITHDRAWN = event(ConsentWithdrawn, customer_id="b:1", purpose="marketing")


def campaign(day: float) -> Record:
    fields = {"campaign_id": "b:k", "customer_id": "b:1", "outcome": "interested"}
    return record(event(CampaignContactMade, **fields), "k", day)


def test_a_contact_after_consent_was_withdrawn(scene: Scene) -> None:
    records = [record(GIVEN, "g", 0), record(WITHDRAWN, "w", 5), campaign(6)]
    assert scene.rules_after(*records) == ["R-CONT-01"]


def test_a_contact_before_the_withdrawal_that_we_heard_of_later(scene: Scene) -> None:
    assert scene.rules_after(record(GIVEN, "g"), record(WITHDRAWN, "w", 5), campaign(4)) == []


def test_consent_given_again(scene: Scene) -> None:
    records = [record(WITHDRAWN, "w", 5), record(GIVEN, "g", 6), campaign(7)]
    assert scene.rules_after(*records) == []


def test_a_service_message_needs_no_consent(scene: Scene) -> None:
    message = event(MessageSent, interaction_id="b:i", customer_id="b:1", purpose="maturity reminder")
    assert scene.rules_after(record(WITHDRAWN, "w", 5), record(message, "m", 6)) == []


def test_a_sale_without_stamp_is_not_judged(scene: Scene) -> None:
    bare = msgspec.structs.replace(sale("1"), known=None)
    assert isinstance(bare, SaleConfirmed)
    assert scene.rules_after(record(profile("1", "C1-lowest"), "p"), record(bare, "s", 1)) == []
