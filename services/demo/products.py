"""The twenty-eight products: what they are, how risky, at what price, and how long they run.

One is withdrawn in the middle of the year, one is sold as safer than it is. Sales draw from here; the planted
cases name the two.
"""

import datetime as dt
from dataclasses import dataclass

from services.demo.diary import CATALOGUE, Diary, named
from services.demo.entities import HOME
from services.demo.year import DAY, Year


@dataclass(frozen=True, slots=True)
class Product:
    """A product. `kind` is what the steps of its sale depend on; `group` is what sales are drawn by."""

    id: str
    name: str
    group: str
    kind: str
    category: str
    subtype: str
    regime: str
    risk: str | None
    rate_bp: int
    term_days: int | None = None
    cooling_off_days: int | None = None

    @property
    def graded(self) -> bool:
        """Whether a customer's risk grade decides who may buy it."""
        return self.risk is not None


def _deposit(slug: str, name: str, rate_bp: int, term_days: int | None = None) -> Product:
    return Product(
        named("prod", slug),
        name,
        "deposit",
        "deposit",
        "deposit",
        "savings",
        "none",
        None,
        rate_bp,
        term_days,
    )


def _wealth(slug: str, name: str, risk: str, rate_bp: int, term_days: int) -> Product:
    return Product(
        named("prod", slug),
        name,
        f"wealth-{risk}",
        "wealth",
        "wealth",
        "fixed_income",
        "cn_wealth",
        risk,
        rate_bp,
        term_days,
    )


def _fund(slug: str, name: str, risk: str, subtype: str, rate_bp: int) -> Product:
    return Product(
        named("prod", slug), name, f"fund-{risk}", "fund", "investment", subtype, "cn_csrc", risk, rate_bp
    )


def _insurance(slug: str, name: str, subtype: str, risk: str | None = None) -> Product:
    kind = "linked" if risk else "insurance"
    return Product(
        named("prod", slug), name, "insurance", kind, "investment", subtype, "cn_insurance", risk, 0, None, 15
    )


def _loan(slug: str, name: str, subtype: str, rate_bp: int, term_days: int) -> Product:
    return Product(
        named("prod", slug), name, "loan", "loan", "loan", subtype, "none", None, rate_bp, term_days
    )


def _card(slug: str, name: str) -> Product:
    return Product(named("prod", slug), name, "card", "card", "payment", "card", "none", None, 0)


PRODUCTS: tuple[Product, ...] = (
    _deposit("demand", "Everyday account", 20),
    _deposit("term-3m", "Three-month deposit", 110, 90),
    _deposit("term-1y", "One-year deposit", 145, 365),
    _deposit("term-3y", "Three-year deposit", 195, 1_095),
    _deposit("large", "Large-denomination certificate", 215, 365),
    _wealth("cash-plus", "Cash Plus", "R1", 180, 60),
    _wealth("quiet-90", "Quiet 90", "R1", 210, 90),
    _wealth("steady-90", "Steady 90", "R2", 265, 90),
    _wealth("steady-180", "Steady 180", "R2", 285, 180),
    _wealth("steady-365", "Steady 365", "R2", 310, 365),
    _wealth("golden-autumn", "Golden Autumn", "R2", 295, 270),
    _wealth("balance-180", "Balance 180", "R3", 360, 180),
    _fund("bond", "Short bond fund", "R2", "bond_fund", 40),
    _fund("harbour-income", "Safe Harbour income fund", "R3", "mixed_fund", 100),
    _fund("mixed", "Mixed allocation fund", "R3", "mixed_fund", 100),
    _fund("equity", "Broad equity fund", "R4", "equity_fund", 120),
    _fund("growth", "Growth equity fund", "R4", "equity_fund", 130),
    _fund("technology", "Technology fund", "R5", "equity_fund", 150),
    _insurance("term-life", "Term life", "term_life"),
    _insurance("whole-life", "Whole life", "whole_life"),
    _insurance("annuity", "Pension annuity", "annuity"),
    _insurance("linked", "Linked life plan", "investment_linked", "R3"),
    _loan("consumer", "Consumer loan", "consumer", 480, 1_095),
    _loan("car", "Car loan", "car", 430, 1_460),
    _loan("renovation", "Renovation loan", "consumer", 450, 1_825),
    _loan("mortgage", "Mortgage", "mortgage", 330, 9_125),
    _card("debit", "Debit card"),
    _card("credit", "Credit card"),
)
BY_SLUG = {product.id.removeprefix("demo:prod-"): product for product in PRODUCTS}
WITHDRAWN = BY_SLUG["golden-autumn"]
SAFE_FUND = BY_SLUG["harbour-income"]
LINKED = BY_SLUG["linked"]
MORTGAGE = BY_SLUG["mortgage"]
RISK_LEVELS = ("R1", "R2", "R3", "R4", "R5")
APPROVER = named("emp", "board")


def withdrawn_on(year: Year) -> dt.date:
    """The day on which one wealth product leaves the catalogue."""
    return year.anchor(6, 16, 90, 250)


def launch(diary: Diary, year: Year) -> None:
    """Note every product: registered, specified, positioned, reviewed, approved, priced; one withdrawn."""
    for number, product in enumerate(PRODUCTS):
        registered = year.book_from - (400 + 11 * number) * DAY
        _register(diary, product, registered)
        for step, (type_name, data) in enumerate(_papers(product, registered)):
            diary.note(CATALOGUE, type_name, registered + step * DAY, product_id=product.id, **data)
    diary.note(
        CATALOGUE, "product.withdrawn", withdrawn_on(year), product_id=WITHDRAWN.id, reason="series closed"
    )


def _register(diary: Diary, product: Product, day: dt.date) -> None:
    cooling = product.cooling_off_days
    diary.note(
        CATALOGUE, "product.registered", day,
        product_id=product.id, name=product.name, category=product.category, subtype=product.subtype,
        issuer="Demo Asset Management" if product.kind == "fund" else "Demo Bank",
        legal_entity=HOME.code, suitability_regime=product.regime, issuer_rating=product.risk,
        seller_rating=product.risk, risk_level=product.risk,
        principal_at_risk=product.risk not in (None, "R1"), term_days=product.term_days,
        recording_required=product.kind in ("wealth", "fund", "insurance", "linked"),
        complex_flag=product.kind == "linked",
        cooling_off=None if cooling is None else {"kind": "post_delivery", "days": cooling},
    )  # fmt: skip


def _papers(product: Product, day: dt.date) -> list[tuple[str, dict[str, object]]]:
    version = {"product_version": "1"}
    return [
        ("product.specified", {**version, "term_days": product.term_days, "rate_bp": product.rate_bp}),
        (
            "product.positioned",
            {**version, "statement": f"{product.name}: for whom it is", "approver_id": APPROVER},
        ),
        ("product.compliance_reviewed", {**version, "outcome": "passed", "reviewer_id": APPROVER}),
        ("product.approved", {**version, "approver_id": APPROVER}),
        ("price.set", {"price_version": "1", "rate_bp": product.rate_bp, "valid_from": day + 5 * DAY}),
    ]
