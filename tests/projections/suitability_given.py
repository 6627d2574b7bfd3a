"""Inputs of suitability checks for tests: a small bank's products, customers and channels on one day."""

import datetime as dt
from pathlib import Path
from typing import Any

from events.suitability_file import (
    CheckedChannel,
    CheckedCustomer,
    CheckedProduct,
    CheckedSeller,
    Circumstances,
    SuitabilityInputs,
    TargetMarket,
)
from projections.rules import suitability_check
from projections.rules.suitability_pack import SuitabilityPack, parse_suitability_pack

ON = dt.date(2026, 3, 2)
FOLDER = Path(suitability_check.__file__).parent / "suitability_packs"
PACKS: dict[str, SuitabilityPack] = {
    path.stem: parse_suitability_pack(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml"))
}
CN = PACKS["cn-2026-02"]
MIFID = PACKS["mifid-2018-01"]
AUTHORISED = CheckedChannel(
    state="known", channel_type="branch", status="contracted", licence_valid=True, product_authorised=True
)
SELLER = CheckedSeller(
    state="known",
    employed=True,
    licences=("fund", "insurance"),
    certificates=("investment_linked", "private_fund"),
)


def fund(level: Any = "R3", **more: Any) -> CheckedProduct:
    """A fund under the rules for securities and funds."""
    fields: dict[str, Any] = {
        "category": "investment", "subtype": "equity_fund", "regime": "cn_csrc",
        "status": "on_sale", "approval": "approved", "risk_level": level,
    }  # fmt: skip
    return CheckedProduct(state="known", **(fields | more))


def wealth(level: Any = "R3", **more: Any) -> CheckedProduct:
    """A bank's own wealth product."""
    fields: dict[str, Any] = {
        "category": "wealth", "subtype": "wealth_product", "regime": "cn_wealth",
        "status": "on_sale", "risk_level": level, "own": True,
    }  # fmt: skip
    return CheckedProduct(state="known", **(fields | more))


def customer(grade: Any = "C2", **more: Any) -> CheckedCustomer:
    """An ordinary investor of forty whose profile is a month old."""
    fields: dict[str, Any] = {
        "customer_class": "ordinary", "age_band": "30_44", "grade": grade,
        "assessed_on": dt.date(2026, 2, 2), "valid_until": dt.date(2027, 2, 2), "met_face_to_face": True,
    }  # fmt: skip
    return CheckedCustomer(state="known", **(fields | more))


def asked(
    product: CheckedProduct,
    who: CheckedCustomer | None = None,
    *,
    channel: CheckedChannel | None = AUTHORISED,
    seller: CheckedSeller | None = SELLER,
    market: TargetMarket | None = None,
    **told: Any,
) -> SuitabilityInputs:
    """The inputs of a check in the branch."""
    return SuitabilityInputs(
        on=ON,
        product=product,
        customer=who or customer(),
        channel=channel,
        seller=seller,
        circumstances=Circumstances(**told),
        target_market=market,
    )
