"""Writes `events/schemas/`: JSON Schema per type and version in two forms, and the AsyncAPI document.

Run `python -m events.schema_files` after changing an event; a test fails while the files differ from the
code. Versions that were ever stored are kept in `frozen.json`: this module adds to it and never changes it.
"""

import json
import sys
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from events.async_api import async_api_document
from events.catalogue import CATALOGUE
from events.compatibility import Fields, breaks, fields_of
from events.envelope import Envelope, SentEnvelope
from events.event_type import EventType

FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def stored_schema(event_type: EventType) -> dict[str, Any]:
    """The schema of stored `data`: sealed fields are tokens, `known` is there."""
    return _schema(event_type, event_type.struct, "stored")


def sent_schema(event_type: EventType) -> dict[str, Any]:
    """The schema of `data` as a sender writes it: clear values, nothing that the door stamps."""
    return _schema(event_type, event_type.sent, "sent")


def schema_files() -> dict[str, str]:
    """Every generated file by its name, for the current versions; older versions are kept as they are."""
    files = {
        "envelope.sent.json": _text(_envelope(SentEnvelope, "sent")),
        "envelope.stored.json": _text(_envelope(Envelope, "stored")),
        "asyncapi.json": _text(async_api_document()),
    }
    for event_type in CATALOGUE:
        stem = f"{event_type.name}.v{event_type.version}"
        files[f"{stem}.stored.json"] = _text(stored_schema(event_type))
        if event_type.sent_by_channels:
            files[f"{stem}.sent.json"] = _text(sent_schema(event_type))
    return files


def kept_files() -> tuple[str, ...]:
    """Names of the stored schemas of older versions, which are never written again."""
    return tuple(
        f"{event_type.name}.v{version}.stored.json"
        for event_type in CATALOGUE
        for version in range(1, event_type.version)
    )


def current_fields() -> dict[str, Fields]:
    """The fields of every stored version, older ones read from their kept files."""
    found: dict[str, Fields] = {}
    for event_type in CATALOGUE:
        for version in range(1, event_type.version):
            kept = FOLDER / f"{event_type.name}.v{version}.stored.json"
            found[event_type.schema_urn(version)] = fields_of(json.loads(kept.read_text("utf-8")))
        found[event_type.schema_urn()] = fields_of(stored_schema(event_type))
    return found


def read_frozen() -> dict[str, Fields]:
    """The fields of every version that may be in a journal somewhere."""
    path = FOLDER / "frozen.json"
    frozen: dict[str, Fields] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return frozen


def main() -> int:
    """Write all files; 1 and the reasons if a stored version would no longer be read as it was."""
    current, frozen = current_fields(), read_frozen()
    problems = breaks(frozen, current)
    for problem in problems:
        sys.stderr.write(problem + "\n")
    if problems:
        return 1
    files = schema_files()
    for old in FOLDER.glob("*.json"):
        if old.name not in {*files, *kept_files(), "frozen.json"}:
            old.unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text, "utf-8")
    frozen_text = _text(dict(sorted({**current, **frozen}.items())))
    (FOLDER / "frozen.json").write_text(frozen_text, "utf-8")
    sys.stdout.write(f"{len(files)} schema files, {len(current)} stored versions\n")
    return 0


def _schema(event_type: EventType, struct: type[msgspec.Struct], form: str) -> dict[str, Any]:
    body = _inlined(struct)
    return {
        "$schema": DIALECT,
        "$id": f"{event_type.schema_urn()}:{form}",
        "title": f"{event_type.name} version {event_type.version}, {form}",
        **{key: value for key, value in body.items() if key != "title"},
    }


def _envelope(struct: type[msgspec.Struct], form: str) -> dict[str, Any]:
    body = _inlined(struct)
    title = f"CloudEvents envelope, {form}"
    return {"$schema": DIALECT, "$id": f"urn:daybook:envelope:{form}", **body, "title": title}


def _inlined(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The schema of a struct with itself at the root and the structs it uses in `$defs`."""
    (root,), definitions = msgspec.json.schema_components((struct,), ref_template="#/$defs/{name}")
    for definition in definitions.values():
        definition["description"] = cleandoc(definition.get("description", ""))
    name = root["$ref"].rpartition("/")[2]
    body: dict[str, Any] = dict(definitions.pop(name))
    if definitions:
        body["$defs"] = definitions
    return body


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
