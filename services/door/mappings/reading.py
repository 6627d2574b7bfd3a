"""Rows out of files: CSV and JSON lines, plain or gzip, each row with the bytes that it was read from.

The engine reads inputs and look-ups here. A row that cannot be read is a row with a problem, not the end of
the file; a file that cannot be read at all is a MappingError.
"""

import csv
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from services.door.mappings.declaration import Format
from services.door.mappings.scope import CellProblem
from services.errors import MappingError


class SourceRow(NamedTuple):
    """A row as it stands in the file: its number from 1, its bytes, its cells in the header's order."""

    number: int
    raw: bytes
    cells: list[str]
    problem: CellProblem | None


class RowFile:
    """One file of rows. `header` is its column names; iterate it as often as needed."""

    def __init__(self, path: Path, form: Format) -> None:
        self.path = path
        self._form = form
        self._encoding = "utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding
        try:
            self.header = self._read_header()
        except (OSError, EOFError, LookupError, csv.Error, msgspec.DecodeError) as error:
            raise MappingError(f"{path.name}: this file cannot be read: {error}") from error
        repeated = sorted({name for name in self.header if self.header.count(name) > 1})
        if repeated:
            raise MappingError(f"{path.name}: the column {repeated[0]!r} stands twice in its header")

    def rows(self) -> Iterator[SourceRow]:
        """Every row of data in order; lines without any cell are not rows."""
        with self._open() as lines:
            try:
                yield from self._csv_rows(lines) if self._form.kind == "csv" else self._json_rows(lines)
            except (OSError, EOFError) as error:
                raise MappingError(f"{self.path.name}: reading broke off: {error}") from error

    def _open(self) -> IO[str]:
        if not self.path.is_file():
            raise MappingError(f"{self.path}: there is no such file")
        if self.path.suffix == ".gz":
            return gzip.open(self.path, "rt", encoding=self._encoding, errors="surrogateescape", newline="")
        return self.path.open(encoding=self._encoding, errors="surrogateescape", newline="")

    def _read_header(self) -> list[str]:
        if isinstance(self._form.header, list):
            return list(self._form.header)
        with self._open() as lines:
            if self._form.kind == "csv":
                names = next(self._reader(lines), None)
                if names is None:
                    raise MappingError(f"{self.path.name}: the file is empty, not even a header is there")
                return [name.strip() for name in names]
            return self._json_columns(lines)

    def _reader(self, lines: Iterator[str]) -> "Iterator[list[str]]":
        return csv.reader(lines, delimiter=self._form.delimiter, quotechar=self._form.quote, strict=True)

    def _csv_rows(self, lines: IO[str]) -> Iterator[SourceRow]:
        taken: list[str] = []

        def recorded() -> Iterator[str]:
            for line in lines:
                taken.append(line)
                yield line

        reader, width, number = self._reader(recorded()), len(self.header), 0
        skip = self._form.header is True
        while True:
            problem: CellProblem | None = None
            cells: list[str] = []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = CellProblem("bad_row", f"the row is not well-formed CSV: {error}")
            text = taken[0] if len(taken) == 1 else "".join(taken)
            taken.clear()
            if skip:
                skip = False
                continue
            if not cells and problem is None:
                continue
            number += 1
            if problem is None and len(cells) != width:
                problem = CellProblem("bad_row", f"the row has {len(cells)} cells, the header {width}")
            yield SourceRow(number, self._raw(text), cells, problem)

    def _raw(self, text: str) -> bytes:
        encoding = "utf-8" if self._encoding == "utf-8-sig" else self._encoding
        return text.rstrip("\r\n").encode(encoding, "surrogateescape")

    def _json_columns(self, lines: IO[str]) -> list[str]:
        """The names of all fields in the file; nested ones are joined with a point."""
        names: dict[str, None] = {}
        for line in lines:
            try:
                names.update(dict.fromkeys(_flat(_decode_object(line))))
            except msgspec.DecodeError:
                continue
        return list(names)

    def _json_rows(self, lines: IO[str]) -> Iterator[SourceRow]:
        number = 0
        for line in lines:
            if not line.strip():
                continue
            number += 1
            try:
                found = _flat(_decode_object(line))
            except (msgspec.DecodeError, UnicodeEncodeError) as error:
                problem = CellProblem("bad_row", f"the line is no JSON object: {error}")
                yield SourceRow(number, self._raw(line), [], problem)
                continue
            cells = [found.get(name, "") for name in self.header]
            yield SourceRow(number, self._raw(line), cells, None)


_decode_object = msgspec.json.Decoder(dict[str, object], float_hook=str).decode


def _flat(found: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Fields as texts: numbers as they were written, null as blank, lists as JSON."""
    flat: dict[str, str] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{name}."))
        elif value is None:
            flat[prefix + name] = ""
        elif isinstance(value, bool):
            flat[prefix + name] = "true" if value else "false"
        elif isinstance(value, list):
            flat[prefix + name] = msgspec.json.encode(value).decode()
        else:
            flat[prefix + name] = str(value)
    return flat
