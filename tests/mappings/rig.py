"""Small files and mappings for tests: what they map to, without a door."""

from pathlib import Path
from textwrap import indent
from typing import Any

from services.door.mappings.engine import MappedRow, OpenMapping, load_mapping
from services.door.submission import Fields

HEAD = """\
name: small
version: 1
about: a small mapping
legal_entity: bank
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """A file in the test's folder."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def mapping_file(folder: Path, sections: str, name: str = "small.yaml") -> Path:
    """A mapping file with the usual head."""
    return write(folder, name, HEAD + sections)


def one_value(folder: Path, expression: str, csv: str, *, sections: str = "", extra: str = "") -> list[Any]:
    """What an expression gives for each row of a CSV: as the value of an attribute of a customer."""
    rows = f"""\
{sections}
inputs:
  rows:
{indent(extra, "    ")}
    rows:
      - type: customer.attribute_recorded
        id: "{{#}}"
        undated: true
        data:
          customer_id: "t:{{#}}"
          name: probe
          source_kind: import
          value: {expression}
"""
    opened = load_mapping(mapping_file(folder, rows)).open([write(folder, "rows.csv", csv)])
    return [outcome(row) for row in opened.rows()]


def outcome(row: MappedRow) -> Any:
    """The value that a row gave, `None` if it left it out, or why it was refused."""
    if row.events:
        return row.events[0].data.get("value")
    reason = row.problems[0].reason
    return None if "leaves it blank" in reason else reason


def holds(folder: Path, condition: str, csv: str) -> list[bool]:
    """For each row, whether a condition held."""
    sections = f"""
inputs:
  rows:
    rows:
      - type: interaction.started
        id: "{{#}}"
        undated: true
        when: {condition}
        data: {{interaction_id: "t:{{#}}"}}
"""
    opened = load_mapping(mapping_file(folder, sections)).open([write(folder, "rows.csv", csv)])
    return [bool(row.events) for row in opened.rows()]


def events_of(opened: OpenMapping) -> list[Fields]:
    """Every event of every row, in order."""
    return [event for row in opened.rows() for event in row.events]
