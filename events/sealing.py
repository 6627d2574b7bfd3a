"""Sealed fields: how a struct says that a field holds personal data, and the two forms of an event.

A struct declares the *stored* form: `Sealed[str]` holds a token or the marker `dropped`. The *sent*
form, made here, has the clear type in its place, lacks what the door stamps, and checks what a reader of the
journal need not check again: the shape of ids and codes, and that money has a currency. Keys and ciphers
live in services/privacy; this module must never see either.
"""

from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    NamedTuple,
    NewType,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

import msgspec

from events.envelope import END, ID_PATTERN, SENT_PATTERN, Event

T = TypeVar("T")

DROPPED = "dropped"
"""Stands in a sealed field whose subject had been shredded before the event was admitted."""

TOKEN_PATTERN = r"^(dropped|siv1\.[A-Za-z0-9_-]+\.[a-z_.0-9]+\.[a-z_0-9]+\.[A-Za-z0-9_-]+)$"
"""algorithm . key id . type and field it was sealed under . ciphertext (base64url)."""

STAMPED_FIELDS = ("known",)
"""Fields that only the door may fill in."""

if TYPE_CHECKING:

    class Sealed(str, Generic[T]):
        """A token that hides a value of type T."""

else:

    class Sealed:
        """`Sealed[T]` is a token (a string) in the stored form and a T in the sent form."""

        def __class_getitem__(cls, clear: Any) -> Any:
            return Annotated[
                str, msgspec.Meta(extra_json_schema={"pattern": TOKEN_PATTERN}, extra={"sealed": clear})
            ]


class Token(NamedTuple):
    """The readable parts of a sealed value; `names` are the type and field it was sealed under."""

    algorithm: str
    key_id: str
    type_name: str
    field: str
    ciphertext: str

    def __str__(self) -> str:
        return ".".join(self)


def parse_token(text: str) -> Token | None:
    """Split a stored token; None for the marker `dropped`. The type name itself holds one dot."""
    if text == DROPPED:
        return None
    algorithm, key_id, family, rest, field, ciphertext = text.split(".")
    return Token(algorithm, key_id, f"{family}.{rest}", field, ciphertext)


def sealed_fields(struct: type[Event]) -> tuple[str, ...]:
    """Names of the fields of a struct that are stored as tokens, in field order."""
    return tuple(
        field.name for field in msgspec.structs.fields(struct) if _clear_type(field.type) is not None
    )


def sent_form(struct: type[Event]) -> type[msgspec.Struct]:
    """The struct that a sender fills in: clear types for sealed fields, nothing that the door stamps."""
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in msgspec.structs.fields(struct):
        if field.name in STAMPED_FIELDS:
            continue
        clear = _clear_type(field.type)
        annotation = _strict(field.type if clear is None else clear)
        if field.default is not msgspec.NODEFAULT:
            fields.append((field.name, annotation, field.default))
        else:
            fields.append((field.name, annotation))
    return msgspec.defstruct(
        struct.__name__,
        fields,
        module=struct.__module__,
        frozen=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
        namespace={"__doc__": struct.__doc__, **_money_check(struct)},
    )


def _money_check(struct: type[Event]) -> dict[str, Any]:
    """What makes a sent form refuse an amount without its currency."""
    amounts = tuple(name for name in struct.__struct_fields__ if name.endswith("_minor"))

    def __post_init__(self: Any) -> None:
        if self.currency is not None:
            return
        stated = [name for name in amounts if getattr(self, name) is not None]
        if stated:
            raise ValueError(f"{stated[0]} needs a currency: amounts are minor units of an ISO 4217 currency")

    return {"__post_init__": __post_init__} if amounts else {}


def _strict(annotation: Any) -> Any:
    """The same type with the checks that only the sent form makes: ids namespaced, codes in their pattern."""
    if isinstance(annotation, NewType):
        return Annotated[annotation, msgspec.Meta(pattern=f"^{ID_PATTERN}{END}")]
    origin, arms = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for meta in arms[1:]:
            if isinstance(meta, msgspec.Meta) and meta.extra and SENT_PATTERN in meta.extra:
                return Annotated[annotation, msgspec.Meta(pattern=meta.extra[SENT_PATTERN])]
        return annotation
    if origin is tuple:
        items = [arm if arm is Ellipsis else _strict(arm) for arm in arms]
        return tuple.__class_getitem__(tuple(items))
    if type(None) in arms:
        return Union[tuple(_strict(arm) for arm in arms)]  # noqa: UP007 (built from a value)
    return annotation


def _clear_type(annotation: Any) -> Any | None:
    """The clear type behind `Sealed[T]` or `Sealed[T] | None`; None if the annotation hides nothing."""
    origin = get_origin(annotation)
    if origin is Annotated:
        for meta in get_args(annotation)[1:]:
            if isinstance(meta, msgspec.Meta) and meta.extra and "sealed" in meta.extra:
                return meta.extra["sealed"]
        return None
    arms = get_args(annotation)
    clear = [_clear_type(arm) for arm in arms] if origin is not None and type(None) in arms else []
    for hidden in clear:
        if hidden is not None:
            return Union[hidden, None]  # noqa: UP007 (built from a value)
    return None
