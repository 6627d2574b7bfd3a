"""Four events of one branch, as JSON text: a product, a customer, a sale, and one that is refused."""

import json
from typing import Any


def event(identifier: str, type_name: str, subject: str, data: dict[str, Any], **more: Any) -> str:
    envelope = {
        "specversion": "1.0",
        "id": identifier,
        "source": "urn:bank:branch-12",
        "type": type_name,
        "subject": subject,
        "dataschema": f"urn:daybook:{type_name}:1",
        "time": "2026-05-04T09:30:00+08:00",
        **more,
        "data": data,
    }
    return json.dumps(envelope)


PRODUCT = event(
    "p-1",
    "product.registered",
    "product/bank:p3",
    {
        "product_id": "bank:p3",
        "name": "Steady Income 3",
        "category": "wealth",
        "legal_entity": "bank-cn",
        "suitability_regime": "cn_wealth",
        "issuer_rating": "R2",
        "seller_rating": "R2",
        "risk_level": "R2",
        "currency": "CNY",
    },
)
CUSTOMER = event(
    "c-1",
    "customer.registered",
    "customer/bank:17",
    {
        "customer_id": "bank:17",
        "customer_type": "person",
        "legal_entity": "bank-cn",
        "name": "Ming Li",
        "phone": "+86 139 0000 1111",
    },
)
SALE = event(
    "s-1",
    "sale.confirmed",
    "customer/bank:17",
    {
        "sale_id": "bank:s1",
        "customer_id": "bank:17",
        "legal_entity": "bank-cn",
        "product_id": "bank:p3",
        "amount_minor": 5_000_000,
        "currency": "CNY",
    },
    time="2026-05-05T10:00:00+08:00",
)
BAD = event("x-1", "sale.confirmed", "customer/bank:18", {"sale_id": "bank:s2", "customer_id": "bank:17"})
