"""Every operation of the language on a tiny file."""

# ruff: noqa: E501 (tables: one case a line)

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from services.door.mappings.declaration import strict_yaml
from services.door.mappings.expressions import OPERATIONS, compile_expression
from services.door.mappings.parsing import PARSERS
from services.door.mappings.scope import CellProblem, RowScope, Scope
from tests.mappings.rig import one_value

UTC = dt.UTC

CASES: list[tuple[str, str, str, Any]] = [
    ("constant", "{constant: {deep: [1]}}", "x", {"deep": [1]}),
    ("text", '{text: ["n:", {slug: "{A}"}, "-", 7]}', "Ä b", "n:a-b-7"),
    ("text", '{text: ["n:", "{A}"]}', "", None),
    ("table", '{table: {J: yes, N: no}, of: "{A}"}', "J", "yes"),
    ("table", '{table: {J: yes}, of: "{A}"}', "", None),
    ("table", '{table: {J: yes}, of: "{A}"}', "X", "column 'A' holds a code that is not in the table here"),
    ("table", '{table: {J: yes}, of: "{A}", default: other}', "X", "other"),
    ("table", '{table: {1: one}, of: {integer: "{A}"}}', "1", "one"),
    ("date", '{date: "{A}"}', "2026-03-01", dt.date(2026, 3, 1)),
    ("date", '{date: "{A}", format: "%d.%m.%Y"}', "1.3.2026", dt.date(2026, 3, 1)),
    ("date", '{date: "{A}"}', "31.2.2026", "column 'A' holds no date of the form %Y-%m-%d"),
    ("date_of", '{date_of: {year: 2026, month: 2, day: {integer: "{A}"}}}', "28", dt.date(2026, 2, 28)),
    ("date_of", '{date_of: {year: 2026, month: 2, day: {integer: "{A}"}}}', "30", "column 'A' make no day of the calendar"),
    ("date_of", '{date_of: {year: 2026, month: 2, day: {integer: "{A}"}}}', "", None),
    ("time", '{time: "{A}"}', "2026-03-01T10:00:00+02:00", dt.datetime(2026, 3, 1, 8, tzinfo=UTC)),
    ("time", '{time: "{A}", format: "%d.%m.%Y %H:%M", zone: Europe/Prague}', "1.7.2026 10:00", dt.datetime(2026, 7, 1, 8, tzinfo=UTC)),
    ("time", '{time: "{A}"}', "2026-03-01T10:00:00", "column 'A' holds no time of the form YYYY-MM-DDTHH:MM:SS+hh:mm, or it has no zone and the mapping states none"),
    ("integer", '{integer: "{A}", thousands: ","}', '"12,345"', 12345),
    ("integer", '{integer: "{A}"}', "1_0", "column 'A' holds no whole number"),
    ("minor_units", '{minor_units: "{A}"}', "96396", 9639600),
    ("minor_units", '{minor_units: "{A}", thousands: ".", point: ","}', '"1.500,05"', 150005),
    ("minor_units", '{minor_units: "{A}", decimals: 0}', "12", 12),
    ("minor_units", '{minor_units: "{A}"}', "1.005", "column 'A' holds no amount with at most 2 decimals"),
    ("minor_units", '{minor_units: "{A}"}', "NaN", "column 'A' holds no amount with at most 2 decimals"),
    ("minor_units", '{minor_units: "{A}"}', "-3.10", -310),
    ("decimal", '{decimal: "{A}", point: ","}', '"12,50"', "12.50"),
    ("decimal", '{decimal: "{A}"}', "many", "column 'A' holds no number"),
    ("boolean", '{boolean: "{A}", yes: [J], no: [N]}', "J", True),
    ("boolean", '{boolean: "{A}", yes: [J], no: [N]}', "N", False),
    ("boolean", '{boolean: "{A}", yes: [J], no: [N]}', "?", "column 'A' holds neither one of ['J'] nor of ['N']"),
    ("slug", '{slug: "{A}"}', "Crédit & Card!", "credit-card"),
    ("slug", '{slug: "{A}"}', "信用卡", "column 'A' holds nothing that an id can be made of"),
    ("lower", '{lower: "{A}"}', "NY", "ny"),
    ("upper", '{upper: "{A}"}', "ny", "NY"),
    ("slice", '{slice: "{A}", from: 2, to: 4}', "706213", "62"),
    ("slice", '{slice: "{A}", from: 20}', "706213", None),
    ("first", '{first: ["{A}", "{B}", none]}', ",b", "b"),
    ("first", '{first: ["{A}", "{B}", none]}', ",", "none"),
    ("case", '{case: [{when: {of: "{A}", equals: "1"}, then: one}], else: many}', "1", "one"),
    ("case", '{case: [{when: {of: "{A}", equals: "1"}, then: one}], else: many}', "2", "many"),
    ("case", '{case: [{when: {of: "{A}", equals: "1"}, then: one}]}', "2", None),
    ("band", '{band: {integer: "{A}"}, bands: [{below: 30, is: young}, {is: old}]}', "29", "young"),
    ("band", '{band: {integer: "{A}"}, bands: [{below: 30, is: young}, {is: old}]}', "30", "old"),
    ("band", '{band: "{A}", bands: [{is: old}]}', "x", "column 'A' is no whole number"),
    ("add", '{add: [{integer: "{A}"}, -50]}', "62", 12),
    ("add", '{add: ["{A}", 1]}', "62", "column 'A' and 1: only whole numbers can be added"),
    ("years", '{years: {from: {date: "{A}"}, to: {date: "2026-03-01"}}}', "1990-03-01", 36),
    ("years", '{years: {from: {date: "{A}"}, to: {date: "2026-03-01"}}}', "1990-03-02", 35),
    ("list", '["{A}", "{B}", 3]', "a,", ["a", 3]),
    ("list", '{list: ["{A}"]}', "a", ["a"]),
    ("record", '{record: {a: "{A}", b: "{B}"}}', "a,", {"a": "a"}),
    ("for_columns", '{for_columns: [A, B], item: {record: {q: "*", score: "{*}"}}}', "1,2", [{"q": "A", "score": "1"}, {"q": "B", "score": "2"}]),
]  # fmt: skip


