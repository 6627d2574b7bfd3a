"""The expression language: how a field gets its value from the cells of a row. No code, no eval.

`compile_expression` turns a YAML value into closures once per file; the table at the end lists every
operation. An expression gives null where what it reads is null; a cell that does not fit raises CellProblem,
a file that does not make sense MappingError.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from services.door.mappings.conditions import compile_condition
from services.door.mappings.parsing import PARSERS, words_of
from services.door.mappings.scope import CellProblem, Compiled, RowScope, Scope, constant
from services.door.mappings.templates import as_text, compile_template, joined

MAX_DEPTH = 20

Operation = Callable[[Scope, Any, Mapping[str, Any], str], Compiled]


def compile_expression(scope: Scope, node: Any, path: str) -> Compiled:
    """A closure for one expression; MappingError names the place and the rule."""
    if path.count(".") > MAX_DEPTH:
        raise scope.wrong(path, f"nested deeper than {MAX_DEPTH} levels: use `values` for parts of it")
    if isinstance(node, str):
        return compile_template(scope, node, path)
    if node is None or isinstance(node, bool | int):
        return constant(node)
    if isinstance(node, list):
        return _list(scope, node, {}, path)
    if not isinstance(node, dict):
        raise scope.wrong(path, f"{node!r} is no expression: write a text, a number, or an operation")
    named = [key for key in node if key in OPERATIONS or key in PARSERS]
    if len(named) != 1:
        choice = ", ".join(sorted([*OPERATIONS, *PARSERS]))
        raise scope.wrong(path, f"name exactly one operation, found {named or list(node)}; there is {choice}")
    word = named[0]
    allowed = PARSERS[word][1] if word in PARSERS else OPERATIONS[word][1]
    options = {key: value for key, value in node.items() if key != word}
    unknown = sorted(set(options) - set(allowed))
    if unknown:
        raise scope.wrong(
            path, f"{word} takes no {unknown[0]!r}; it takes {', '.join(allowed) or 'nothing else'}"
        )
    place = f"{path}.{word}"
    if word in PARSERS:
        return PARSERS[word][0](scope, compile_expression(scope, node[word], place), options, place)
    return OPERATIONS[word][0](scope, node[word], options, place)


def _constant(scope: Scope, value: Any, options: Mapping[str, Any], path: str) -> Compiled:
    return constant(value)


def _table(scope: Scope, name: Any, options: Mapping[str, Any], path: str) -> Compiled:
    if isinstance(name, str):
        if name not in scope.tables:
            raise scope.wanted(path, "table", name, scope.tables)
        table, label = scope.tables[name], f"table {name}"
    elif isinstance(name, dict):
        table, label = {as_text(key): value for key, value in name.items()}, "the table here"
    else:
        raise scope.wrong(path, "name a table of the section `tables`, or write one here")
    code = compile_expression(scope, _needed(scope, options, "of", path), f"{path}.of")
    of, says = code.evaluate, code.says
    if "default" in options:
        default = options["default"]

        def with_default(row: RowScope) -> object:
            key = of(row)
            return table.get(key if isinstance(key, str) else as_text(key), default)

        return Compiled(with_default, says, (*table.values(), default))

    def strict(row: RowScope) -> object:
        key = of(row)
        if key is None:
            return None
        text = key if isinstance(key, str) else as_text(key)
        if text not in table:
            raise CellProblem("not_in_table", f"{says} holds a code that is not in {label}")
        return table[text]

    return Compiled(strict, says, tuple(table.values()))


def _date_of_parts(scope: Scope, of: Any, options: Mapping[str, Any], path: str) -> Compiled:
    if not isinstance(of, dict) or set(of) != {"year", "month", "day"}:
        raise scope.wrong(path, "date_of needs year, month and day")
    parts = [compile_expression(scope, of[name], f"{path}.{name}") for name in ("year", "month", "day")]
    year, month, day = (part.evaluate for part in parts)
    says = " and ".join(part.says for part in parts if not part.constant)

    def put_together(row: RowScope) -> object:
        numbers = (year(row), month(row), day(row))
        if None in numbers:
            return None
        try:
            return dt.date(*(int(number) for number in numbers))  # type: ignore[call-overload]
        except ValueError:
            raise CellProblem("bad_date", f"{says} make no day of the calendar") from None

    return Compiled(put_together, says)


def _text(scope: Scope, nodes: Any, options: Mapping[str, Any], path: str) -> Compiled:
    parts = _each(scope, nodes, path)
    return joined([part if not part.constant else as_text(part.outcomes[0]) for part in parts])


def _first(scope: Scope, choices: Any, options: Mapping[str, Any], path: str) -> Compiled:
    parts = [
        compile_expression(scope, node, f"{path}[{n}]")
        for n, node in enumerate(_listed(scope, choices, path))
    ]
    evaluates = [part.evaluate for part in parts]

    def first_stated(row: RowScope) -> object:
        for evaluate in evaluates:
            value = evaluate(row)
            if value is not None:
                return value
        return None

    outcomes = tuple(outcome for part in parts for outcome in part.outcomes)
    return Compiled(first_stated, parts[0].says, outcomes)


def _case(scope: Scope, branches: Any, options: Mapping[str, Any], path: str) -> Compiled:
    tests, parts = [], []
    for n, branch in enumerate(_listed(scope, branches, path)):
        where = f"{path}[{n}]"
        if not isinstance(branch, dict) or set(branch) != {"when", "then"}:
            raise scope.wrong(where, "each branch of case has `when` and `then`")
        tests.append(compile_condition(scope, branch["when"], f"{where}.when", compile_expression))
        parts.append(compile_expression(scope, branch["then"], f"{where}.then"))
    parts.append(compile_expression(scope, options.get("else"), f"{path}.else"))
    pairs = list(zip(tests, [part.evaluate for part in parts], strict=False))
    otherwise = parts[-1].evaluate

    def chosen(row: RowScope) -> object:
        for test, then in pairs:
            if test(row):
                return then(row)
        return otherwise(row)

    outcomes = tuple(outcome for part in parts for outcome in part.outcomes)
    return Compiled(chosen, "the case", outcomes)


def _band(scope: Scope, of: Any, options: Mapping[str, Any], path: str) -> Compiled:
    bands = _listed(scope, options.get("bands"), path)
    last = bands[-1]
    if not all(isinstance(band, dict) and set(band) == {"below", "is"} for band in bands[:-1]):
        raise scope.wrong(path, "each band but the last has `below` and `is`")
    if not isinstance(last, dict) or set(last) != {"is"}:
        raise scope.wrong(path, "the last band has `is` alone: it takes the rest")
    limits = [(band["below"], band["is"]) for band in bands[:-1]]
    part = compile_expression(scope, of, f"{path}.of")
    number_of, says, rest = part.evaluate, part.says, last["is"]

    def banded(row: RowScope) -> object:
        number = number_of(row)
        if number is None:
            return None
        if not isinstance(number, int):
            raise CellProblem("bad_number", f"{says} is no whole number")
        for below, name in limits:
            if number < below:
                return name
        return rest

    return Compiled(banded, says, tuple(band["is"] for band in bands))


def _add(scope: Scope, terms: Any, options: Mapping[str, Any], path: str) -> Compiled:
    parts = [
        compile_expression(scope, node, f"{path}[{n}]") for n, node in enumerate(_listed(scope, terms, path))
    ]
    evaluates = [part.evaluate for part in parts]
    says = " and ".join(part.says for part in parts)

    def total(row: RowScope) -> object:
        whole = 0
        for evaluate in evaluates:
            value = evaluate(row)
            if value is None:
                return None
            if not isinstance(value, int):
                raise CellProblem("bad_number", f"{says}: only whole numbers can be added")
            whole += value
        return whole

    return Compiled(total, says)


def _years(scope: Scope, of: Any, options: Mapping[str, Any], path: str) -> Compiled:
    if not isinstance(of, dict) or set(of) != {"from", "to"}:
        raise scope.wrong(path, "years needs `from` and `to`, two dates")
    first = compile_expression(scope, of["from"], f"{path}.from")
    last = compile_expression(scope, of["to"], f"{path}.to")
    start_of, end_of = first.evaluate, last.evaluate

    def whole_years(row: RowScope) -> object:
        start, end = start_of(row), end_of(row)
        if start is None or end is None:
            return None
        if not isinstance(start, dt.date) or not isinstance(end, dt.date):
            raise CellProblem("bad_date", f"{first.says} and {last.says} must both be dates")
        return end.year - start.year - ((end.month, end.day) < (start.month, start.day))

    return Compiled(whole_years, first.says)


def _before(scope: Scope, name: Any, options: Mapping[str, Any], path: str) -> Compiled:
    if name not in scope.running:
        raise scope.wanted(path, "running value", str(name), scope.running)
    return Compiled(lambda row: row.before[name], f"{name} of the row before")


def _list(scope: Scope, nodes: Any, options: Mapping[str, Any], path: str) -> Compiled:
    items = tuple(
        compile_expression(scope, node, f"{path}[{n}]")
        for n, node in enumerate(_listed(scope, nodes, path, 0))
    )
    return _list_of(items, path)


def _list_of(items: tuple[Compiled, ...], path: str) -> Compiled:
    if all(item.constant for item in items):
        fixed = [item.outcomes[0] for item in items]
        return Compiled(lambda row: fixed, "the list", (fixed,), True, items=items)
    evaluates = [item.evaluate for item in items]

    def filled(row: RowScope) -> object:
        values = [evaluate(row) for evaluate in evaluates]
        return [value for value in values if value is not None]

    return Compiled(filled, "the list", items=items)


def _record(scope: Scope, fields: Any, options: Mapping[str, Any], path: str) -> Compiled:
    if not isinstance(fields, dict) or not fields:
        raise scope.wrong(path, "record needs fields with their expressions")
    parts = {name: compile_expression(scope, node, f"{path}.{name}") for name, node in fields.items()}
    pairs = [(name, part.evaluate) for name, part in parts.items()]

    def filled(row: RowScope) -> object:
        values = [(name, evaluate(row)) for name, evaluate in pairs]
        return {name: value for name, value in values if value is not None}

    return Compiled(filled, "the record", record=parts)


def _for_columns(scope: Scope, columns: Any, options: Mapping[str, Any], path: str) -> Compiled:
    node = _needed(scope, options, "item", path)
    names = words_of(scope, {"for_columns": columns}, "for_columns", [], path)
    items = tuple(compile_expression(scope, _filled_in(node, name), f"{path}.item") for name in names)
    return _list_of(items, path)


def _filled_in(node: Any, column: str) -> Any:
    """The item of `for_columns` for one column: `{*}` becomes its cell, `*` alone its name."""
    if isinstance(node, str):
        return column if node == "*" else node.replace("{*}", "{" + column + "}")
    if isinstance(node, list):
        return [_filled_in(part, column) for part in node]
    if isinstance(node, dict):
        return {key: _filled_in(part, column) for key, part in node.items()}
    return node


def _needed(scope: Scope, options: Mapping[str, Any], name: str, path: str) -> Any:
    if name not in options:
        raise scope.wrong(path, f"needs `{name}` beside it")
    return options[name]


def _each(scope: Scope, nodes: Any, path: str, at_least: int = 1) -> list[Compiled]:
    listed = _listed(scope, nodes, path, at_least)
    return [compile_expression(scope, node, f"{path}[{n}]") for n, node in enumerate(listed)]


def _listed(scope: Scope, value: Any, path: str, at_least: int = 1) -> list[Any]:
    if not isinstance(value, list) or len(value) < at_least:
        raise scope.wrong(path, "needs a list")
    return value


OPERATIONS: dict[str, tuple[Operation, tuple[str, ...]]] = {
    "constant": (_constant, ()),
    "table": (_table, ("of", "default")),
    "date_of": (_date_of_parts, ()),
    "text": (_text, ()),
    "first": (_first, ()),
    "case": (_case, ("else",)),
    "band": (_band, ("bands",)),
    "add": (_add, ()),
    "years": (_years, ()),
    "before": (_before, ()),
    "list": (_list, ()),
    "record": (_record, ()),
    "for_columns": (_for_columns, ("item",)),
}
"""Every operation but the parsers, with the options that it takes."""
