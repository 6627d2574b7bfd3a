"""A mapping or a file that makes no sense is refused before the first row: file, place, rule, way out."""

# ruff: noqa: E501 (tables: one case a line)

from pathlib import Path

import pytest

from services.door.mappings.engine import load_mapping
from services.errors import MappingError
from tests.mappings.rig import HEAD, mapping_file, write

ROW = """\
inputs:
  rows:
    rows:
      - type: {type}
        id: "{{A}}"
        {when}
        data: {data}
"""


def _event(
    data: str = '{customer_id: "t:{A}", reason: x, by: bank}',
    type_name: str = "customer.relationship_ended",
    when: str = "undated: true",
) -> str:
    return ROW.format(type=type_name, when=when, data=data)


WRONG = [
    ("inputs: {}\n", "small.yaml: inputs: Dictionary should have at least 1 item"),
    (_event() + "colour: red\n", "small.yaml: colour: Extra inputs are not permitted"),
    (_event(when=""), "exactly one of date, time and undated: true says when it happened"),
    (_event(type_name="customer.vanished"), "no event type 'customer.vanished'; of this family there is customer."),
    (_event(type_name="calendar.day_closed"), "calendar.day_closed is written by a system only"),
    (_event(type_name="customer.voided"), "`corrects: true` sends corrections by itself"),
    (_event(data='{customer_id: "t:{A}", shoe_size: 4, by: bank}'), "rows[0].data: no field of customer.relationship_ended 'shoe_size' is declared; there is by, customer_id, reason"),
    (_event(data='{customer_id: "t:{A}"}'), "customer.relationship_ended needs the field 'by'"),
    (_event(data='{customer_id: "t:{A}", by: dragon}'), "data.by: 'dragon' does not fit: Invalid enum value 'dragon'"),
    (_event(data='{customer_id: "t:{A}", by: {table: {J: dragon}, of: "{A}"}}'), "'dragon' does not fit"),
    (_event(data='{customer_id: "t:{A}", by: {table: nowhere, of: "{A}"}}'), "data.by.table: no table 'nowhere' is declared; there is none"),
    (_event(data='{customer_id: "t:{A}", by: {table: {J: bank}}}'), "data.by.table: needs `of` beside it"),
    (_event(data='{customer_id: "t:{$x}", by: bank}'), "no value, running value, ordinal or parameter 'x' is declared"),
    (_event(data='{customer_id: "t:{@x.A}", by: bank}'), "no join 'x' is declared; there is none"),
    (_event(data='{customer_id: "t:{A", by: bank}'), "has a single brace: write {{ or }} for a brace"),
    (_event(data='{customer_id: {shout: "{A}"}, by: bank}'), "name exactly one operation, found ['shout']; there is add, band"),
    (_event(data='{customer_id: {slug: "{A}", loud: true}, by: bank}'), "slug takes no 'loud'; it takes nothing else"),
    (_event(data='{customer_id: {before: x}, by: bank}'), "no running value 'x' is declared; there is none"),
    (_event(data='{customer_id: {slice: "{A}", from: one}, by: bank}'), "from and to are places in the text, counted from 0"),
    (_event(data='{customer_id: "t:{A}", by: bank, reason: [a, "{A}"]}'), "data.reason: this field takes no list"),
    (_event(data='{customer_id: "t:{A}", by: bank, reason: {record: {a: "{A}"}}}'), "data.reason: this field takes no record"),
    (_event(when='date: "31.12.2020"'), "rows[0].date: '31.12.2020' is no date"),
    (_event(when='time: "2020-12-31T10:00:00"'), "'2020-12-31T10:00:00' is no time with a zone"),
    (_event(when='time: {time: "{A}", zone: Mars/Olympus}'), "'Mars/Olympus' is no time zone: write one such as Europe/Prague"),
    (_event(when='{undated: true, when: {of: "{A}", like: x}}'.strip("{}").replace("undated: true, when: {", "undated: true\n        when: {") + "}"), "a condition has `of` and exactly one of equals, in, present, matches, at_least, below"),
    (_event(when='undated: true\n        when: {of: "{A}", matches: "("}'), "'(' is no regular expression"),
    (_event(when='undated: true\n        when: {of: "{A}", in: x}'), "in needs a list of texts or numbers"),
    (_event(when='undated: true\n        when: {of: "{A}", present: 1}'), "present is true or false"),
    (_event() + 'parameters: {a: {about: x, choices: [b], default: c}}\n', "the parameter 'a' is one of b, not 'c'"),
    (_event() + 'register: [{type: channel.suspended, id: a, undated: true, data: {channel_id: "t:{A}", reason: x}}]\n', "register: 'A' is a column, and a registration has no row"),
    ("name: again\n", "the key 'name' stands twice"),
    (_event().replace("    rows:", '    values: {v: "{$w}", w: "{A}"}\n    rows:', 1), "inputs.rows.values.v: no value, running value, ordinal or parameter 'w' is declared"),
    (_event().replace("    rows:", '    values: {v: "{A}"}\n    ordinals: {v: {by: [A]}}\n    rows:', 1), "the name 'v' is declared twice"),
    (_event().replace("    rows:", '    running: {v: {start: "{A}", next: "{A}"}}\n    rows:', 1), "a running value starts with a constant or a parameter"),
    (_event().replace("    rows:", '    joins: {j: {lookup: l, on: "{A}"}}\n    rows:', 1), "inputs.rows.joins.j: no look-up 'l' is declared; there is none"),
    (_event().replace("    rows:", '    register_distinct: [{by: [A], type: channel.suspended, id: a, undated: true, data: {channel_id: "t:{A}", reason: "{B}"}}]\n    rows:', 1), "'B' is not one of `by`: what is registered must follow from `by` alone"),
]  # fmt: skip


