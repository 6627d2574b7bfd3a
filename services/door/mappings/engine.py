"""The mapping engine: a declaration and files in, registrations and mapped rows out, in a stream.

`services/door/importing.py` is its caller. The same file under the same mapping gives the same events, byte
for byte. The engine appends nothing and judges no event: that is the door's.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Bindings
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from services.door.mappings import binding
from services.door.mappings.declaration import Declaration, Parameter, read_declaration
from services.door.mappings.reading import RowFile
from services.door.submission import Fields, Problem
from services.errors import MappingError


class MappedRow(NamedTuple):
    """A row and its events, or the reasons why it has none. Row 0 is a registration, which has no row."""

    input: str
    file_name: str
    number: int
    raw: bytes
    events: tuple[Fields, ...]
    problems: tuple[Problem, ...]


class Derivation(NamedTuple):
    """An event type whose date or time is not in the file but follows from it, and how."""

    type: str
    derived: str


@dataclass(frozen=True)
class Mapping:
    """A mapping file, checked against the catalogue. `open` binds it to files."""

    declaration: Declaration
    path: Path
    row_numbers: frozenset[str]
    """Inputs whose rows have no key of their own, so that the row number makes the id."""

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def source(self) -> str:
        """Under which source its events are sent."""
        return source_of(self.declaration)

    @property
    def corrects(self) -> bool:
        return self.declaration.corrects

    def derivations(self) -> tuple[Derivation, ...]:
        """Every event type whose time is derived, said once."""
        rules = [
            rule for one in self.declaration.inputs.values() for rule in (*one.register_distinct, *one.rows)
        ]
        said = {Derivation(rule.type, rule.derived): None for rule in rules if rule.derived}
        return tuple(said)

    def open(
        self, files: Sequence[str | Path], parameters: Bindings[str, str] | None = None
    ) -> "OpenMapping":
        """Bind the mapping to files, each by its name; MappingError for a file too many or too few, a column
        that is not there, or a parameter that does not fit."""
        values = read_parameters(self.declaration, parameters or {}, self.path.name)
        return OpenMapping(self, values, route(self.declaration, [Path(file) for file in files], self))


@dataclass
class Routed:
    """Which file feeds which input and look-up."""

    inputs: list[tuple[str, Path]] = field(default_factory=list)
    lookups: dict[str, Path] = field(default_factory=dict)
    ignored: list[tuple[str, str]] = field(default_factory=list)


class OpenMapping:
    """A mapping bound to its files. Rows may be read again and give the same."""

    def __init__(self, mapping: Mapping, parameters: Bindings[str, object], routed: Routed) -> None:
        self.mapping = mapping
        self.routed = routed
        declaration = mapping.declaration
        tables = binding.LookupTables(declaration, mapping.path.name, routed.lookups)
        self.lookup_rows: dict[str, int] = tables.sizes
        self._fixed = binding.bind_registrations(declaration, mapping.path.name, parameters, mapping.source)
        self._bound = [
            binding.BoundInput(
                declaration, name, RowFile(path, declaration.inputs[name].format or declaration.format),
                mapping.path.name, parameters, tables, mapping.source,
            )
            for name, path in routed.inputs
        ]  # fmt: skip

    def unused_columns(self) -> dict[str, list[str]]:
        """Per file, the columns that the mapping does not read."""
        return {bound.file.path.name: bound.unused for bound in self._bound if bound.unused}

    def registrations(self) -> Iterator[MappedRow]:
        """What is registered first: the fixed events, then one per different value, in the values' order."""
        for rule in self._fixed:
            problems: list[Problem] = []
            event = rule.make(binding.empty_row(), problems)
            yield MappedRow("register", "", 0, b"", () if event is None else (event,), tuple(problems))
        for bound in self._bound:
            for event, problems in bound.distinct():
                found = () if event is None else (event,)
                yield MappedRow(bound.name, bound.file.path.name, 0, b"", found, tuple(problems))

    def rows(self) -> Iterator[MappedRow]:
        """Every row of every input, in the order of the mapping's inputs and the files' own."""
        for bound in self._bound:
            file_name, name = bound.file.path.name, bound.name
            bound.restart()
            for row in bound.file.rows():
                events, problems = bound.map_row(row)
                yield MappedRow(name, file_name, row.number, row.raw, events, problems)


