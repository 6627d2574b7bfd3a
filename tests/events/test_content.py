"""What makes two records the same event: the content hash and the entry id."""

import datetime as dt
import hashlib
import json
from typing import Any

import msgspec

from events.codec import content_hash, encode_json, entry_id, source_id
from events.envelope import Envelope

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
SALE = {
    "sale_id": "crm:9",
    "product_id": "crm:fund",
    "legal_entity": "GB-1",
    "amount_minor": 100,
    "currency": "GBP",
}
KNOWN = {"product": {"state": "known", "risk_level": "R2"}}


def _envelope(data: bytes, **changes: Any) -> Envelope:
    envelope = Envelope(
        specversion="1.0",
        id="9",
        source="urn:crm",
        type="sale.confirmed",
        subject="sale/crm:9",
        dataschema="urn:daybook:sale.confirmed:1",
        time=NOON,
        data=msgspec.Raw(data),
    )
    return msgspec.structs.replace(envelope, **changes)


def _hash(data: bytes, **changes: Any) -> bytes:
    return content_hash(_envelope(data, **changes), stamped=True)


def test_what_the_door_adds_is_not_content() -> None:
    plain = _hash(encode_json(SALE))
    assert len(plain) == 16
    assert _hash(encode_json({**SALE, "known": KNOWN})) == plain
    assert _hash(encode_json(SALE), admittedtime=NOON) == plain
    assert _hash(encode_json(SALE), traceparent="00-1") == plain


def test_white_space_is_not_content() -> None:
    loose = msgspec.json.format(encode_json({**SALE, "known": KNOWN}), indent=4)
    assert _hash(loose) == _hash(encode_json(SALE))
    assert content_hash(_envelope(loose), stamped=False) != content_hash(
        _envelope(encode_json(SALE)), stamped=False
    )
    assert _hash(msgspec.json.format(encode_json(SALE), indent=2)) == _hash(encode_json(SALE))


def test_everything_the_sender_said_is_content() -> None:
    plain = _hash(encode_json(SALE))
    assert _hash(encode_json({**SALE, "amount_minor": 101})) != plain
    changes: tuple[dict[str, Any], ...] = (
        {"id": "10"},
        {"source": "urn:other"},
        {"subject": "sale/crm:10"},
        {"time": NOON + dt.timedelta(seconds=1)},
        {"time": None, "date": NOON.date()},
        {"recordedtime": NOON},
        {"sequence": "0001"},
        {"correlationid": "c"},
        {"causationid": "c"},
        {"authid": "a"},
        {"authtype": "a"},
    )
    hashes = [_hash(encode_json(SALE), **change) for change in changes]
    assert len({plain, *hashes}) == len(changes) + 1


def test_it_makes_no_difference_where_the_stamp_stands() -> None:
    plain = _hash(encode_json(SALE))
    assert _hash(encode_json({"known": KNOWN, **SALE})) == plain
    assert _hash(encode_json({"known": KNOWN})) == _hash(b"{}")
    assert _hash(encode_json({**SALE, "currency": ',"known":{}}'})) != plain
    nested = {**SALE, "product": KNOWN["product"] | {"known": KNOWN}}
    assert _hash(encode_json(nested)) != _hash(encode_json({**SALE, "product": KNOWN["product"]}))


def test_an_instant_is_content_in_the_form_that_it_always_had() -> None:
    data = encode_json(SALE)
    text = json.dumps(SALE, separators=(",", ":"))
    for time in (NOON, NOON.replace(microsecond=500), NOON.astimezone(dt.timezone(dt.timedelta(hours=2)))):
        head = (
            f"9\nurn:crm\nsale.confirmed\nsale/crm:9\nurn:daybook:sale.confirmed:1\n"
            f"{time.isoformat()}\n\n\n\n\n\n\n\n"
        )
        assert _hash(data, time=time) == hashlib.sha256((head + text).encode()).digest()[:16]


def test_what_was_stamped_inside_a_corrected_fact_is_not_content() -> None:
    def correction(fact: dict[str, Any]) -> bytes:
        return encode_json(
            {"corrects": {"source": "urn:crm", "id": "9"}, "fact": fact, "reason": "typing error"}
        )

    assert _hash(correction({**SALE, "known": KNOWN})) == _hash(correction(SALE))
    assert _hash(correction({**SALE, "amount_minor": 1})) != _hash(correction(SALE))


def test_an_entry_id_tells_a_duplicate_from_an_id_used_again() -> None:
    first = entry_id("urn:crm", "9", "sale/crm:9")
    assert len(first) == 16
    assert first == entry_id("urn:crm", "9", "sale/crm:9")
    again = entry_id("urn:crm", "9", "sale/crm:10")
    assert again != first
    assert again[:10] == first[:10] == source_id("urn:crm", "9")
