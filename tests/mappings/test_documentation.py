"""The worked example of the mappings' README runs as it stands, and the page names every word."""

import datetime as dt
import re
from pathlib import Path

from services.door.mappings import conditions, declaration, expressions, parsing
from services.door.mappings.engine import load_mapping
from tests.mappings.rig import write

PAGE = Path(declaration.__file__).with_name("README.md").read_text(encoding="utf-8")


def test_the_example_gives_what_the_page_says(tmp_path: Path) -> None:
    rows = write(tmp_path, "savings.csv", _block("savings.csv"))
    opened = load_mapping(write(tmp_path, "north-savings.yaml", _block("north-savings.yaml"))).open([rows])
    registered = [event.envelope["type"] for row in opened.registrations() for event in row.events]
    assert [registered.count(name) for name in dict.fromkeys(registered)] == [1, 2, 2, 4]
    mapped = list(opened.rows())
    types = [event.envelope["type"] for row in mapped for event in row.events]
    assert (len(mapped), types.count("sale.confirmed"), types.count("survey.answered")) == (5, 4, 3)
    assert mapped[0].events[0].data["amount_minor"] == 150_000
    assert mapped[0].events[0].envelope["date"] == dt.date(2026, 3, 2)
    assert mapped[4].problems[0].reason.startswith("column 'Opened' holds no date of the form %d.%m.%Y")
    assert f"row 5: {mapped[4].problems[0].path}: column 'Opened' holds no date" in PAGE


def test_every_operation_option_comparison_and_section_is_on_the_page() -> None:
    words = {*expressions.OPERATIONS, *parsing.PARSERS, *conditions.COMPARISONS, *conditions.COMBINATIONS}
    for _, options in (*expressions.OPERATIONS.values(), *parsing.PARSERS.values()):
        words |= set(options)
    sections = (
        declaration.Declaration,
        declaration.Format,
        declaration.Parameter,
        declaration.Lookup,
        declaration.Join,
        declaration.Running,
        declaration.Ordinal,
        declaration.Input,
        declaration.EventRule,
        declaration.DistinctRule,
        declaration.Ignored,
    )
    for section in sections:
        words |= {field.alias or name for name, field in section.model_fields.items()}
    assert {word for word in words if not re.search(rf"\b{word}\b", PAGE)} == set()


def test_every_shipped_mapping_is_on_the_page() -> None:
    assert all(f"`{name}`" in PAGE for name in declaration.SHIPPED)


def _block(name: str) -> str:
    found = re.search(rf"```\w+ {re.escape(name)}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None, f"the page has no block {name}"
    return found.group(1)
