"""Conditions: when a row yields an event, when a branch is taken, which look-up rows count.

Compiled once per file, like expressions, by whoever compiles those; a condition on a null is false, but for
`present: false` and `not`.
"""

import re
from collections.abc import Callable
from typing import Any

from services.door.mappings.scope import CellProblem, Compiled, RowScope, Scope, Test

CompileExpression = Callable[[Scope, Any, str], Compiled]

COMPARISONS = ("equals", "in", "present", "matches", "at_least", "below")
COMBINATIONS = ("all", "any", "not")


def compile_condition(scope: Scope, node: Any, path: str, compile_expression: CompileExpression) -> Test:
    """A test of a row; MappingError for a condition that makes no sense."""
    if not isinstance(node, dict):
        raise scope.wrong(path, "a condition has `of` and one comparison, or one of all, any, not")
    combined = [word for word in COMBINATIONS if word in node]
    if combined:
        return _combined(scope, node, combined[0], path, compile_expression)
    named = [word for word in COMPARISONS if word in node]
    if len(named) != 1 or set(node) != {"of", named[0]}:
        raise scope.wrong(path, f"a condition has `of` and exactly one of {', '.join(COMPARISONS)}")
    of = compile_expression(scope, node["of"], f"{path}.of")
    return _comparison(scope, named[0], of, node[named[0]], f"{path}.{named[0]}", compile_expression)


def _combined(scope: Scope, node: Any, word: str, path: str, compile_expression: CompileExpression) -> Test:
    if len(node) != 1:
        raise scope.wrong(path, f"{word} stands alone in its condition")
    if word == "not":
        inner = compile_condition(scope, node[word], f"{path}.not", compile_expression)
        return lambda row: not inner(row)
    parts = node[word]
    if not isinstance(parts, list) or not parts:
        raise scope.wrong(path, f"{word} needs a list of conditions")
    tests = [
        compile_condition(scope, part, f"{path}.{word}[{n}]", compile_expression)
        for n, part in enumerate(parts)
    ]
    if word == "all":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _comparison(
    scope: Scope, word: str, of: Compiled, against: Any, path: str, compile_expression: CompileExpression
) -> Test:
    value_of = of.evaluate
    if word == "present":
        if not isinstance(against, bool):
            raise scope.wrong(path, "present is true or false")
        return lambda row: (value_of(row) is not None) is against
    if word == "in":
        if not isinstance(against, list) or not all(isinstance(one, str | int) for one in against):
            raise scope.wrong(path, "in needs a list of texts or numbers")
        choices = frozenset(against)
        return lambda row: value_of(row) in choices
    if word == "matches":
        return _matches(scope, of, against, path)
    other = compile_expression(scope, against, path)
    if word == "equals":
        return _equals(of, other)
    return _ordered(of, other, word)


def _matches(scope: Scope, of: Compiled, pattern: Any, path: str) -> Test:
    try:
        found = re.compile(pattern).search
    except (re.error, TypeError) as error:
        raise scope.wrong(path, f"{pattern!r} is no regular expression: {error}") from None
    value_of = of.evaluate

    def test(row: RowScope) -> bool:
        value = value_of(row)
        return value is not None and found(str(value)) is not None

    return test


def _equals(of: Compiled, other: Compiled) -> Test:
    value_of = of.evaluate
    if other.constant:
        wanted = other.outcomes[0]
        return lambda row: value_of(row) == wanted
    other_of = other.evaluate

    def test(row: RowScope) -> bool:
        value = value_of(row)
        return value is not None and value == other_of(row)

    return test


def _ordered(of: Compiled, other: Compiled, word: str) -> Test:
    value_of, other_of, below = of.evaluate, other.evaluate, word == "below"

    def test(row: RowScope) -> bool:
        value, limit = value_of(row), other_of(row)
        if value is None or limit is None:
            return False
        try:
            less = value < limit  # type: ignore[operator]
        except TypeError:
            raise CellProblem("not_comparable", f"{of.says} cannot be compared with {other.says}") from None
        return bool(less) is below

    return test