@pytest.mark.parametrize("sections, message", WRONG)
def test_what_makes_no_sense_is_refused_when_the_mapping_is_loaded(
    tmp_path: Path, sections: str, message: str
) -> None:
    with pytest.raises(MappingError) as refused:
        load_mapping(mapping_file(tmp_path, sections))
    assert message in str(refused.value)
    assert "small.yaml" in str(refused.value)


def test_a_name_that_is_neither_shipped_nor_a_file_says_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="shipped are bank-survey, berka, bpi2012, cfpb, uci-bank"):
        load_mapping(tmp_path / "nowhere.yaml")


def test_what_is_no_yaml_says_so(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"broken.yaml: this is not YAML that can be read"):
        load_mapping(write(tmp_path, "broken.yaml", "name: [\n"))
    with pytest.raises(MappingError, match=r"broken.yaml: a mapping file is a set of sections"):
        load_mapping(write(tmp_path, "broken.yaml", "just words\n"))


def test_a_column_that_the_file_lacks_is_named_with_those_it_has(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path, _event()))
    with pytest.raises(MappingError, match=r"small.yaml: rows.csv has no column 'A'; it has B, C"):
        mapping.open([write(tmp_path, "rows.csv", "B,C\n1,2\n")])


def test_a_column_that_stands_twice_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path, _event()))
    with pytest.raises(MappingError, match=r"rows.csv: the column 'A' stands twice in its header"):
        mapping.open([write(tmp_path, "rows.csv", "A,A\n1,2\n")])
    with pytest.raises(MappingError, match=r"rows.csv: the file is empty"):
        mapping.open([write(tmp_path, "rows.csv", "")])
    with pytest.raises(MappingError, match="there is no such file"):
        mapping.open([tmp_path / "gone.csv"])


def test_a_parameter_is_set_by_its_name_and_must_fit(tmp_path: Path) -> None:
    sections = (
        "parameters: {day: {about: the day, kind: date}, n: {about: number, kind: integer, default: 1}}\n"
    )
    mapping = load_mapping(mapping_file(tmp_path, sections + _event()))
    rows = write(tmp_path, "rows.csv", "A\n1\n")
    with pytest.raises(MappingError, match=r"the parameter 'day' has no default: --set day=… \(the day\)"):
        mapping.open([rows])
    with pytest.raises(MappingError, match="the parameter 'day' is a date, not 'monday'"):
        mapping.open([rows], {"day": "monday"})
    with pytest.raises(MappingError, match="--set week: there is no such parameter; there is day, n"):
        mapping.open([rows], {"day": "2026-01-01", "week": "1"})


def test_a_message_never_shows_what_a_cell_holds(tmp_path: Path) -> None:
    mapping = load_mapping(mapping_file(tmp_path, _event(when='date: {date: "{A}"}')))
    (row,) = mapping.open([write(tmp_path, "rows.csv", "A\nAda Lovelace\n")]).rows()
    assert [problem.path for problem in row.problems] == ["customer.relationship_ended.date"]
    assert "Ada" not in str(row.problems)


def test_the_head_is_needed(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"small.yaml: version: Field required"):
        load_mapping(write(tmp_path, "small.yaml", HEAD.replace("version: 1\n", "") + _event()))
