"""The two forms of an event: what a sender may write, and what is stored."""

import datetime as dt

import msgspec
import pytest

from events.catalogue import CATALOGUE
from events.codec import TYPES
from events.sealing import DROPPED, TOKEN_PATTERN, Token, parse_token

REGISTERED = {"customer_id": "crm:17", "customer_type": "person", "legal_entity": "GB-1"}
SOLD = {"sale_id": "crm:9", "product_id": "crm:fund", "legal_entity": "GB-1"}


def _sent(name: str, fields: dict[str, object]) -> msgspec.Struct:
    return msgspec.convert(fields, TYPES[name].sent)


def test_the_door_alone_stamps_known() -> None:
    for event_type in CATALOGUE:
        assert "known" not in event_type.sent.__struct_fields__
    with pytest.raises(msgspec.ValidationError, match="unknown field `known`"):
        _sent("sale.confirmed", {**SOLD, "known": {"product": {"state": "known"}}})


def test_a_sealed_field_is_clear_when_sent_and_a_token_when_stored() -> None:
    customer = TYPES["customer.registered"]
    assert set(customer.sealed) == {"name", "birth_date", "gender", "phone", "email", "address"}
    sent = _sent("customer.registered", {**REGISTERED, "birth_date": "1970-05-06"})
    assert sent.birth_date == dt.date(1970, 5, 6)  # type: ignore[attr-defined]
    with pytest.raises(msgspec.ValidationError, match="birth_date"):
        _sent("customer.registered", {**REGISTERED, "birth_date": "sixth of May"})


def test_sealed_fields_are_declared_at_the_top_level_only() -> None:
    """Door and shredder look there and nowhere else."""
    for event_type in CATALOGUE:
        schema = str(msgspec.json.schema(event_type.struct).get("$defs", {}).items())
        tokens = schema.count(msgspec.json.encode(TOKEN_PATTERN).decode()[1:-1]) + schema.count(TOKEN_PATTERN)
        top = len(event_type.sealed)
        assert tokens <= top, event_type.name


def test_ids_carry_the_namespace_of_the_system_that_minted_them() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.product_id"):
        _sent("sale.confirmed", {**SOLD, "product_id": "fund"})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.replaces_sale_ids\[1\]"):
        _sent("sale.confirmed", {**SOLD, "replaces_sale_ids": ["crm:1", "2"]})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.sellers_share\[0\]\.seller_id"):
        _sent("sale.confirmed", {**SOLD, "sellers_share": [{"seller_id": "7", "share_bp": 10_000}]})


def test_a_line_break_does_not_slip_through_the_end_of_an_id() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.sale_id"):
        _sent("sale.confirmed", {**SOLD, "sale_id": "crm:9\n"})


def test_an_amount_needs_its_currency() -> None:
    with pytest.raises(msgspec.ValidationError, match="amount_minor needs a currency"):
        _sent("sale.confirmed", {**SOLD, "amount_minor": 100})
    sold = _sent("sale.confirmed", {**SOLD, "amount_minor": 100, "currency": "GBP"})
    assert sold.amount_minor == 100  # type: ignore[attr-defined]
    with pytest.raises(msgspec.ValidationError, match=r"\$\.currency"):
        _sent("sale.confirmed", {**SOLD, "amount_minor": 100, "currency": "gbp"})


def test_a_short_text_holds_no_control_characters() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.introducer"):
        _sent("sale.confirmed", {**SOLD, "introducer": "A\x00B"})


def test_a_token_says_under_which_names_it_was_sealed() -> None:
    text = "siv1.a2V5.customer.registered.birth_date.Y2lwaGVy"
    token = parse_token(text)
    assert token == Token("siv1", "a2V5", "customer.registered", "birth_date", "Y2lwaGVy")
    assert str(token) == text
    assert parse_token(DROPPED) is None
