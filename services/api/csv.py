"""CSV of a table (RFC 4180): streamed whole, safe to open in a spreadsheet.

A text that a spreadsheet would take for a formula gets an apostrophe before it. Few exports run at once:
each holds a reading connection until it is through.
"""

import csv
import datetime as dt
import io
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice
from typing import Any

from fastapi.responses import StreamingResponse

from events.codec import encode_json
from services.api.reading import Reading
from services.errors import NotReady

MEDIA_TYPE = "text/csv; charset=utf-8"
EXPORTS_AT_ONCE = 3
ROWS_A_CHUNK = 500
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")

_exports = threading.BoundedSemaphore(EXPORTS_AT_ONCE)

Rows = Callable[[Reading], Iterable[Sequence[Any]]]
"""Reads the rows of a snapshot, one after the other."""


class TooManyExports(NotReady):
    """As many exports run as may at once."""

    code = "too_many_exports"


def csv_of(
    name: str, columns: Sequence[str], snapshot: AbstractContextManager[Reading], rows: Rows
) -> StreamingResponse:
    """A file of all rows. Its first part is read before the answer begins, so that an error is a problem."""
    parts = _parts(columns, snapshot, rows)
    response = StreamingResponse(chain([next(parts)], parts), media_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def cell(value: Any) -> str:
    """A value as a cell: nothing for what is absent, JSON for what holds several values."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_BEGINS) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return str(value) if isinstance(value, int) else cell(encode_json(value).decode())


def _parts(columns: Sequence[str], snapshot: AbstractContextManager[Reading], rows: Rows) -> Iterator[bytes]:
    """The header with the first rows, then the rest; gives everything back however it ends."""
    if not _exports.acquire(blocking=False):
        raise TooManyExports(f"{EXPORTS_AT_ONCE} exports are running already: ask again in a while")
    try:
        with snapshot as found:
            left = iter(rows(found))
            part = [list(columns), *([cell(one) for one in row] for row in islice(left, ROWS_A_CHUNK))]
            while part:
                yield _written(part)
                part = [[cell(one) for one in row] for row in islice(left, ROWS_A_CHUNK)]
    finally:
        _exports.release()


def _written(lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()
