"""Every event type survives the journal: stored form to bytes and back, and it fits its published schema."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.catalogue import CATALOGUE
from events.codec import decode_data, encode_json, headline
from events.envelope import Envelope
from events.event_type import EventType
from tests.events.examples import sent_events, stored_events

SCHEMAS = Path(__file__).parents[2] / "events" / "schemas"
few = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


def _schema(event_type: EventType, form: str) -> jsonschema.Draft202012Validator:
    path = SCHEMAS / f"{event_type.name}.v{event_type.version}.{form}.json"
    schema: dict[str, Any] = json.loads(path.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("event_type", CATALOGUE, ids=lambda event_type: event_type.name)
def test_a_stored_event_is_read_back_as_it_was_written(event_type: EventType) -> None:
    schema = _schema(event_type, "stored")

    @few
    @given(stored_events(event_type))
    def check(event: Any) -> None:
        data = encode_json(event)
        envelope = Envelope(
            specversion="1.0",
            id="1",
            source="urn:test",
            type=event_type.name,
            subject="customer/t:1",
            dataschema=event_type.schema_urn(),
            data=msgspec.Raw(data),
        )
        found_type, version, read = decode_data(envelope)
        assert (found_type, version) == (event_type, event_type.version)
        assert encode_json(read) == data
        schema.validate(json.loads(data))
        assert len(headline(event_type, read)) < 2_500

    check()


@pytest.mark.parametrize(
    "event_type", [t for t in CATALOGUE if t.sent_by_channels], ids=lambda event_type: event_type.name
)
def test_what_the_sent_form_takes_fits_the_stored_form(event_type: EventType) -> None:
    """The door decodes sent, seals and encodes stored: every clear field must fit where it goes."""
    schema = _schema(event_type, "sent")

    @few
    @given(sent_events(event_type), st.just("dropped"))
    def check(event: Any, token: str) -> None:
        data = encode_json(event)
        schema.validate(json.loads(data))
        assert encode_json(msgspec.json.decode(data, type=event_type.sent)) == data
        fields = msgspec.json.decode(data)
        fields.update({name: token for name in event_type.sealed if name in fields})
        msgspec.json.decode(encode_json(fields), type=event_type.struct)

    check()
