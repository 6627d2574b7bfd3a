"""Cursors: where a page ended, as an opaque text that the reader of the next page sends back.

Every list of the API pages with them. What a cursor holds is checked against the order that is asked for;
it is no secret and proves nothing.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from events.envelope import Position
from services.errors import WrongUse

T = TypeVar("T")
CURSOR_CHARACTERS_AT_MOST = 4_000


def cursor_of(sort: str | None, values: Sequence[Any]) -> str:
    """A cursor after a row with these values in the columns of the order."""
    texts = [None if value is None else _text(value) for value in values]
    return base64.urlsafe_b64encode(msgspec.json.encode([sort, texts])).decode().rstrip("=")


def read_cursor(cursor: str, sort: str | None, width: int | None) -> list[str | None]:
    """The values in a cursor; WrongUse if it is none, or was made under another order."""
    if len(cursor) > CURSOR_CHARACTERS_AT_MOST:
        raise WrongUse("cursor: this is no `next` of a page before, which is shorter")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        made, values = msgspec.json.decode(
            base64.b64decode(padded, altchars=b"-_", validate=True),
            type=tuple[str | None, list[str | None]],
        )
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise no_cursor(cursor) from error
    if made != sort or (width is not None and len(values) != width):
        raise WrongUse(
            f"this cursor is of a list in another order: begin anew, without cursor, for sort={sort}"
        )
    return values


def no_cursor(cursor: str) -> WrongUse:
    """The refusal of a text that is no cursor."""
    return WrongUse(
        f"cursor={cursor!r} is no `next` of a page before: leave it out to begin with the first page"
    )


def position_in(cursor: str) -> Position:
    """The position in a cursor of a timeline."""
    try:
        return Position.parse(read_cursor(cursor, "timeline", 1)[0] or "")
    except ValueError as error:
        raise no_cursor(cursor) from error


def page_of(
    rows: Sequence[T], key: Callable[[T], tuple[Any, ...]], cursor: str | None, limit: int
) -> tuple[tuple[T, ...], str | None]:
    """A page of a short list that is in the order of its key, and the cursor of what follows."""
    begin = 0
    if cursor is not None:
        width = len(key(rows[0])) if rows else None
        after = read_cursor(cursor, "list", width)
        texts: list[list[str | None]] = [[_text(value) for value in key(row)] for row in rows]
        begin = texts.index(after) + 1 if after in texts else len(texts)
    shown = tuple(rows[begin : begin + limit])
    more = begin + limit < len(rows)
    return shown, cursor_of("list", key(shown[-1])) if more else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)
