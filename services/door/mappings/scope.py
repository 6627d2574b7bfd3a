"""What an expression sees of a row, what it compiles to, and how it says that a cell does not fit.

Used by expressions.py, conditions.py and the engine. A problem names the column and the rule, never the
content of the cell: cells may hold personal data, and problems are shown in clear.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.errors import MappingError

UNSET = object()
"""Marks a value that has not been worked out for this row."""


class RowScope:
    """One row while it is mapped: its cells, number, named values, joined rows, and running values before."""

    __slots__ = ("before", "cells", "joined", "memo", "number")

    def __init__(self, cells: list[str], number: int, memo: list[object], joined: list[object]) -> None:
        self.cells = cells
        self.number = number
        self.memo = memo
        self.joined = joined
        self.before: dict[str, object] = {}


Evaluate = Callable[[RowScope], object]
Test = Callable[[RowScope], bool]


class CellProblem(Exception):
    """A cell that does not fit a rule of the mapping; the row is refused with it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Compiled:
    """An expression ready to run.

    `says` is how messages call it. `outcomes` are the constants that it may give, which are checked when the
    file is loaded; `constant` means that it gives nothing else. `record` and `items` show its shape.
    """

    evaluate: Evaluate
    says: str
    outcomes: tuple[object, ...] = ()
    constant: bool = False
    record: Mapping[str, "Compiled"] | None = None
    items: "tuple[Compiled, ...] | None" = None


@dataclass
class Scope:
    """What the expressions of one input may refer to, and how a column's name becomes its place.

    `column` answers the place of a column or raises MappingError; it also notes what was asked for.
    """

    file_name: str
    column: Callable[[str], int]
    nulls: frozenset[str] = frozenset({""})
    parameters: Mapping[str, object] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    values: dict[str, Compiled] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    joins: dict[str, tuple[int, Callable[[str], int], frozenset[str]]] = field(default_factory=dict)
    uses_row_number: bool = False

    def wrong(self, path: str, rule: str) -> MappingError:
        """The error for a place in the mapping file."""
        return MappingError(f"{self.file_name}: {path}: {rule}")

    def wanted(
        self, path: str, what: str, name: str, known: "Mapping[str, object] | set[str]"
    ) -> MappingError:
        """The error for a name that is declared nowhere."""
        choice = ", ".join(sorted(known)) or "none"
        return self.wrong(path, f"no {what} {name!r} is declared; there is {choice}")


def constant(value: object) -> Compiled:
    """An expression that always gives `value`."""
    return Compiled(lambda row: value, repr(value), (value,), True)
