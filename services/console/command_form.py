"""Forms from commands: the fields that a desk's command asks for, and what somebody typed as its JSON body.

Views render `fields_of` with templates/complaints/form.html and send what `read_form` gives to the counter.
Only what a form can judge is judged here (something is missing, no number); every rule is the desk's.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import msgspec
from babel.numbers import get_currency_precision
from msgspec import inspect

Typed = Mapping[str, Sequence[str]]
"""What a form sent, or what it begins with: texts by the name of the field."""

Kind = Literal[
    "text", "long", "lines", "date", "number", "money", "check", "choice", "yes_no", "group", "refs"
]

LONG_TEXT = 1_000
"""A text that may be longer is a box of its own."""

MOST_ROWS = 8
CURRENCY = "currency"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field as a page shows it. `name` is unique in the form, `label` the name within its group; `rows` are
    those of a group that repeats, each with its fields."""

    name: str
    label: str
    kind: Kind
    required: bool
    value: str = ""
    options: tuple[str, ...] = ()
    longest: int | None = None
    error: str = ""
    rows: tuple[tuple["Field", ...], ...] = ()


def fields_of(
    command: type[msgspec.Struct], typed: Typed, errors: Mapping[str, str] | None = None
) -> tuple[Field, ...]:
    """The fields of a command in its order, with what they hold and what is wrong with them."""
    found = errors or {}
    known = inspect.type_info(command)
    assert isinstance(known, inspect.StructType)
    return tuple(_field(one, "", typed, found) for one in known.fields)


def read_form(command: type[msgspec.Struct], typed: Typed) -> tuple[dict[str, Any], dict[str, str]]:
    """The body of a command, without what was left empty; and by field what keeps it from being one."""
    known = inspect.type_info(command)
    assert isinstance(known, inspect.StructType)
    errors: dict[str, str] = {}
    body = _read_struct(known, "", typed, errors)
    return body, errors


