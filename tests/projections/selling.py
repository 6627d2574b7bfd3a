"""Scenarios of selling: sales, loans, applications."""

from events import advice as adv
from events import holdings as hol
from events import pipeline as pip
from events import sales as sal
from projections.applications import APPLICATIONS, ApplicationRow
from projections.sales import SALES, SaleRow
from projections.suitability import SUITABILITY_CHECKS, SuitabilityCheckRow
from tests.projections.given import day
from tests.projections.scenarios import ANNA, SOLD, STEP, Scenario, of

CHECK = {"customer_id": "t:anna", "check_id": "k1", "product_id": "t:fund"}

SELLING: dict[str, Scenario] = {
    "a sale cancelled in its window": Scenario(
        SALES,
        (
            (SOLD, day(0)),
            (of(sal.CoolingOffStarted, **STEP, kind="post_delivery", until=day(15)), day(1)),
            (of(sal.FundsReceived, **STEP, amount_minor=100_000, currency="EUR"), day(2)),
            (of(sal.FundsReceived, **STEP, amount_minor=150_000, currency="EUR"), day(3)),
            (of(sal.ContractDelivered, **STEP), day(4)),
            (of(sal.ProductActivated, **STEP), day(5)),
            (of(sal.SaleCancelled, **STEP, within_cooling_off=True), day(9)),
        ),
        SaleRow(
            ANNA,
            "t:s1",
            confirmed=True,
            confirmed_on=day(0),
            legal_entity="bank-a",
            product_id="t:fund",
            category="investment",
            channel_id="t:app",
            unit_id="t:north",
            seller_id="t:eve",
            currency="EUR",
            amount_minor=250_000,
            cooling_until=day(15),
            window_until=day(15),
            funds_on=day(2),
            funds_minor=250_000,
            delivered_on=day(4),
            activated=True,
            activated_on=day(5),
            cancelled=True,
            cancelled_on=day(9),
            cancelled_in_window=True,
        ),
    ),
    "a loan that fell behind, and a redemption": Scenario(
        SALES,
        (
            (SOLD, day(0)),
            (of(hol.LoanStatusObserved, **STEP, status="running", observed_on=day(20)), day(20)),
            (of(sal.SaleRedeemed, **STEP, amount_minor=50, currency="EUR", partial=True), day(25)),
            (of(sal.SaleRedeemed, **STEP, amount_minor=200, currency="EUR"), day(30)),
            (
                of(
                    hol.LoanStatusObserved,
                    **STEP,
                    status="in_arrears",
                    observed_on=day(50),
                    days_past_due=31,
                    outstanding_minor=9_000,
                    currency="EUR",
                ),
                day(50),
            ),
        ),
        SaleRow(
            ANNA,
            "t:s1",
            confirmed=True,
            confirmed_on=day(0),
            legal_entity="bank-a",
            product_id="t:fund",
            category="investment",
            channel_id="t:app",
            unit_id="t:north",
            seller_id="t:eve",
            currency="EUR",
            amount_minor=250_000,
            window_until=day(30),
            redeemed_minor=250,
            redeemed_first_on=day(25),
            redeemed_wholly_on=day(30),
            redeemed_early=True,
            loan_status="in_arrears",
            loan_status_on=day(50),
            days_past_due=31,
            outstanding_minor=9_000,
        ),
    ),
    "an application that became a product": Scenario(
        APPLICATIONS,
        (
            (
                of(
                    pip.ApplicationSubmitted,
                    application_id="t:a1",
                    legal_entity="bank-a",
                    product_id="t:loan",
                    employee_id="t:eve",
                ),
                day(0),
            ),
            (of(pip.ApplicationApproved, application_id="t:a1"), day(3)),
            (of(sal.ProductActivated, sale_id="t:s1", application_id="t:a1"), day(8)),
        ),
        ApplicationRow(
            ANNA,
            "t:a1",
            submitted=True,
            submitted_on=day(0),
            legal_entity="bank-a",
            product_id="t:loan",
            employee_id="t:eve",
            approved=True,
            approved_on=day(3),
            activated=True,
            activated_on=day(8),
        ),
    ),
    "a mismatch overridden and sold": Scenario(
        SUITABILITY_CHECKS,
        (
            (
                of(
                    adv.SuitabilityChecked,
                    **CHECK,
                    grade="C2",
                    risk_level="R3",
                    outcome="mismatch",
                    override="allowed_with_warning",
                    valid_until=day(30),
                    rule_version="7",
                ),
                day(0),
            ),
            (
                of(
                    adv.SuitabilityWarningGiven,
                    **CHECK,
                    document="w",
                    document_version="1",
                    method="in_person",
                ),
                day(1),
            ),
            (of(adv.SuitabilityOverrideRequested, **CHECK, own_initiative=True), day(2)),
            (
                of(adv.SuitabilityOverrideConfirmed, **CHECK, warning_shown=True, written_ack=True),
                day(3),
            ),
            (of(sal.CoolingOffStarted, **STEP, kind="pre_contract", until=day(5), check_id="k1"), day(4)),
            (of(sal.CallbackConfirmed, **STEP, check_id="k1"), day(6)),
        ),
        SuitabilityCheckRow(
            ANNA,
            "k1",
            product_id="t:fund",
            grade="C2",
            risk_level="R3",
            outcome="mismatch",
            override_allowed="allowed_with_warning",
            override_state="confirmed",
            checked_on=day(0),
            valid_until=day(30),
            pack_version="7",
            warned=True,
            warned_on=day(1),
            requested=True,
            requested_on=day(2),
            own_initiative=True,
            confirmed=True,
            confirmed_on=day(3),
            cooling_until=day(5),
            called_back_on=day(6),
        ),
    ),
}
