"""Templates: text with references in braces, the leaves of every expression.

`{Column}` is a cell, `{$name}` a value, running value, ordinal or parameter, `{@join.Column}` a cell of a
joined row, `{#}` the row's number; `{{` and `}}` are braces. A cell is trimmed, and null if the format says
so; a template with a null in it is null.
"""

import datetime as dt
import re

from services.door.mappings.scope import UNSET, Compiled, Evaluate, RowScope, Scope, constant

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def compile_template(scope: Scope, text: str, path: str) -> Compiled:
    """A constant, a single reference (its value keeps its type) or a text put together of several."""
    parts = _split(scope, text, path)
    if all(isinstance(part, str) for part in parts):
        return constant("".join(str(part) for part in parts))
    if len(parts) == 1:
        only = parts[0]
        assert isinstance(only, Compiled)
        return only
    return joined(parts)


def joined(parts: list[str | Compiled]) -> Compiled:
    """The text that the parts make together; null if one of them is."""
    says = " and ".join(dict.fromkeys(part.says for part in parts if isinstance(part, Compiled)))
    return Compiled(_joined(parts), says)


def _split(scope: Scope, text: str, path: str) -> list[str | Compiled]:
    parts: list[str | Compiled] = []
    end = 0
    for found in _PART.finditer(text):
        if found.start() > end:
            parts.append(text[end : found.start()])
        end = found.end()
        token = found.group()
        if token in ("{{", "}}"):
            parts.append(token[0])
        elif found.group(1) is None:
            raise scope.wrong(path, f"{text!r} has a single brace: write {{{{ or }}}} for a brace")
        else:
            parts.append(_reference(scope, found.group(1), path))
    if end < len(text) or not parts:
        parts.append(text[end:])
    return _merged(parts) if len(parts) > 1 else parts


def _merged(parts: list[str | Compiled]) -> list[str | Compiled]:
    """Neighbouring texts as one; what is constant is text already."""
    merged: list[str | Compiled] = []
    for part in parts:
        if isinstance(part, Compiled) and part.constant and part.outcomes[0] is not None:
            part = as_text(part.outcomes[0])
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return merged


def _reference(scope: Scope, name: str, path: str) -> Compiled:
    if name == "#":
        scope.uses_row_number = True
        return Compiled(lambda row: row.number, "the row number")
    if name.startswith("$"):
        return _declared(scope, name[1:], path)
    if name.startswith("@"):
        return _of_join(scope, name[1:], path)
    place, nulls = scope.column(name), scope.nulls

    def cell(row: RowScope) -> object:
        text = row.cells[place].strip()
        return None if text in nulls else text

    return Compiled(cell, f"column {name!r}")


def _declared(scope: Scope, name: str, path: str) -> Compiled:
    if name in scope.parameters:
        return constant(scope.parameters[name])
    if name not in scope.names:
        raise scope.wanted(path, "value, running value, ordinal or parameter", name, set(scope.names))
    place = scope.names[name]
    if name not in scope.values:

        def worked_out(row: RowScope) -> object:
            value = row.memo[place]
            if value is UNSET:
                raise scope.wrong(path, f"${name} is used before it is worked out: declare it above")
            return value

        return Compiled(worked_out, f"${name}")
    value = scope.values[name]
    work_out = value.evaluate

    def remembered(row: RowScope) -> object:
        known = row.memo[place]
        if known is UNSET:
            known = row.memo[place] = work_out(row)
        return known

    return Compiled(remembered, f"${name}", value.outcomes, value.constant)


def _of_join(scope: Scope, name: str, path: str) -> Compiled:
    join, dot, column_name = name.partition(".")
    if not dot or join not in scope.joins:
        raise scope.wanted(path, "join", join, set(scope.joins))
    place, column, nulls = scope.joins[join]
    index = column(column_name)

    def cell(row: RowScope) -> object:
        cells = row.joined[place]
        if cells is None:
            return None
        assert isinstance(cells, list)
        text: str = cells[index].strip()
        return None if text in nulls else text

    return Compiled(cell, f"column {column_name!r} of {join}")


def _joined(parts: list[str | Compiled]) -> Evaluate:
    if len(parts) == 2 and isinstance(parts[0], str) and isinstance(parts[1], Compiled):
        head, tail = parts[0], parts[1].evaluate

        def after_prefix(row: RowScope) -> object:
            value = tail(row)
            return None if value is None else f"{head}{value}"

        return after_prefix
    pieces = [part if isinstance(part, str) else part.evaluate for part in parts]

    def whole(row: RowScope) -> object:
        text = ""
        for piece in pieces:
            if isinstance(piece, str):
                text += piece
                continue
            value = piece(row)
            if value is None:
                return None
            text += value if isinstance(value, str) else as_text(value)
        return text

    return whole


def as_text(value: object) -> str:
    """How a value is written inside a text: dates as ISO, truth as true or false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
