"""What a mapping file may say: its sections as strict models, and the YAML it is written in.

Read by the engine only. Expressions and conditions stay plain values here; expressions.py and conditions.py
give them their meaning. A word that is not in these models is refused, never skipped.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.errors import MappingError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
MappingName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]

SHIPPED = ("bank-survey", "berka", "bpi2012", "cfpb", "uci-bank")
"""The mappings that come with Daybook; each lies beside this module."""

MAX_FILE_BYTES = 1_000_000


class Section(BaseModel):
    """Base of every section: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Format(Section):
    """How a file is written. `header: true` means that the first line names the columns."""

    kind: Literal["csv", "jsonl"] = "csv"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    encoding: str = "utf-8"
    header: bool | list[str] = True
    blank: list[str] = [""]

    @model_validator(mode="after")
    def _columns_are_named(self) -> "Format":
        if self.kind == "csv" and self.header is False:
            raise ValueError("header: give true, or the list of column names where the file has none")
        return self


class Parameter(Section):
    """A value that whoever imports may set with `--set NAME=VALUE`."""

    about: str
    kind: Literal["text", "integer", "date"] = "text"
    default: str | int | None = None
    choices: list[str | int] = []


class Lookup(Section):
    """A file that rows are joined to: held in memory by its key, one row per key."""

    match: str
    format: Format | None = None
    key: str
    where: dict[str, Any] | None = None


class Join(Section):
    """The row of a look-up that belongs to the row at hand."""

    lookup: str
    on: Any
    optional: bool = False


class Running(Section):
    """A value carried from row to row, within `by` if given; `next` sees the last one as `before`."""

    start: Any
    next: Any
    by: list[str] = []


class Ordinal(Section):
    """How many rows of the same case, up to this one, met the condition."""

    by: list[str]
    when: dict[str, Any] | None = None


class EventRule(Section):
    """One event: when there is one, of which type, under which id, when it happened, and what it says."""

    type: str
    id: str
    when: dict[str, Any] | None = None
    date: Any = None
    time: Any = None
    undated: bool = False
    derived: str | None = None
    recorded: Any = None
    data: dict[str, Any]

    @model_validator(mode="after")
    def _happened_once(self) -> "EventRule":
        if (self.date is not None) + (self.time is not None) + self.undated != 1:
            raise ValueError("exactly one of date, time and undated: true says when it happened")
        return self


class DistinctRule(EventRule):
    """An event sent once, before the rows, for every different value of the columns `by`."""

    by: Annotated[list[str], Field(min_length=1)]


class Input(Section):
    """A file whose rows become events."""

    match: str = "*"
    format: Format | None = None
    joins: dict[Name, Join] = {}
    values: dict[Name, Any] = {}
    running: dict[Name, Running] = {}
    ordinals: dict[Name, Ordinal] = {}
    register_distinct: list[DistinctRule] = []
    rows: Annotated[list[EventRule], Field(min_length=1)]


class Ignored(Section):
    """A file that comes with the others and is left out, with the reason."""

    match: str
    reason: str


class Declaration(Section):
    """A whole mapping file."""

    name: MappingName
    version: Annotated[int, Field(ge=1)]
    about: str
    legal_entity: str
    corrects: bool = False
    format: Format = Format()
    parameters: dict[Name, Parameter] = {}
    tables: dict[Name, dict[str | int | bool, Any]] = {}
    lookups: dict[Name, Lookup] = {}
    inputs: Annotated[dict[Name, Input], Field(min_length=1)]
    ignored: list[Ignored] = []
    register_first: list[EventRule] = Field(default=[], alias="register")

    @model_validator(mode="after")
    def _is_no_event(self) -> "Declaration":
        if self.name == "event":
            raise ValueError("name: `event` means a CloudEvent in the quarantine; choose another")
        return self


def read_declaration(name_or_path: str | Path) -> tuple[Declaration, Path]:
    """The mapping of a shipped name, or in a user's own file; MappingError names file, path and rule."""
    path = find_mapping(name_or_path)
    if path.stat().st_size > MAX_FILE_BYTES:
        raise MappingError(f"{path.name}: a mapping file has at most {MAX_FILE_BYTES:,} bytes")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(f"{path.name}: this is not YAML that can be read: {error}") from error
    if not isinstance(content, dict):
        raise MappingError(f"{path.name}: a mapping file is a set of sections: name, version, inputs, …")
    try:
        return Declaration.model_validate(content), path
    except ValidationError as error:
        raise MappingError(_explain(path.name, error)) from error


def strict_yaml(text: str) -> Any:
    """YAML 1.2's idea of a scalar: yes, no and 2017-01-01 are texts; a key stands once."""
    return yaml.load(text, Loader=_StrictLoader)


def find_mapping(name_or_path: str | Path) -> Path:
    """The file of a shipped mapping or the path itself."""
    text = str(name_or_path)
    if text in SHIPPED:
        return Path(__file__).with_name(f"{text}.yaml")
    path = Path(text)
    if path.is_file():
        return path
    raise MappingError(
        f"{text}: no shipped mapping has this name and no file this path;"
        f" shipped are {', '.join(SHIPPED)}, a path of your own ends in .yaml"
    )


def _explain(file_name: str, error: ValidationError) -> str:
    lines = []
    for detail in error.errors()[:10]:
        where = ".".join(str(part) for part in detail["loc"]) or "the file"
        lines.append(f"{file_name}: {where}: {detail['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


class _StrictLoader(yaml.SafeLoader):
    """The safe loader with fewer scalars and no repeated keys."""


_StrictLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", ["t", "f"]),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    ("merge", r"^(?:<<)$", ["<"]),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def _mapping_without_repeats(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key.value!r} stands twice", key.start_mark
            )
        seen.add(key.value)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor("tag:yaml.org,2002:map", _mapping_without_repeats)
