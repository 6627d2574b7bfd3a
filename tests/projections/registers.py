"""Scenarios of complaints, products, channels, employees, targets and refused records."""

from events import complaint_outcomes as out
from events import complaints as cmp
from events import people as peo
from events import plans as pla
from events import products as pro
from events.channels import (
    ChannelContracted,
    ChannelPolicyPublished,
    ChannelProductAuthorised,
    ChannelProductWithdrawn,
    ChannelSuspended,
    CommissionRate,
)
from events.commissions import CommissionAccrued, CommissionClawedBack, CommissionPaid
from events.event_type import EntryRef
from events.quarantine import QuarantineReplayed
from projections.bookkeeping import QUARANTINE_CASES, QuarantineCaseRow
from projections.channels import CHANNELS, Authority, ChannelRow, CommissionPolicy, Contract
from projections.commissions import COMMISSIONS, CommissionRow
from projections.complaints import COMPLAINTS, ComplaintRow
from projections.people import EMPLOYEES, EmployeeRow, Permission, Place
from projections.products import PRODUCTS, Approval, Price, ProductRow
from projections.steps import Dated
from projections.systemic import SYSTEMIC_ISSUES, SystemicIssueRow
from projections.targets import TARGETS, TargetRow
from tests.projections.given import day
from tests.projections.scenarios import ANNA, COMPLAINED, COMPLAINT, Scenario, of

RATES = (CommissionRate(product_id="t:p", rate_bp=80), CommissionRate(rate_bp=50))  # type: ignore[arg-type]
EARNED = {"sale_id": "t:s1", "legal_entity": "bank-a", "seller_id": "t:eve", "currency": "EUR"}