@pytest.mark.parametrize("operation, expression, cells, expected", CASES)
def test_an_operation_gives_what_it_says(operation: str, expression: str, cells: str, expected: Any) -> None:
    names, row = ["A", "B"], [*next(csv.reader([cells]), []), "", ""]
    scope = Scope("small.yaml", names.index)
    compiled = compile_expression(scope, strict_yaml(expression), "probe")
    try:
        found = compiled.evaluate(RowScope(row, 1, [], []))
    except CellProblem as problem:
        found = problem.reason
    assert found == expected


def test_every_operation_has_a_case() -> None:
    assert {case[0] for case in CASES} | {"before"} == {*OPERATIONS, *PARSERS}


def test_a_cell_is_trimmed_and_null_where_it_is_blank(tmp_path: Path) -> None:
    sections = 'format: {blank: ["", "?", unknown]}'
    assert one_value(tmp_path, '"{A}"', "A\n x \n?\nunknown\n", sections=sections) == ["x", None, None]


def test_a_template_joins_references_and_braces(tmp_path: Path) -> None:
    assert one_value(tmp_path, '"{A}/{#}{{}}"', "A\nx\ny\n") == ["x/1{}", "y/2{}"]


def test_values_see_those_above_them(tmp_path: Path) -> None:
    extra = 'values: {one: {integer: "{A}"}, two: {add: ["{$one}", 1]}}'
    assert one_value(tmp_path, '"{$two}"', "A\n1\n5\n", extra=extra) == [2, 6]


def test_a_running_value_sees_itself_as_the_row_before_left_it(tmp_path: Path) -> None:
    extra = """\
running:
  month: {start: 5, next: {integer: "{M}"}}
  year:
    start: 2008
    next:
      case: [{when: {of: "{$month}", below: {before: month}}, then: {add: [{before: year}, 1]}}]
      else: {before: year}
"""
    assert one_value(tmp_path, '"{$year}"', "M\n5\n12\n1\n1\n11\n2\n", extra=extra) == [
        2008, 2008, 2009, 2009, 2009, 2010,
    ]  # fmt: skip


def test_a_running_value_can_be_carried_per_case(tmp_path: Path) -> None:
    extra = 'running: {last: {by: [C], start: none, next: "{S}"}}'
    found = one_value(tmp_path, "{before: last}", "C,S\na,1\nb,2\na,3\nb,4\n", extra=extra)
    assert found == ["none", "none", "1", "2"]


def test_a_refused_row_moves_a_running_value_unless_it_is_that_value_that_fails(tmp_path: Path) -> None:
    extra = 'running: {sum: {start: 0, next: {add: [{before: sum}, {integer: "{N}"}]}}}'
    refused = '{case: [{when: {of: "{N}", equals: "2"}, then: {integer: "x{N}"}}], else: "{$sum}"}'
    found = one_value(tmp_path, refused, "N\n1\n2\nx\n4\n", extra=extra)
    assert (found[0], found[3]) == (1, 7)
    assert "no whole number" in found[1]
    assert "no whole number" in found[2]


def test_an_ordinal_counts_the_rows_of_its_case(tmp_path: Path) -> None:
    extra = 'ordinals: {n: {by: [C], when: {of: "{S}", equals: made}}}'
    found = one_value(tmp_path, '"{$n}"', "C,S\na,made\nb,sent\na,sent\na,made\n", extra=extra)
    assert found == [1, 0, 1, 2]


def test_a_parameter_is_a_constant(tmp_path: Path) -> None:
    sections = "parameters: {day: {about: the day, kind: date, default: 2026-01-02}}"
    assert one_value(tmp_path, '"on {$day}"', "A\nx\n", sections=sections) == ["on 2026-01-02"]
