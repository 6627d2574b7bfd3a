"""The root of Daybook's tree of errors, and the leaves that reading events can raise.

DaybookError
├── EventError                an event that cannot be taken for what it says it is
│   ├── Unreadable            the bytes are not an event at all; they belong to no ledger
│   └── UnknownSchema         a type or version newer than this reader; its partition stops
└── (services/errors.py)      everything that happens outside the language
"""


class DaybookError(Exception):
    """Every expected refusal or failure; `code` is stable and safe to match on."""

    code = "error"


class EventError(DaybookError):
    """An event that cannot be taken for what it says it is."""

    code = "event_error"


class Unreadable(EventError):
    """The bytes are not an event: bad JSON, a missing attribute, data that does not fit its schema."""

    code = "unreadable"

    def __init__(self, reason: str, path: str = "$") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


class UnknownSchema(EventError):
    """A well-formed event of a type or version that this reader's catalogue does not hold."""

    code = "unknown_schema"

    def __init__(self, type_name: str, dataschema: str) -> None:
        super().__init__(
            f"no schema {dataschema!r} for type {type_name!r} in this catalogue:"
            " deploy readers before writers"
        )
        self.type_name = type_name
        self.dataschema = dataschema
