"""A declaration bound to one file: columns become places, rules become closures, rows become events.

The engine makes one BoundInput per file; `check` binds to imaginary files, so that a mapping is wholly
checked before there is any. State between rows (running values, ordinals) lives here and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from services.door.mappings.conditions import compile_condition
from services.door.mappings.declaration import Declaration, DistinctRule, Format, Input
from services.door.mappings.expressions import compile_expression
from services.door.mappings.reading import RowFile, SourceRow
from services.door.mappings.rules import Rule, compile_rule
from services.door.mappings.scope import UNSET, CellProblem, Evaluate, RowScope, Scope, Test
from services.door.mappings.templates import as_text
from services.door.submission import Fields, Problem
from services.errors import MappingError

MAX_CASES = 5_000_000
MAX_LOOKUP_ROWS = 5_000_000
MAX_DISTINCT = 1_000_000

NO_EVENT = Problem(
    "no_event", "$", "no rule of the mapping makes an event of this row: add one, or leave it out"
)


class LookupTables:
    """The look-up files that were given, in memory by key."""

    def __init__(self, declaration: Declaration, file_name: str, paths: Mapping[str, Path]) -> None:
        self.headers: dict[str, list[str]] = {}
        self.rows: dict[str, dict[str, list[str]]] = {}
        self.sizes: dict[str, int] = {}
        for name, path in paths.items():
            self._load(declaration, file_name, name, path)

    def _load(self, declaration: Declaration, file_name: str, name: str, path: Path) -> None:
        lookup = declaration.lookups[name]
        file = RowFile(path, lookup.format or declaration.format)
        scope = Scope(file_name, columns_of(file, file_name, set()), _nulls(declaration, lookup.format))
        key = scope.column(lookup.key)
        counts = _condition(scope, lookup.where, f"lookups.{name}.where")
        rows: dict[str, list[str]] = {}
        read = 0
        for row in file.rows():
            if row.problem is not None:
                raise MappingError(
                    f"{path.name}: row {row.number}: {row.problem.reason}; a look-up must be whole"
                )
            read += 1
            if counts is not None and not counts(RowScope(row.cells, row.number, [], [])):
                continue
            value = row.cells[key].strip()
            if value in rows:
                raise MappingError(
                    f"{path.name}: row {row.number}: a second row with this {lookup.key}: not a key"
                )
            rows[value] = row.cells
            if len(rows) > MAX_LOOKUP_ROWS:
                raise MappingError(f"{path.name}: a look-up has at most {MAX_LOOKUP_ROWS:,} rows")
        self.headers[name], self.rows[name], self.sizes[path.name] = file.header, rows, read


class BoundInput:
    """One input file under its declaration, with the values carried from row to row."""

    def __init__(
        self,
        declaration: Declaration,
        name: str,
        file: RowFile,
        file_name: str,
        parameters: Mapping[str, object],
        tables: LookupTables,
        source: str,
    ) -> None:
        self.name = name
        self.file = file
        used: set[str] = set()
        one = declaration.inputs[name]
        scope = Scope(
            file_name, columns_of(file, file_name, used), _nulls(declaration, one.format), parameters,
            _tables(declaration),
        )  # fmt: skip
        plan = _Plan(declaration, name, scope, tables, source)
        self._plan = plan
        self._memory: list[dict[tuple[str, ...], object]] = []
        self.unused = [column for column in file.header if column not in used]
        self.restart()

    def restart(self) -> None:
        """Forget what was carried from row to row: the next row is the first."""
        self._memory = [{} for _ in self._plan.running]

    def map_row(self, row: SourceRow) -> tuple[tuple[Fields, ...], tuple[Problem, ...]]:
        """The events of a row, or every reason why it has none."""
        if row.problem is not None:
            return (), (Problem("mapping", "$", f"{row.problem.reason} ({row.problem.code})"),)
        problems: list[Problem] = []
        scope = self._scope_of(row, problems)
        if problems:
            return (), tuple(problems)
        events = []
        for rule in self._plan.rules:
            event = rule.make(scope, problems)
            if event is not None:
                events.append(event)
        if problems:
            return (), tuple(problems)
        return (tuple(events), ()) if events else ((), (NO_EVENT,))

    def distinct(self) -> Iterator[tuple[Fields | None, list[Problem]]]:
        """The registrations of `register_distinct`: one for each different value of its columns."""
        plan = self._plan
        if not plan.distinct:
            return
        seen: list[dict[tuple[str, ...], SourceRow]] = [{} for _ in plan.distinct]
        for row in self.file.rows():
            if row.problem is not None:
                continue
            for (places, _), first in zip(plan.distinct, seen, strict=True):
                key = tuple([row.cells[place].strip() for place in places])
                if key not in first and key[0] not in plan.nulls:
                    first[key] = row
                    if len(first) > MAX_DISTINCT:
                        raise MappingError(
                            f"{self.file.path.name}: more than {MAX_DISTINCT:,} different values"
                        )
        for (_, rule), first in zip(plan.distinct, seen, strict=True):
            for key in sorted(first):
                problems: list[Problem] = []
                event = rule.make(plan.empty(first[key]), problems)
                if event is not None or problems:
                    yield event, problems

    def _scope_of(self, row: SourceRow, problems: list[Problem]) -> RowScope:
        plan = self._plan
        scope = plan.empty(row)
        step = ""
        try:
            for place, (name, lookup, on, optional) in enumerate(plan.joins):
                step = name
                key = on(scope)
                found = None if key is None else lookup.get(str(key))
                if found is None and not optional:
                    raise CellProblem("not_joined", "no row of the look-up belongs to this one")
                scope.joined[place] = found
            moved: list[tuple[dict[tuple[str, ...], object], tuple[str, ...], object]] = []
            for (step, place, by, start, following), memory in zip(plan.running, self._memory, strict=True):
                key_cells = tuple([row.cells[column] for column in by])
                scope.before[step] = memory.get(key_cells, start)
                scope.memo[place] = following(scope)
                moved.append((memory, key_cells, scope.memo[place]))
        except CellProblem as problem:
            problems.append(Problem("mapping", step, f"{problem.reason} ({problem.code})"))
            return scope
        for memory, key_cells, value in moved:
            memory[key_cells] = value
            if len(memory) > MAX_CASES:
                raise MappingError(
                    f"{self.file.path.name}: more than {MAX_CASES:,} cases to carry values for"
                )
        return scope


class _Plan:
    """Everything of an input that was compiled, in the order in which it is worked out."""

    def __init__(
        self, declaration: Declaration, name: str, scope: Scope, tables: LookupTables, source: str
    ) -> None:
        one = declaration.inputs[name]
        path = f"inputs.{name}"
        self.nulls = scope.nulls
        self.joins: list[tuple[str, Mapping[str, list[str]], Evaluate, bool]] = []
        self.running: list[tuple[str, int, tuple[int, ...], object, Evaluate]] = []
        self._compile_joins(declaration, one, scope, tables, path)
        self._name_all(one, scope, path)
        self._compile_values(one, scope, path)
        self._compile_running(one, scope, path)
        entity = _legal_entity(declaration, scope)
        self.rules: list[Rule] = [
            compile_rule(scope, rule, f"{path}.rows[{n}]", source=source, legal_entity=entity)
            for n, rule in enumerate(one.rows)
        ]
        self.row_numbers = scope.uses_row_number
        self.distinct = [
            self._compile_distinct(declaration, scope, rule, f"{path}.register_distinct[{n}]", source)
            for n, rule in enumerate(one.register_distinct)
        ]

    def empty(self, row: SourceRow) -> RowScope:
        """The scope of a row before anything is worked out."""
        return RowScope(row.cells, row.number, [UNSET] * self._slots, [None] * len(self.joins))

    def _name_all(self, one: Input, scope: Scope, path: str) -> None:
        for name in (*one.ordinals, *one.running, *one.values):
            if name in scope.names or name in scope.parameters:
                raise scope.wrong(path, f"the name {name!r} is declared twice")
            scope.names[name] = len(scope.names)
        self._slots = len(scope.names)
        scope.running.update(one.running)

    def _compile_joins(
        self, declaration: Declaration, one: Input, scope: Scope, tables: LookupTables, path: str
    ) -> None:
        for place, (name, join) in enumerate(one.joins.items()):
            where = f"{path}.joins.{name}"
            if join.lookup not in declaration.lookups:
                raise scope.wanted(where, "look-up", join.lookup, declaration.lookups)
            on = compile_expression(scope, join.on, f"{where}.on")
            header = tables.headers.get(join.lookup)
            column = _numbering() if header is None else _column_in(header, join.lookup, scope.file_name)
            scope.joins[name] = (place, column, _nulls(declaration, declaration.lookups[join.lookup].format))
            self.joins.append((name, tables.rows.get(join.lookup, {}), on.evaluate, join.optional))

    def _compile_values(self, one: Input, scope: Scope, path: str) -> None:
        """Values see ordinals, running values and the values above them."""
        places = {name: scope.names.pop(name) for name in one.values}
        for name, node in one.values.items():
            compiled = compile_expression(scope, node, f"{path}.values.{name}")
            scope.names[name] = places[name]
            scope.values[name] = compiled

    def _compile_running(self, one: Input, scope: Scope, path: str) -> None:
        for name, ordinal in one.ordinals.items():
            where = f"{path}.ordinals.{name}"
            counts = _condition(scope, ordinal.when, f"{where}.when")
            by = tuple(scope.column(column) for column in ordinal.by)
            self.running.append((name, scope.names[name], by, 0, _counting(name, counts)))
        for name, running in one.running.items():
            where = f"{path}.running.{name}"
            start = compile_expression(scope, running.start, f"{where}.start")
            if not start.constant:
                raise scope.wrong(f"{where}.start", "a running value starts with a constant or a parameter")
            following = compile_expression(scope, running.next, f"{where}.next")
            by = tuple(scope.column(column) for column in running.by)
            self.running.append((name, scope.names[name], by, start.outcomes[0], following.evaluate))

    def _compile_distinct(
        self, declaration: Declaration, scope: Scope, rule: DistinctRule, path: str, source: str
    ) -> tuple[tuple[int, ...], Rule]:
        places = tuple(scope.column(column) for column in rule.by)

        def only_by(column: str) -> int:
            if column not in rule.by:
                raise scope.wrong(
                    path, f"{column!r} is not one of `by`: what is registered must follow from `by` alone"
                )
            return scope.column(column)

        narrow = Scope(scope.file_name, only_by, scope.nulls, scope.parameters, scope.tables)
        entity = _legal_entity(declaration, scope)
        return places, compile_rule(narrow, rule, path, source=source, legal_entity=entity)


def check(
    declaration: Declaration, file_name: str, defaults: Mapping[str, object], source: str
) -> frozenset[str]:
    """Compile everything against imaginary files; the names of inputs that are keyed by row number."""
    tables = LookupTables(declaration, file_name, {})
    bind_registrations(declaration, file_name, defaults, source)
    for name, lookup in declaration.lookups.items():
        scope = Scope(file_name, _numbering(), _nulls(declaration, lookup.format))
        _condition(scope, lookup.where, f"lookups.{name}.where")
    numbered = set()
    for name, one in declaration.inputs.items():
        scope = Scope(
            file_name, _numbering(), _nulls(declaration, one.format), defaults, _tables(declaration)
        )
        if _Plan(declaration, name, scope, tables, source).row_numbers:
            numbered.add(name)
    return frozenset(numbered)


def bind_registrations(
    declaration: Declaration, file_name: str, parameters: Mapping[str, object], source: str
) -> list[Rule]:
    """The events of the section `register`, which no row gives anything to."""

    def no_column(column: str) -> int:
        raise MappingError(f"{file_name}: register: {column!r} is a column, and a registration has no row")

    scope = Scope(file_name, no_column, frozenset({""}), parameters, _tables(declaration))
    entity = _legal_entity(declaration, scope)
    return [
        compile_rule(scope, rule, f"register[{n}]", source=source, legal_entity=entity)
        for n, rule in enumerate(declaration.register_first)
    ]


def empty_row() -> RowScope:
    """The row of an event that has none."""
    return RowScope([], 0, [], [])


def columns_of(file: RowFile, file_name: str, used: set[str]) -> Callable[[str], int]:
    """How a column's name becomes its place in this file; `used` collects what was asked for."""
    find = _column_in(file.header, file.path.name, file_name)

    def place(column: str) -> int:
        used.add(column)
        return find(column)

    return place


