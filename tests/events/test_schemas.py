"""The published schemas are those of the code, and no change breaks a stored version."""

import copy
import json
from typing import Any

import jsonschema
import pytest

from events.async_api import async_api_document
from events.catalogue import CATALOGUE
from events.codec import TYPES
from events.compatibility import Fields, breaks, fields_of
from events.schema_files import (
    FOLDER,
    current_fields,
    kept_files,
    read_frozen,
    schema_files,
    sent_schema,
    stored_schema,
)
from tests.events.test_upcasters import GOLDEN


def test_the_files_are_those_of_the_code() -> None:
    """After a change: python -m events.schema_files."""
    expected = schema_files()
    on_disk = {path.name for path in FOLDER.glob("*.json")}
    assert on_disk == {*expected, *kept_files(), "frozen.json"}
    stale = [name for name, text in expected.items() if (FOLDER / name).read_text("utf-8") != text]
    assert stale == []


def test_no_stored_version_is_broken() -> None:
    assert breaks(read_frozen(), current_fields()) == ()


def test_every_stored_version_is_frozen() -> None:
    """After adding an event or a version: python -m events.schema_files."""
    assert read_frozen().keys() == current_fields().keys()


def _fields() -> Fields:
    return copy.deepcopy(fields_of(stored_schema(TYPES["sale.cancelled"])))


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda fields: fields.pop("reason"), "'reason' was removed"),
        (lambda fields: fields.update(fee={"required": True, "type": {}}), "'fee' was added"),
        (lambda fields: fields.update(fee={"required": False, "type": {}}), "'fee' was added"),
        (lambda fields: fields["sale_id"].update(type={"type": "integer"}), "'sale_id' has another type"),
        (lambda fields: fields["by"]["type"].update(enum=["customer"]), "'by' has another type"),
        (lambda fields: fields["by"]["type"].update(default="bank"), "'by' has another type or default"),
        (lambda fields: fields["reason"].update(required=True), "'reason' became required"),
        (lambda fields: fields["sale_id"].update(required=False), "'sale_id' became optional"),
    ],
)
def test_a_change_that_breaks_a_stored_version_is_refused(change: Any, reason: str) -> None:
    urn = "urn:daybook:sale.cancelled:1"
    after = _fields()
    change(after)
    (found,) = breaks({urn: _fields()}, {urn: after})
    assert found.startswith(f"{urn}: field {reason}")
    assert "new version" in found


def test_a_version_that_is_gone_is_refused() -> None:
    (found,) = breaks({"urn:daybook:sale.cancelled:1": _fields()}, {})
    assert "gone from the catalogue" in found


def test_words_for_readers_may_change() -> None:
    schema = stored_schema(TYPES["sale.confirmed"])
    before = fields_of(schema)
    schema["description"] = "other words"
    for definition in schema["$defs"].values():
        definition["description"] = "other words"
    assert fields_of(schema) == before


def test_a_change_deep_in_a_struct_is_seen() -> None:
    schema = stored_schema(TYPES["sale.confirmed"])
    before = fields_of(schema)
    schema["$defs"]["KnownProduct"]["properties"]["risk_level"] = {"type": "string"}
    assert fields_of(schema) != before


def test_the_golden_bytes_fit_the_kept_schema_of_their_version() -> None:
    for path in GOLDEN.glob("*.json"):
        schema = json.loads((FOLDER / f"{path.stem}.stored.json").read_text("utf-8"))
        jsonschema.Draft202012Validator(schema).validate(json.loads(path.read_text("utf-8"))["data"])


def test_the_sent_form_shows_neither_tokens_nor_stamps() -> None:
    for event_type in CATALOGUE:
        text = json.dumps(sent_schema(event_type))
        assert "siv1" not in text, event_type.name
        assert "known" not in sent_schema(event_type).get("properties", {}), event_type.name


def test_async_api_names_every_message_and_every_file_it_points_to_is_there() -> None:
    document = async_api_document()
    facts = {t.name for t in CATALOGUE if t.sent_by_channels}
    assert set(document["channels"]["intake"]["messages"]) == facts
    assert set(document["channels"]["journal"]["messages"]) == set(TYPES)
    messages = document["components"]["messages"]
    for channel in document["channels"].values():
        for reference in channel["messages"].values():
            assert reference["$ref"].removeprefix("#/components/messages/") in messages
    for message in messages.values():
        envelope, body = message["payload"]["allOf"]
        for reference in (envelope["$ref"], body["properties"]["data"]["$ref"]):
            assert (FOLDER / reference).is_file()
