"""What was true of others travels with the event: from rows, from unposted appends, from one line earlier."""

import datetime as dt
from typing import Any

from events.complaints import ComplaintReceived
from events.interactions import InteractionStarted
from events.known import KnownComplaint, KnownInteraction, KnownProduct, KnownSale
from events.sales import SaleConfirmed, SaleCorrected
from events.surveys import SurveyAnswered
from tests.door.rig import SOURCE, Rig, cloud_event, product, sale

UNKNOWN = KnownProduct(state="unknown")


def rated(number: int, level: str, day: str) -> dict[str, Any]:
    data = {"product_id": "bank:p1", "to_level": level, "reason": "review"}
    return cloud_event("product.risk_level_changed", "product/bank:p1", data, f"rated{number}", date=day)


def known_sale(rig: Rig, position: str | None) -> KnownSale:
    event = rig.entry(position).event
    assert isinstance(event, SaleConfirmed)
    assert event.known is not None
    return event.known


def stamped_product(rig: Rig, sent: dict[str, Any]) -> KnownProduct:
    (outcome,) = rig.send(sent)
    return known_sale(rig, outcome.events[0].position).product


def test_a_product_that_nobody_registered_is_unknown_and_what_was_left_out_is_none(rig: Rig) -> None:
    (outcome,) = rig.send(sale())
    known = known_sale(rig, outcome.events[0].position)
    assert (known.product, known.seller, known.channel) == (UNKNOWN, None, None)


def test_a_product_registered_one_line_earlier_is_known(rig: Rig) -> None:
    _, outcome = rig.send(product(), sale())
    found = known_sale(rig, outcome.events[0].position).product
    assert (found.state, found.category, found.risk_level) == ("known", "wealth", "R3")


def test_a_product_registered_one_line_later_is_not(rig: Rig) -> None:
    outcome, _ = rig.send(sale(), product())
    assert known_sale(rig, outcome.events[0].position).product == UNKNOWN


def test_a_refused_registration_is_not_stamped_from(rig: Rig) -> None:
    refused, outcome = rig.send(product(risk_level="R9"), sale())
    assert refused.status == "refused"
    assert known_sale(rig, outcome.events[0].position).product == UNKNOWN


def test_own_appends_are_known_before_and_after_they_are_posted(rig: Rig) -> None:
    rig.send(product())
    before = stamped_product(rig, sale(1))
    rig.post()
    rig.send(rated(1, "R5", "2026-02-01"))
    unposted_over_posted = stamped_product(rig, sale(2))
    rig.post()
    after = stamped_product(rig, sale(3))
    assert [one.risk_level for one in (before, unposted_over_posted, after)] == ["R3", "R5", "R5"]


def test_a_restarted_door_knows_what_is_not_posted_yet(rig: Rig) -> None:
    rig.send(product())
    rig.door = rig.new_door()
    rig.door.recover()
    assert stamped_product(rig, sale()).state == "known"


def test_what_is_stamped_is_what_was_true_on_the_day(rig: Rig) -> None:
    rig.send(product(), rated(1, "R5", "2026-02-01"))
    rig.post()
    assert stamped_product(rig, sale(1) | {"date": "2026-01-15"}).risk_level == "R3"
    assert stamped_product(rig, sale(2)).risk_level == "R5"


def test_an_unposted_correction_of_a_product_is_seen(rig: Rig) -> None:
    rig.send(product())
    rig.post()
    data = {
        "corrects": {"source": SOURCE, "id": "p1"},
        "fact_type": "product.registered",
        "fact_schema": "urn:daybook:product.registered:1",
        "fact": product(risk_level="R1")["data"],
        "reason": "typing error",
        "product_id": "bank:p1",
    }
    rig.send(cloud_event("product.corrected", "product/bank:p1", data, "p1-corrected"))
    assert stamped_product(rig, sale()).risk_level == "R1"