def _column_in(header: list[str], where: str, file_name: str) -> Callable[[str], int]:
    places = {name: place for place, name in enumerate(header)}

    def place(column: str) -> int:
        if column not in places:
            names = ", ".join(header[:40])
            raise MappingError(f"{file_name}: {where} has no column {column!r}; it has {names}")
        return places[column]

    return place


def _numbering() -> Callable[[str], int]:
    """Columns of a file that is not there yet: any name will do."""
    places: dict[str, int] = {}
    return lambda column: places.setdefault(column, len(places))


def _legal_entity(declaration: Declaration, scope: Scope) -> str:
    found = compile_expression(scope, declaration.legal_entity, "legal_entity")
    if not found.constant:
        raise scope.wrong("legal_entity", "it is one for the whole file: a constant or a parameter")
    return str(found.outcomes[0])


def _condition(scope: Scope, node: dict[str, object] | None, path: str) -> Test | None:
    return None if node is None else compile_condition(scope, node, path, compile_expression)


def _counting(name: str, counts: Test | None) -> Evaluate:
    def following(row: RowScope) -> object:
        so_far = row.before[name]
        assert isinstance(so_far, int)
        return so_far + 1 if counts is None or counts(row) else so_far

    return following


def _nulls(declaration: Declaration, form: Format | None) -> frozenset[str]:
    return frozenset((form or declaration.format).blank)


def _tables(declaration: Declaration) -> dict[str, dict[str, object]]:

    return {
        name: {as_text(key): value for key, value in table.items()}
        for name, table in declaration.tables.items()
    }