REGISTERS: dict[str, Scenario] = {
    "a complaint answered, closed, reopened and closed again": Scenario(
        COMPLAINTS,
        (
            (COMPLAINED, day(0)),
            (of(cmp.ComplaintAcknowledged, **COMPLAINT), day(1)),
            (of(cmp.ComplaintTriaged, **COMPLAINT, taxonomy="own", code="F1", severity="high"), day(2)),
            (of(cmp.ComplaintHandlerAssigned, **COMPLAINT, employee_id="t:eve"), day(3)),
            (of(out.ComplaintFinalResponseSent, **COMPLAINT, decision="not_upheld"), day(10)),
            (of(out.ComplaintClosed, **COMPLAINT, outcome="not_upheld", relief="none"), day(11)),
            (of(out.ComplaintReopened, **COMPLAINT), day(20)),
            (
                of(out.ComplaintRedressPaid, **COMPLAINT, kind="loss", amount_minor=70, currency="EUR"),
                day(29),
            ),
            (
                of(
                    out.ComplaintClosed,
                    **COMPLAINT,
                    outcome="partly_upheld",
                    relief="monetary",
                    timely_as_judged=out.TimelyAsJudged(by="ombudsman", value=False),
                ),
                day(30),
            ),
        ),
        ComplaintRow(
            ANNA,
            "t:c1",
            received=True,
            received_on=day(0),
            received_by="own",
            legal_entity="bank-a",
            issue="fees",
            state="closed",
            state_on=day(30),
            acknowledged_on=day(1),
            severity="high",
            code="F1",
            triaged_on=day(2),
            handler_id="t:eve",
            handler_since=day(3),
            responded_on=day(10),
            decision="not_upheld",
            decision_on=day(10),
            closed=True,
            closed_on=day(30),
            closed_as="partly_upheld",
            relief="monetary",
            outcome="partly_upheld",
            decided=True,
            upheld=True,
            judged=True,
            redress_minor=70,
            redress_currency="EUR",
            reopened=1,
        ),
    ),
    "an issue that hit others, and then more of them": Scenario(
        SYSTEMIC_ISSUES,
        (
            (
                of(
                    cmp.ComplaintSystemicIssueDeclared,
                    **COMPLAINT,
                    issue_id="SI-1",
                    scope="fund sold as a deposit",
                    product_id="t:p",
                    affected_customers=("t:ben",),
                ),
                day(3),
            ),
            (
                of(
                    cmp.ComplaintSystemicIssueDeclared,
                    **COMPLAINT,
                    issue_id="SI-1",
                    scope="fund sold as a deposit",
                    product_id="t:p",
                    seller_id="t:eve",
                    sold_from=day(-30),
                    sold_through=day(-1),
                    affected_customers=("t:ben", "t:cyd"),
                ),
                day(5),
            ),
        ),
        SystemicIssueRow(
            ANNA,
            "t:c1",
            "SI-1",
            scope="fund sold as a deposit",
            product_id="t:p",
            seller_id="t:eve",
            sold_from=day(-30),
            sold_through=day(-1),
            affected_customers=("t:ben", "t:cyd"),
            declared_on=day(5),
        ),
    ),
    "a product re-rated, approved and withdrawn": Scenario(
        PRODUCTS,
        (
            (
                of(
                    pro.ProductRegistered,
                    product_id="t:p",
                    name="Fund",
                    category="investment",
                    legal_entity="bank-a",
                    issuer_rating="R2",
                    seller_rating="R3",
                ),
                day(0),
            ),
            (of(pro.ProductApproved, product_id="t:p", product_version="1"), day(1)),
            (of(pro.PriceSet, product_id="t:p", price_version="p1", rate_bp=150, valid_from=day(2)), day(2)),
            (of(pro.ProductRiskLevelChanged, product_id="t:p", to_level="R4", reason="market"), day(9)),
            (of(pro.ProductWithdrawn, product_id="t:p", reason="old"), day(30)),
        ),
        ProductRow(
            "product/t:p",
            product_id="t:p",
            name="Fund",
            category="investment",
            legal_entity="bank-a",
            suitability_regime="none",
            issuer_rating="R2",
            seller_rating="R3",
            registered_on=day(0),
            status="withdrawn",
            risk_level="R4",
            product_version="1",
            statuses=(Dated(day(0), "on_sale"), Dated(day(30), "withdrawn")),
            risk_levels=(Dated(day(0), "R3"), Dated(day(9), "R4")),
            versions=(Dated(day(0), "1"),),
            approvals=(Approval(day(1), "1", True),),
            prices=(Price(day(2), "p1", rate_bp=150),),
        ),
    ),
    "a channel suspended and contracted anew": Scenario(
        CHANNELS,
        (
            (
                of(
                    ChannelContracted,
                    channel_id="t:c",
                    channel_type="partner",
                    valid_from=day(0),
                    all_products=False,
                ),
                day(0),
            ),
            (of(ChannelProductAuthorised, channel_id="t:c", product_id="t:p", valid_from=day(1)), day(1)),
            (of(ChannelSuspended, channel_id="t:c", reason="audit"), day(10)),
            (of(ChannelProductWithdrawn, channel_id="t:c", product_id="t:p", reason="audit"), day(11)),
            (
                of(
                    ChannelPolicyPublished,
                    channel_id="t:c",
                    policy_id="partners",
                    policy_version="2",
                    commission_table=RATES,
                    valid_from=day(15),
                ),
                day(12),
            ),
            (
                of(
                    ChannelContracted,
                    channel_id="t:c",
                    channel_type="partner",
                    valid_from=day(5),
                    licence_valid_to=day(99),
                ),
                day(20),
            ),
        ),
        ChannelRow(
            "channel/t:c",
            channel_id="t:c",
            channel_type="partner",
            licence_valid_to=day(99),
            contracted_on=day(20),
            status="contracted",
            statuses=(
                Dated(day(0), "contracted"),
                Dated(day(5), "contracted"),
                Dated(day(10), "suspended"),
                Dated(day(20), "contracted"),
            ),
            contracts=(Contract(day(0), all_products=False), Contract(day(5), licence_until=day(99))),
            products=(Authority(day(1), "t:p", True), Authority(day(11), "t:p", False)),
            policies=(CommissionPolicy(day(15), "partners", "2", RATES),),
        ),
    ),
    "commission granted, paid in part and taken back": Scenario(
        COMMISSIONS,
        (
            (
                of(
                    CommissionAccrued,
                    **EARNED,
                    amount_minor=300,
                    rate_bp=80,
                    policy_id="partners",
                    policy_version="2",
                    due=day(30),
                ),
                day(1),
            ),
            (of(CommissionPaid, **EARNED, amount_minor=200), day(30)),
            (of(CommissionPaid, **EARNED, amount_minor=50), day(40)),
            (
                of(CommissionClawedBack, **EARNED, amount_minor=20, cause_event=EntryRef("urn:t", "e1")),
                day(50),
            ),
        ),
        CommissionRow(
            ANNA,
            "t:s1",
            "t:eve|",
            "EUR",
            legal_entity="bank-a",
            seller_id="t:eve",
            policy_id="partners",
            policy_version="2",
            rate_bp=80,
            accrued_on=day(1),
            accrued_minor=300,
            due=day(30),
            paid_on=day(40),
            paid_minor=250,
            clawed_back=True,
            clawed_back_on=day(50),
            clawed_back_minor=20,
            outstanding_minor=30,
        ),
    ),
    "an employee from hiring to the last day": Scenario(
        EMPLOYEES,
        (
            (of(peo.EmployeeHired, employee_id="t:e", role="seller", unit_id="t:north"), day(0)),
            (
                of(peo.LicenceGranted, employee_id="t:e", body="SFC", licence_class="funds", until=day(60)),
                day(1),
            ),
            (of(peo.CertificationGranted, employee_id="t:e", certificate="wealth"), day(2)),
            (of(peo.EmployeeReassigned, employee_id="t:e", unit_id="t:south"), day(5)),
            (of(peo.EmployeeSuspended, employee_id="t:e", reason="inquiry"), day(10)),
            (of(peo.EmployeeReinstated, employee_id="t:e"), day(12)),
            (of(peo.LicenceRevoked, employee_id="t:e", body="SFC", licence_class="funds"), day(20)),
            (of(peo.EmployeeLeft, employee_id="t:e", last_day=day(40)), day(30)),
        ),
        EmployeeRow(
            "employee/t:e",
            employee_id="t:e",
            unit_id="t:south",
            role="seller",
            hired_on=day(0),
            last_day=day(40),
            standing="left",
            places=(Place(day(0), "t:north", "seller"), Place(day(5), "t:south")),
            standings=(
                Dated(day(0), "employed"),
                Dated(day(10), "suspended"),
                Dated(day(12), "employed"),
                Dated(day(41), "left"),
            ),
            licences=(
                Permission(day(1), "funds", True, day(60)),
                Permission(day(20), "funds", False),
            ),
            certificates=(Permission(day(2), "wealth", True),),
        ),
    ),
    "a target revised": Scenario(
        TARGETS,
        (
            (
                of(
                    pla.SalesTargetSet,
                    plan_id="t:p",
                    target_id="q1",
                    level="team",
                    of="t:north",
                    metric="sales_amount",
                    value=100,
                    currency="EUR",
                    period_from=day(0),
                    period_to=day(89),
                ),
                day(0),
            ),
            (of(pla.SalesTargetRevised, plan_id="t:p", target_id="q1", value=150, reason="spring"), day(20)),
            (of(pla.SalesTargetRevised, plan_id="t:p", target_id="q1", value=120, reason="war"), day(40)),
        ),
        TargetRow(
            "plan/t:p",
            "q1",
            level="team",
            of="t:north",
            metric="sales_amount",
            currency="EUR",
            period_from=day(0),
            period_to=day(89),
            value=120,
            set_on=day(0),
            revisions=2,
            revised_on=day(40),
        ),
    ),
    "a refused record replayed until it was admitted": Scenario(
        QUARANTINE_CASES,
        (
            (of(QuarantineReplayed, quarantine_id="t:q", outcome="refused"), day(1)),
            (of(QuarantineReplayed, quarantine_id="t:q", outcome="admitted", events=2, by="eve"), day(3)),
        ),
        QuarantineCaseRow(
            "quarantine/t:q",
            state="replayed",
            replays=2,
            outcome="admitted",
            events=2,
            by="eve",
            decided_on=day(3),
        ),
    ),
}
