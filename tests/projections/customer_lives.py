"""Scenarios of customers: cards, attributes, holdings, contacts, answers to surveys."""

from events import complaint_outcomes as out
from events import customers as cus
from events import holdings as hol
from events import interactions as itr
from events import people as peo
from events import privacy as prv
from events import surveys as sur
from projections.contacts import FOLLOW_UPS, INTERACTIONS, FollowUpRow, InteractionRow
from projections.customer_records import (
    ATTRIBUTES,
    HOLDINGS,
    REPRESENTATIVES,
    AttributeRow,
    HoldingRow,
    RepresentativeRow,
)
from projections.customers import CUSTOMERS, CustomerRow
from projections.satisfaction import RESPONSES, GivenAnswer, ResponseRow
from projections.steps import Mark
from tests.projections.given import day
from tests.projections.scenarios import (
    ANNA,
    COMPLAINED,
    COMPLAINT,
    REGISTERED,
    SENT,
    SURVEY,
    Scenario,
    answers,
    of,
)

CUSTOMER_LIVES: dict[str, Scenario] = {
    "a customer's card over a year": Scenario(
        CUSTOMERS,
        (
            (REGISTERED, day(0)),
            (of(prv.ConsentGiven, purpose="marketing", expires=day(400)), day(1)),
            (of(itr.InteractionStarted, interaction_id="t:x1"), day(5)),
            (
                of(cus.RiskProfileAssessed, grade="C2", questionnaire_version="1", valid_until=day(370)),
                day(5),
            ),
            (COMPLAINED, day(20)),
            (
                of(
                    sur.SurveyAnswered,
                    **SENT,
                    survey_version="1",
                    legal_entity="bank-a",
                    answers=answers(loyal=3, happy=2),
                    known=SURVEY,
                ),
                day(25),
            ),
            (of(out.ComplaintClosed, **COMPLAINT, outcome="upheld", relief="monetary"), day(30)),
            (of(prv.ConsentWithdrawn, purpose="marketing"), day(40)),
            (
                of(peo.CustomerTransferred, to_employee_id="t:bob", to_unit_id="t:south", reason="moved"),
                day(50),
            ),
            (of(out.ComplaintReopened, **COMPLAINT), day(60)),
            (of(cus.VulnerabilityRecorded, vulnerability_id="v1", driver="dropped"), day(70)),
            (of(prv.LegalHoldPlaced, about=ANNA, hold_id="h1", reason="court"), day(80)),
        ),
        CustomerRow(
            ANNA,
            legal_entity="bank-a",
            customer_type="person",
            customer_class="ordinary",
            age_band="30_44",
            unit_id="t:south",
            rm_id="t:bob",
            rm_since=day(50),
            registered_on=day(0),
            active=True,
            grade="C2",
            grade_since=day(5),
            grade_until=day(370),
            vulnerable=True,
            complaints=1,
            open_complaints=1,
            last_contact_on=day(5),
            nps_last=3,
            nps_on=day(25),
            csat_last=2,
            csat_on=day(25),
            marks=(
                Mark("complaint", "t:c1", True, day(60)),
                Mark("consent", "marketing", False, day(40)),
                Mark("hold", "h1", True, day(80)),
                Mark("vulnerability", "v1", True, day(70)),
            ),
        ),
    ),
    "two records merged, and the merge reversed": Scenario(
        CUSTOMERS,
        (
            (REGISTERED, day(0)),
            (of(cus.CustomerMergedInto, survivor_id="t:ben", evidence="passport"), day(10)),
            (of(cus.CustomerMergeReversed, other_id="t:ben", reason="twins"), day(20)),
            (of(cus.CustomerMergedInto, survivor_id="t:cleo", evidence="passport"), day(30)),
        ),
        CustomerRow(
            ANNA,
            legal_entity="bank-a",
            customer_type="person",
            customer_class="ordinary",
            age_band="30_44",
            registered_on=day(0),
            left_on=day(30),
            merged_into="t:cleo",
            merged_on=day(30),
            marks=(
                Mark("absorbed", "t:ben", False, day(20)),
                Mark("merged_into", "t:ben", False, day(20)),
                Mark("merged_into", "t:cleo", True, day(30)),
            ),
        ),
    ),
    "a customer who died, restricted and shredded": Scenario(
        CUSTOMERS,
        (
            (REGISTERED, day(0)),
            (of(cus.CustomerDied), day(10)),
            (of(prv.ProcessingRestricted, about=ANNA, reason="estate"), day(11)),
            (of(prv.SubjectKeyShredded, about=ANNA, reason="term over"), day(90)),
        ),
        CustomerRow(
            ANNA,
            legal_entity="bank-a",
            customer_type="person",
            customer_class="ordinary",
            age_band="30_44",
            registered_on=day(0),
            left_on=day(10),
            died=True,
            died_told_on=day(10),
            restricted=True,
            restricted_since=day(11),
            shredded=True,
            shredded_on=day(90),
        ),
    ),
    "an attribute recorded, verified, changed": Scenario(
        ATTRIBUTES,
        (
            (of(cus.CustomerAttributeRecorded, name="job", value="dropped", source_kind="branch"), day(0)),
            (of(cus.CustomerAttributeVerified, name="job", method="payslip"), day(2)),
            (of(cus.CustomerAttributeCorrected, name="job", value="dropped", source_kind="customer"), day(9)),
        ),
        AttributeRow(
            ANNA,
            "job",
            "dropped",
            "customer",
            verified=False,
            since=day(9),
            verified_on=day(2),
            method="payslip",
        ),
    ),
    "a holding valued twice": Scenario(
        HOLDINGS,
        (
            (of(hol.HoldingValued, holding_id="h", value_minor=10, currency="EUR", as_of=day(1)), day(9)),
            (of(hol.HoldingValued, holding_id="h", value_minor=-4, currency="EUR", as_of=day(2)), day(8)),
        ),
        HoldingRow(ANNA, "h", currency="EUR", value_minor=-4, asset_minor=0, valued_on=day(2)),
    ),
    "a representative who came, went and came back": Scenario(
        REPRESENTATIVES,
        (
            (of(cus.RepresentativeAppointed, representative_id="t:ben", kind="attorney"), day(0)),
            (of(cus.RepresentativeEnded, representative_id="t:ben"), day(5)),
            (of(cus.RepresentativeAppointed, representative_id="t:ben", kind="guardian"), day(9)),
        ),
        RepresentativeRow(
            ANNA,
            "t:ben",
            kind="guardian",
            appointed_on=day(9),
            ended=True,
            ended_on=day(5),
            in_force=True,
        ),
    ),
    "a contact with a message in it": Scenario(
        INTERACTIONS,
        (
            (of(itr.InteractionStarted, interaction_id="t:x", channel_id="t:phone", topic="card"), day(0)),
            (of(itr.MessageSent, interaction_id="t:x", employee_id="t:eve"), day(1)),
            (of(itr.InteractionEnded, interaction_id="t:x", outcome="solved", duration_seconds=90), day(2)),
        ),
        InteractionRow(
            ANNA,
            "t:x",
            "interaction",
            channel_id="t:phone",
            employee_id="t:eve",
            direction="outbound",
            topic="card",
            contact_on=day(0),
            ended_on=day(2),
            outcome="solved",
            duration_seconds=90,
        ),
    ),
    "a promise kept": Scenario(
        FOLLOW_UPS,
        (
            (
                of(itr.FollowUpPromised, follow_up_id="f", what="ring back", due=day(3), owner_id="t:eve"),
                day(0),
            ),
            (of(itr.FollowUpDone, follow_up_id="f", outcome="reached", employee_id="t:bob"), day(2)),
        ),
        FollowUpRow(
            ANNA,
            "f",
            what="ring back",
            owner_id="t:eve",
            promised_on=day(0),
            due=day(3),
            done=True,
            done_on=day(2),
            outcome="reached",
            employee_id="t:bob",
        ),
    ),
    "an invitation delivered and answered": Scenario(
        RESPONSES,
        (
            (
                of(
                    sur.SurveySent,
                    **SENT,
                    survey_version="1",
                    product_id="t:fund",
                    trigger_event="sale.confirmed",
                    method="email",
                ),
                day(0),
            ),
            (of(sur.SurveyDelivered, **SENT), day(1)),
            (
                of(
                    sur.SurveyAnswered,
                    **SENT,
                    survey_version="1",
                    legal_entity="bank-a",
                    seller_id="t:eve",
                    answers=answers(loyal=9, happy=3, easy=6),
                    known=SURVEY,
                ),
                day(2),
            ),
        ),
        ResponseRow(
            ANNA,
            "t:i1",
            survey_id="t:v",
            survey_version="1",
            legal_entity="bank-a",
            product_id="t:fund",
            seller_id="t:eve",
            trigger_event="sale.confirmed",
            method="email",
            chosen_by="rule",
            sent=True,
            sent_on=day(0),
            delivered=True,
            delivered_on=day(1),
            answered=True,
            answered_on=day(2),
            responded=True,
            nps=True,
            promoters=1,
            csat=True,
            csat_box="1-5: 4,5",
            csat_answers=1,
            ces=True,
            ces_scale="1-7",
            ces_answers=1,
            ces_sum=6,
            ces_squares=36,
            ces_easy=1,
            answers=(
                GivenAnswer("loyal", "NPS", 9),
                GivenAnswer("happy", "CSAT", 3),
                GivenAnswer("easy", "CES", 6),
            ),
        ),
    ),
}