def begun(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """What a form begins with, from values as JSON has them."""
    return {name: texts for key, value in values.items() for name, texts in _texts(key, value)}


def _texts(name: str, value: Any) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(f"{name}.{key}", inner)
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for place, one in enumerate(value):
            yield from _texts(f"{name}.{place}", one)
    elif isinstance(value, list | tuple):
        yield name, ["\n".join(str(one) for one in value)]
    elif isinstance(value, bool):
        yield name, ["true" if value else "false"]
    elif value is not None:
        yield name, [str(value)]


def _field(one: inspect.Field, prefix: str, typed: Typed, errors: Mapping[str, str]) -> Field:
    name, form = f"{prefix}{one.encode_name}", _bare(one.type)
    kind, required = _kind(one, form), one.required
    rows: tuple[tuple[Field, ...], ...] = ()
    if kind == "group":
        struct = _struct_of(form)
        rows = tuple(
            tuple(_field(inner, f"{name}{part}.", typed, errors) for inner in struct.fields)
            for part in _parts(form, name, typed)
        )
    return Field(
        name=name,
        label=one.encode_name,
        kind=kind,
        required=required,
        value=_typed(typed, name),
        options=tuple(str(value) for value in form.values) if isinstance(form, inspect.LiteralType) else (),
        longest=form.max_length if isinstance(form, inspect.StrType) else None,
        error=errors.get(name, ""),
        rows=rows,
    )


def _kind(one: inspect.Field, form: inspect.Type) -> Kind:
    if isinstance(form, inspect.LiteralType):
        return "choice"
    if isinstance(form, inspect.BoolType):
        return "check" if one.default is False else "yes_no"
    if isinstance(form, inspect.DateType):
        return "date"
    if isinstance(form, inspect.IntType):
        return "money" if one.encode_name.endswith("_minor") else "number"
    if isinstance(form, inspect.StructType):
        return "group"
    if isinstance(form, inspect.VarTupleType):
        inner = _bare(form.item_type)
        if isinstance(inner, inspect.StructType):
            return "refs" if {part.name for part in inner.fields} == {"source", "id"} else "group"
        return "lines"
    long = isinstance(form, inspect.StrType) and (form.max_length or 0) > LONG_TEXT
    return "long" if long else "text"


def _bare(form: inspect.Type) -> inspect.Type:
    """The type without `None` and without what is only said about it."""
    if isinstance(form, inspect.Metadata):
        return _bare(form.type)
    if isinstance(form, inspect.UnionType):
        return _bare(next(one for one in form.types if not isinstance(one, inspect.NoneType)))
    return form


def _struct_of(form: inspect.Type) -> inspect.StructType:
    inner = _bare(form.item_type) if isinstance(form, inspect.VarTupleType) else form
    assert isinstance(inner, inspect.StructType)
    return inner


def _parts(form: inspect.Type, name: str, typed: Typed) -> list[str]:
    """The rows of a group: those that hold something, and an empty one more where it repeats."""
    if isinstance(form, inspect.StructType):
        return [""]
    return [f".{place}" for place in range(min(_count(name, typed) + 1, MOST_ROWS))]


def _count(name: str, typed: Typed) -> int:
    places = [
        int(key[len(name) + 1 :].partition(".")[0])
        for key, texts in typed.items()
        if key.startswith(f"{name}.")
        and key[len(name) + 1 :].partition(".")[0].isdigit()
        and any(text.strip() for text in texts)
    ]
    return min(max(places, default=-1) + 1, MOST_ROWS)


def _typed(typed: Typed, name: str) -> str:
    texts = typed.get(name, ())
    return texts[-1] if texts else ""


def _read_struct(
    struct: inspect.StructType, prefix: str, typed: Typed, errors: dict[str, str]
) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for one in struct.fields:
        name, form = f"{prefix}{one.encode_name}", _bare(one.type)
        value = _read_field(one, name, form, typed, errors)
        if value is not None:
            body[one.encode_name] = value
        elif one.required and name not in errors:
            errors[name] = "This is needed."
    return body


def _read_field(
    one: inspect.Field, name: str, form: inspect.Type, typed: Typed, errors: dict[str, str]
) -> Any:
    """The value of a field; None if nothing was typed, or if it is noted as wrong."""
    kind, text = _kind(one, form), _typed(typed, name).replace("\r\n", "\n").strip()
    if kind == "group":
        return _read_group(form, name, typed, errors)
    if kind == "check":
        return True if text else None
    if not text:
        return None
    if kind == "yes_no":
        return text == "true"
    if kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if kind == "refs":
        return _references(name, text, errors)
    if kind == "date":
        return _day(name, text, errors)
    if kind == "number":
        return _whole(name, text, errors)
    if kind == "money":
        return _minor(name, text, _typed(typed, CURRENCY), errors)
    return text


def _read_group(form: inspect.Type, name: str, typed: Typed, errors: dict[str, str]) -> Any:
    struct = _struct_of(form)
    if isinstance(form, inspect.StructType):
        held = any(key.startswith(f"{name}.") and _typed(typed, key).strip() for key in typed)
        return _read_struct(struct, f"{name}.", typed, errors) if held else None
    rows = []
    for place in range(_count(name, typed)):
        prefix = f"{name}.{place}."
        if any(key.startswith(prefix) and _typed(typed, key).strip() for key in typed):
            rows.append(_read_struct(struct, prefix, typed, errors))
    return rows or None


def _references(name: str, text: str, errors: dict[str, str]) -> list[dict[str, str]] | None:
    """Entries, one a line: its source, a space, its id."""
    lines = [line.split() for line in text.split("\n") if line.strip()]
    if any(len(parts) != 2 for parts in lines):
        errors[name] = "Write one entry a line: its source, a space, its id."
        return None
    return [{"source": source, "id": identifier} for source, identifier in lines]


def _day(name: str, text: str, errors: dict[str, str]) -> str | None:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        errors[name] = "Write a day such as 2026-05-04."
        return None


def _whole(name: str, text: str, errors: dict[str, str]) -> int | None:
    if not text.isdecimal():
        errors[name] = "Write a whole number."
        return None
    return int(text)


def _minor(name: str, text: str, currency: str, errors: dict[str, str]) -> int | None:
    """An amount as people write it, in the smallest unit of the currency that the form names."""
    try:
        amount = Decimal(text.replace(",", "").replace(" ", ""))
        minor = amount.scaleb(get_currency_precision(currency.strip().upper() or "EUR"))
        if not minor.is_finite() or minor < 0 or minor != minor.to_integral_value():
            raise InvalidOperation
    except InvalidOperation:
        errors[name] = "Write an amount such as 1250.00."
        return None
    return int(minor)
