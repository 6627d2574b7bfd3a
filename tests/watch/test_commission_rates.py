"""R-CHAN-02: commission at an old rate is found; the rate of the day of the sale is innocent."""

from typing import Any

import pytest

from events.channels import ChannelPolicyPublished
from events.commissions import CommissionAccrued
from services.journal.port import Record
from tests.watch.bank import FUND, event, known, on, record, sale
from tests.watch.conftest import Scene


def policy(version: str, day: int, rate_bp: int, **more: Any) -> Record:
    """A version of the channel's policy that names a rate for the fund and another for the rest."""
    rates = [{"rate_bp": 999}, {"product_id": "b:p1", "rate_bp": rate_bp}]
    fields: dict[str, Any] = {"channel_id": "b:ch", "policy_id": "p", "policy_version": version}
    published = event(
        ChannelPolicyPublished, **fields, commission_table=rates, valid_from=on(day).isoformat(), **more
    )
    return record(published, f"policy-{version}", -30)


def grant(rate_bp: int, **more: Any) -> Record:
    fields: dict[str, Any] = {"customer_id": "b:1", "sale_id": "b:s", "amount_minor": 100, "currency": "EUR"}
    return record(event(CommissionAccrued, **{**fields, "rate_bp": rate_bp, **more}), "grant", 12)


def sold() -> Record:
    return record(sale("1", stamped=known(product=FUND), sale_id="b:s", channel_id="b:ch"), "s", 10)


OLD, NEW = policy("1", -100, 80), policy("2", 5, 60)


@pytest.mark.parametrize(
    ("records", "rules"),
    [
        ([OLD, NEW, sold(), grant(60)], []),
        ([OLD, NEW, sold(), grant(80)], ["R-CHAN-02"]),
        ([OLD, policy("2", 11, 60), sold(), grant(80)], []),
        ([OLD, NEW, sold(), grant(80, policy_id="p", channel_id="b:ch")], ["R-CHAN-02"]),
        ([sold(), grant(80)], []),
        ([OLD, NEW, grant(80, channel_id="b:ch")], []),
    ],
    ids=[
        "in force",
        "an old rate",
        "the new rate came after the sale",
        "named",
        "no policy",
        "no sale",
    ],
)
def test_the_rate_is_that_of_the_policy_in_force_at_the_sale(
    scene: Scene, records: list[Record], rules: list[str]
) -> None:
    scene.append(*records)
    scene.close(12)
    assert [one for one in scene.rules() if one == "R-CHAN-02"] == rules


def test_the_signal_says_both_rates(scene: Scene) -> None:
    scene.append(OLD, NEW, sold(), grant(80))
    scene.close(12)
    [signal] = [one for one in scene.signals() if one.rule == "R-CHAN-02"]
    assert signal.text == (
        f"Commission on sale b:s of {on(10)} was granted at 80 basis points; policy p, version 2, of "
        "channel b:ch named 60 for b:p1."
    )