def load_mapping(name_or_path: str | Path) -> Mapping:
    """A shipped mapping by name or a user's own by path, wholly checked; MappingError says what is wrong."""
    declaration, path = read_declaration(name_or_path)
    defaults = {
        name: _read_parameter(name, parameter, parameter.default, path.name)
        for name, parameter in declaration.parameters.items()
    }
    return Mapping(declaration, path, binding.check(declaration, path.name, defaults, source_of(declaration)))


def source_of(declaration: Declaration) -> str:
    """Every imported set is its own source."""
    return f"urn:daybook:import:{declaration.name}"


def read_parameters(declaration: Declaration, given: Bindings[str, str], file_name: str) -> dict[str, object]:
    """The parameters of one import: what was set, else the defaults."""
    for name in given:
        if name not in declaration.parameters:
            choice = ", ".join(sorted(declaration.parameters)) or "none"
            raise MappingError(f"{file_name}: --set {name}: there is no such parameter; there is {choice}")
    values: dict[str, object] = {}
    for name, parameter in declaration.parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            raise MappingError(
                f"{file_name}: the parameter {name!r} has no default: --set {name}=… ({parameter.about})"
            )
        values[name] = _read_parameter(name, parameter, value, file_name)
    return values


def route(declaration: Declaration, files: Sequence[Path], mapping: Mapping) -> Routed:
    """Give each file to the inputs and look-ups whose `match` fits its name."""
    routed = Routed()
    for path in files:
        takers = [name for name, one in declaration.inputs.items() if _fits(path, one.match)]
        lookups = [name for name, lookup in declaration.lookups.items() if _fits(path, lookup.match)]
        left_out = [one.reason for one in declaration.ignored if _fits(path, one.match)]
        if takers or lookups:
            routed.inputs += [(name, path) for name in takers]
            for name in lookups:
                if name in routed.lookups:
                    raise MappingError(
                        f"{path.name}: the look-up {name!r} already has {routed.lookups[name].name}"
                    )
                routed.lookups[name] = path
        elif left_out:
            routed.ignored.append((path.name, left_out[0]))
        else:
            raise MappingError(
                f"{path.name}: {declaration.name} takes no such file; it takes {_takes(declaration)}"
            )
    if not routed.inputs:
        raise MappingError(
            f"{declaration.name}: none of the files holds rows to import; it takes {_takes(declaration)}"
        )
    order = list(declaration.inputs)
    routed.inputs.sort(key=lambda pair: order.index(pair[0]))
    _check_complete(declaration, routed, mapping)
    return routed


def _check_complete(declaration: Declaration, routed: Routed, mapping: Mapping) -> None:
    names = [name for name, _ in routed.inputs]
    for name in dict.fromkeys(names):
        if name in mapping.row_numbers and names.count(name) > 1:
            raise MappingError(
                f"{declaration.name}: rows of {name!r} have no key but their number, so it takes one file:"
                " the second would use the numbers of the first again"
            )
        for join in declaration.inputs[name].joins.values():
            if join.lookup not in routed.lookups:
                match = declaration.lookups[join.lookup].match
                raise MappingError(
                    f"{declaration.name}: {name!r} is joined to {join.lookup!r}: give the file {match} too"
                )


def _fits(path: Path, pattern: str) -> bool:
    name = path.name.lower().removesuffix(".gz")
    return fnmatchcase(name, pattern.lower()) or fnmatchcase(path.name.lower(), pattern.lower())


def _takes(declaration: Declaration) -> str:
    patterns = [one.match for one in declaration.inputs.values()]
    patterns.extend(lookup.match for lookup in declaration.lookups.values())
    return ", ".join(dict.fromkeys(patterns))


def _read_parameter(name: str, parameter: Parameter, value: str | int | None, file_name: str) -> object:
    if value is None:
        return None
    if parameter.choices and str(value) not in {str(choice) for choice in parameter.choices}:
        choice = ", ".join(str(one) for one in parameter.choices)
        raise MappingError(f"{file_name}: the parameter {name!r} is one of {choice}, not {value!r}")
    try:
        if parameter.kind == "integer":
            return int(value)
        if parameter.kind == "date":
            return dt.date.fromisoformat(str(value))
    except ValueError:
        raise MappingError(
            f"{file_name}: the parameter {name!r} is a {parameter.kind}, not {value!r}"
        ) from None
    return str(value)