def test_the_fact_of_a_correction_is_stamped_for_the_day_of_the_first(rig: Rig) -> None:
    rig.send(product(), sale() | {"date": "2026-01-15"}, rated(1, "R5", "2026-02-01"))
    data = {
        "corrects": {"source": SOURCE, "id": "s1"},
        "fact_type": "sale.confirmed",
        "fact_schema": "urn:daybook:sale.confirmed:1",
        "fact": sale(amount_minor=200_000)["data"],
        "reason": "amount",
        "sale_id": "bank:s1",
        "customer_id": "bank:1",
    }
    sent = cloud_event("sale.corrected", "customer/bank:1", data, "s1-corrected")
    (outcome,) = rig.send(sent)
    correction = rig.entry(outcome.events[0].position).event
    assert isinstance(correction, SaleCorrected)
    assert b'"risk_level":"R3"' in bytes(correction.fact)
    rig.post()
    rig.door = rig.new_door()
    rig.send(rated(2, "R1", "2026-01-10"))
    assert rig.send(sent)[0].status == "duplicate"


def test_a_retry_is_a_duplicate_although_more_is_known_by_now(rig: Rig) -> None:
    rig.send(sale())
    rig.send(product())
    rig.post()
    rig.door = rig.new_door()
    assert rig.send(sale())[0].status == "duplicate"


def test_answers_carry_the_questions_that_were_answered_in_their_version(rig: Rig) -> None:
    def design(version: str, low: int) -> dict[str, Any]:
        questions = [
            {"question_id": name, "kind": "NPS", "scale_low": low, "scale_high": 10} for name in ("q1", "q2")
        ]
        data = {"survey_id": "bank:v", "survey_version": version, "questions": questions}
        return cloud_event("survey.designed", "survey/bank:v", data, f"v{version}", date="2026-01-01")

    data = {
        "survey_id": "bank:v",
        "survey_version": "1",
        "customer_id": "bank:1",
        "legal_entity": "bank",
        "answers": [{"question_id": "q2", "score": 9}],
    }
    *_, outcome = rig.send(
        design("1", 0), design("2", 1), cloud_event("survey.answered", "customer/bank:1", data, "a1")
    )
    event = rig.entry(outcome.events[0].position).event
    assert isinstance(event, SurveyAnswered)
    assert event.known is not None
    assert [(one.question_id, one.scale_low) for one in event.known.questions] == [("q2", 0)]


def test_complaints_and_interactions_are_stamped(rig: Rig) -> None:
    hired = {"employee_id": "bank:e1", "role": "seller", "unit_id": "bank:u1"}
    started = {"interaction_id": "bank:i1", "customer_id": "bank:1", "employee_id": "bank:e1"}
    received = {
        "complaint_id": "bank:k1",
        "customer_id": "bank:1",
        "legal_entity": "bank",
        "received_by": "own",
        "issue": "fees",
    }
    *_, interaction, with_product, without = rig.send(
        product(),
        cloud_event("employee.hired", "employee/bank:e1", hired, "e1", date="2026-01-01"),
        cloud_event("interaction.started", "customer/bank:1", started, "i1"),
        cloud_event("complaint.received", "customer/bank:1", {**received, "product_id": "bank:p1"}, "k1"),
        cloud_event("complaint.received", "customer/bank:1", {**received, "complaint_id": "bank:k2"}, "k2"),
    )
    event = rig.entry(interaction.events[0].position).event
    assert isinstance(event, InteractionStarted)
    assert event.known == KnownInteraction(state="known", employee_unit_id="bank:u1")  # type: ignore[arg-type]
    events = [rig.entry(one.events[0].position).event for one in (with_product, without)]
    stamps = [one.known for one in events if isinstance(one, ComplaintReceived)]
    assert isinstance(stamps[0], KnownComplaint)
    assert stamps[0].product is not None
    assert (stamps[0].product.category, stamps[1]) == ("wealth", None)


def test_an_undated_sale_is_stamped_with_what_is_known_now(rig: Rig) -> None:
    undated = {**sale(), "undated": True}
    del undated["date"]
    rig.send(product(), rated(1, "R4", str(dt.date(2026, 2, 1))))
    assert stamped_product(rig, undated).risk_level == "R4"
