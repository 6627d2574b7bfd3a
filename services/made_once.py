"""Parts that are made when they are first asked for, once, however many threads ask at the same moment.

The composition root and the desks keep their parts so. It knows nothing of the parts themselves.
"""

import threading
from functools import cached_property
from typing import Any, TypeVar, overload

T_co = TypeVar("T_co", covariant=True)

_MAKING = threading.RLock()
"""Held while a part is made, and what it needs with it: one lock for all parts, so no two can wait for each
other. A part that is there is found without it."""


class made_once(cached_property[T_co]):
    """A `cached_property` whose function runs once, although threads ask together."""

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> "made_once[T_co]": ...

    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T_co: ...

    def __get__(self, instance: object | None, owner: type[Any] | None = None) -> "made_once[T_co] | T_co":
        if instance is None:
            return self
        with _MAKING:
            return super().__get__(instance, owner)
