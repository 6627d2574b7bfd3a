"""Whether stored versions are still read as they were written: the fields of a version never change.

Compares the fields of today's structs with those frozen in `events/schemas/frozen.json`. A test and the
writer of the schema files call this. Readers refuse unknown fields, so even an added one is a new version.
"""

from typing import Any

Fields = dict[str, dict[str, Any]]
"""Field name → {"required": bool, "type": JSON Schema with definitions put in place and titles left out}."""

_WORDS_FOR_READERS = ("title", "description")


def fields_of(schema: dict[str, Any]) -> Fields:
    """The fields that a stored schema allows, in a form that compares by meaning."""
    definitions: dict[str, Any] = schema.get("$defs", {})
    required = schema.get("required", [])
    return {
        name: {"required": name in required, "type": _plain(field, definitions)}
        for name, field in sorted(schema.get("properties", {}).items())
    }


def breaks(frozen: dict[str, Fields], current: dict[str, Fields]) -> tuple[str, ...]:
    """One sentence per change that would break a stored version; empty if there is none."""
    found: list[str] = []
    for urn, before in frozen.items():
        after = current.get(urn)
        if after is None:
            found.append(f"{urn}: this version may be stored and is gone from the catalogue; put it back")
        else:
            found += [f"{urn}: {change}" for change in _changes(before, after)]
    return tuple(found)


def _changes(before: Fields, after: Fields) -> list[str]:
    way_out = "make it a new version with an upcaster"
    changes = [f"field {name!r} was removed; {way_out}" for name in sorted(before.keys() - after.keys())]
    changes += [f"field {name!r} was added; {way_out}" for name in sorted(after.keys() - before.keys())]
    for name in sorted(before.keys() & after.keys()):
        if before[name]["type"] != after[name]["type"]:
            changes.append(f"field {name!r} has another type or default; {way_out}")
        if before[name]["required"] != after[name]["required"]:
            state = "required" if after[name]["required"] else "optional"
            changes.append(f"field {name!r} became {state}; {way_out}")
    return changes


def _plain(node: Any, definitions: dict[str, Any]) -> Any:
    """A schema with references replaced by what they name and the words for human readers left out."""
    if isinstance(node, list | tuple):
        return [_plain(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(definitions[node["$ref"].rpartition("/")[2]], definitions)
    kept = {key: value for key, value in node.items() if key not in _WORDS_FOR_READERS}
    if "properties" in kept:
        members = {name: _plain(member, definitions) for name, member in kept.pop("properties").items()}
        return {**_plain(kept, definitions), "properties": members}
    return {key: _plain(value, definitions) for key, value in kept.items()}
