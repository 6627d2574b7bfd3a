"""The AsyncAPI 3.0 document: which messages the intake topic takes and the journal topic holds.

Made from the catalogue for `events/schemas/asyncapi.json`; its references are to the files beside it.
"""

from typing import Any

from events.catalogue import CATALOGUE
from events.event_type import EventType

CONTENT_TYPE = "application/cloudevents+json"


def async_api_document() -> dict[str, Any]:
    """The whole document; messages are named `<form>.<type>`."""
    sent = [event_type for event_type in CATALOGUE if event_type.sent_by_channels]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Daybook",
            "version": "1.0.0",
            "description": "Facts go in by the intake; the journal holds every fact and decision, in order,"
            " for ever. Every record's value is a CloudEvent 1.0 in structured JSON, keyed by its subject.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            "intake": {
                "address": "daybook.intake",
                "description": "What channel systems send. Kept 7 days.",
                "messages": _references("sent", sent),
            },
            "journal": {
                "address": "daybook.journal",
                "description": "What happened, as stored: sealed, stamped, kept for ever.",
                "messages": _references("stored", CATALOGUE),
            },
        },
        "operations": {
            "takeFacts": {
                "action": "receive",
                "channel": {"$ref": "#/channels/intake"},
                "summary": "The door admits, or quarantines with the reason.",
            },
            "writeJournal": {
                "action": "send",
                "channel": {"$ref": "#/channels/journal"},
                "summary": "Door, desks and watch append.",
            },
        },
        "components": {
            "messages": {
                **{f"sent.{event_type.name}": _message(event_type, "sent") for event_type in sent},
                **{f"stored.{event_type.name}": _message(event_type, "stored") for event_type in CATALOGUE},
            }
        },
    }


def _references(form: str, types: tuple[EventType, ...] | list[EventType]) -> dict[str, Any]:
    return {
        event_type.name: {"$ref": f"#/components/messages/{form}.{event_type.name}"} for event_type in types
    }


def _message(event_type: EventType, form: str) -> dict[str, Any]:
    return {
        "name": event_type.name,
        "title": event_type.struct.__name__,
        "summary": _summary(event_type),
        "contentType": CONTENT_TYPE,
        "payload": {
            "allOf": [
                {"$ref": f"./envelope.{form}.json"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event_type.name},
                        "dataschema": {"const": event_type.schema_urn()},
                        "data": {"$ref": f"./{event_type.name}.v{event_type.version}.{form}.json"},
                    },
                },
            ]
        },
    }


def _summary(event_type: EventType) -> str:
    return (event_type.struct.__doc__ or "").strip().partition("\n")[0]
