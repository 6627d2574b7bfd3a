"""Events made from their types: a hypothesis strategy for every struct of the catalogue.

Called by the property tests here; other tests may draw from it too. It knows types only, no meanings.
"""

import datetime as dt
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as kinds

from events.event_type import EventType

TOKENS = ("dropped", "siv1.a2V5.customer.registered.name.Y2lwaGVy")
"""What may stand in a sealed field of a stored event."""

_LETTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))
_FACT = msgspec.Raw(b'{"customer_id":"t:1","purpose":"marketing"}')


def stored_events(event_type: EventType) -> st.SearchStrategy[Any]:
    """Events of a type in the stored form."""
    return _struct(kinds.type_info(event_type.struct))


def sent_events(event_type: EventType) -> st.SearchStrategy[Any]:
    """Events of a type as a sender may write them."""
    return _struct(kinds.type_info(event_type.sent))


def _struct(kind: kinds.Type) -> st.SearchStrategy[Any]:
    assert isinstance(kind, kinds.StructType)
    fields = {field.encode_name: _of(field.type) for field in kind.fields}
    if "currency" in fields:
        fields["currency"] = st.just("EUR")
    return st.builds(kind.cls, **fields)


def _of(kind: kinds.Type) -> st.SearchStrategy[Any]:
    match kind:
        case kinds.Metadata():
            extra = kind.extra or {}
            return st.sampled_from(TOKENS) if "sealed" in extra else _of(kind.type)
        case kinds.UnionType():
            return st.one_of(*(_of(arm) for arm in kind.types))
        case kinds.NoneType():
            return st.none()
        case kinds.BoolType():
            return st.booleans()
        case kinds.IntType():
            low = -(2**53) if kind.ge is None else kind.ge
            high = 2**53 if kind.le is None else kind.le
            return st.integers(low, high)
        case kinds.StrType():
            if kind.pattern is not None:
                return _matching(kind)
            return st.text(_LETTERS, min_size=kind.min_length or 0, max_size=min(kind.max_length or 60, 60))
        case kinds.LiteralType():
            return st.sampled_from(kind.values)
        case kinds.VarTupleType():
            size = kind.min_length or 0
            return st.lists(_of(kind.item_type), min_size=size, max_size=size + 2).map(tuple)
        case kinds.TupleType():
            return st.tuples(*(_of(item) for item in kind.item_types))
        case kinds.StructType():
            return _struct(kind)
        case kinds.DateType():
            return st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1))
        case kinds.DateTimeType():
            instants = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001
            return instants.map(lambda naive: naive.replace(tzinfo=dt.UTC))
        case kinds.TimeType():
            return st.times()
        case kinds.RawType():
            return st.just(_FACT)
        case _:
            raise AssertionError(f"no strategy for {kind}: teach tests/events/examples.py this type")


def _matching(kind: kinds.StrType) -> st.SearchStrategy[str]:
    assert kind.pattern is not None
    shape = kind.pattern.removesuffix(r"(?!\n)").removesuffix("$").removesuffix(r"(?!\n)").removesuffix("$")
    top = kind.max_length or 200
    return st.from_regex(shape + r"\Z", alphabet=_LETTERS).filter(
        lambda text: (kind.min_length or 0) <= len(text) <= top
    )
