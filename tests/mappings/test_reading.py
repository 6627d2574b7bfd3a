"""Rows out of files: every row keeps the bytes it was read from, and a bad one is a row with a problem."""

import gzip
from pathlib import Path

from services.door.mappings.declaration import Format
from services.door.mappings.reading import RowFile
from tests.mappings.rig import write


def test_a_row_keeps_its_bytes_also_over_several_lines(tmp_path: Path) -> None:
    file = RowFile(write(tmp_path, "a.csv", 'A,B\r\n1,"two\r\nlines"\r\n\r\n"x",y\r\n'), Format())
    rows = list(file.rows())
    assert [(row.number, row.raw, row.cells) for row in rows] == [
        (1, b'1,"two\r\nlines"', ["1", "two\r\nlines"]),
        (2, b'"x",y', ["x", "y"]),
    ]


def test_a_row_with_too_few_cells_or_broken_quotes_is_a_problem_of_its_own(tmp_path: Path) -> None:
    rows = list(RowFile(write(tmp_path, "a.csv", 'A,B\n1\n"x"y,2\n3,4\n'), Format()).rows())
    assert [row.problem.reason if row.problem else "" for row in rows] == [
        "the row has 1 cells, the header 2",
        "the row is not well-formed CSV: ',' expected after '\"'",
        "",
    ]
    assert [row.raw for row in rows] == [b"1", b'"x"y,2', b"3,4"]


def test_gzip_encodings_byte_order_marks_and_files_without_header(tmp_path: Path) -> None:
    packed = write(tmp_path, "a.csv.gz", gzip.compress("\ufeffNäme\nÅsa\n".encode()))
    assert RowFile(packed, Format()).header == ["Näme"]
    latin = write(tmp_path, "b.csv", "Åsa;1\n".encode("latin-1"))
    file = RowFile(latin, Format(delimiter=";", encoding="latin-1", header=["name", "n"]))
    (row,) = file.rows()
    assert (row.cells, row.raw) == (["Åsa", "1"], "Åsa;1".encode("latin-1"))


def test_bytes_that_are_no_text_stay_as_they_are(tmp_path: Path) -> None:
    (row,) = RowFile(write(tmp_path, "a.csv", b"A\n\xff\xfe\n"), Format()).rows()
    assert row.raw == b"\xff\xfe"


def test_json_lines_are_flat_and_their_numbers_as_written(tmp_path: Path) -> None:
    lines = '{"a": {"b": 1.50}, "c": null, "d": true}\n\nnot json\n{"e": [1, 2], "a": {"b": 7}}\n'
    file = RowFile(write(tmp_path, "a.jsonl", lines), Format(kind="jsonl"))
    assert file.header == ["a.b", "c", "d", "e"]
    rows = list(file.rows())
    assert [row.cells for row in rows] == [["1.50", "", "true", ""], [], ["7", "", "", "[1,2]"]]
    assert rows[1].problem is not None
    assert (rows[1].number, rows[1].raw) == (2, b"not json")
