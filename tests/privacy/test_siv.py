"""One sealed value: deterministic, and at home in one field of one event only."""

import datetime as dt
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from events.sealing import TOKEN_PATTERN, Token, parse_token
from services.errors import CheckFailed
from services.privacy import siv

KEY = AESSIV(bytes(64))


def sealed(value: Any, *, source: str = "urn:a", event_id: str = "e1", field: str = "name") -> str:
    return siv.seal(
        value,
        key=KEY,
        key_id="k1",
        source=source,
        event_id=event_id,
        type_name="customer.registered",
        field=field,
    )


def token(text: str) -> Token:
    parsed = parse_token(text)
    assert parsed is not None
    return parsed


@given(st.one_of(st.text(), st.integers(-(2**53), 2**53), st.booleans(), st.lists(st.text())))
def test_what_was_sealed_is_what_is_read(value: Any) -> None:
    text = sealed(value)
    assert re.fullmatch(TOKEN_PATTERN, text)
    assert siv.unseal(token(text), key=KEY, source="urn:a", event_id="e1") == value


def test_a_day_is_read_as_it_stands_in_json() -> None:
    text = sealed(dt.date(1980, 2, 29))
    assert siv.unseal(token(text), key=KEY, source="urn:a", event_id="e1") == "1980-02-29"


def test_the_same_value_in_the_same_place_is_the_same_token() -> None:
    assert sealed("Wei") == sealed("Wei")


@pytest.mark.parametrize("place", [{"source": "urn:b"}, {"event_id": "e2"}, {"field": "email"}])
def test_the_same_value_in_another_place_is_another_token(place: dict[str, str]) -> None:
    assert token(sealed("Wei", **place)).ciphertext != token(sealed("Wei")).ciphertext


@pytest.mark.parametrize(
    "place", [{"source": "urn:b", "event_id": "e1"}, {"source": "urn:a", "event_id": "e2"}]
)
def test_a_token_does_not_open_in_another_event(place: dict[str, str]) -> None:
    with pytest.raises(CheckFailed, match="was not sealed there"):
        siv.unseal(token(sealed("Wei")), key=KEY, **place)


@pytest.mark.parametrize(
    "change", [{"field": "email"}, {"type_name": "customer.identified"}, {"ciphertext": "AAAA"}]
)
def test_a_changed_token_does_not_open(change: dict[str, str]) -> None:
    with pytest.raises(CheckFailed, match="was not sealed there"):
        siv.unseal(token(sealed("Wei"))._replace(**change), key=KEY, source="urn:a", event_id="e1")
