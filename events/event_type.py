"""What the catalogue says of an event type: its stored name, struct, version, writer and subject.

The catalogue (events/catalogue.py) is a tuple of these. The door reads the subject rule and the sent form,
`decode` the version and the upcasters; nobody derives a stored name from a class.
"""

import datetime as dt
import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from events.envelope import Event, Instant, Text
from events.sealing import sealed_fields, sent_form

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""`data` of one version as a dict → `data` of the next version as a dict; pure."""


class Writer(enum.StrEnum):
    """Which way in an event type has; the door refuses the types of desk and system.

    BOTH: a fact when a channel sends it, a decision when a desk writes it about one of its own cases.
    """

    DOOR = "door"
    DESK = "desk"
    BOTH = "door_or_desk"
    SYSTEM = "system"


class EntryRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry by what its sender called it: the name that survives every replay."""

    source: Text
    id: Text


class Correction(Event, frozen=True, kw_only=True):
    """A fact that was stated wrongly, stated again whole; base of every `….corrected`.

    The row, and every tally over it, follows as if `fact` had stood in the place of the entry named by
    `corrects`. `fact_time` or `fact_date` say when it really happened; both absent keeps the first answer.
    """

    corrects: EntryRef
    fact_type: str
    fact_schema: str
    fact: msgspec.Raw
    fact_time: Instant | None = None
    fact_date: dt.date | None = None
    reason: Text


class Voiding(Event, frozen=True, kw_only=True):
    """A fact that never happened; base of every `….voided`. The entry stays, and counts for nothing."""

    voids: EntryRef
    reason: Text


@dataclass(frozen=True)
class EventType:
    """One line of the catalogue.

    `subject` lists (kind, field) in order of preference: the first field that is set names the subject.
    `subject_field` is for events about whatever other events are about: that field holds a whole subject.
    `upcasters[i]` turns version i + 1 into version i + 2. `headline` names the clear fields that make up the
    one-line summary of an entry.
    """

    name: str
    struct: type[Event]
    writer: Writer
    subject: tuple[tuple[str, str], ...] = ()
    subject_field: str | None = None
    headline: tuple[str, ...] = ()
    version: int = 1
    upcasters: tuple[Upcaster, ...] = ()
    sealed: tuple[str, ...] = field(init=False)
    sent: type[msgspec.Struct] = field(init=False)
    stamped: bool = field(init=False)

    def __post_init__(self) -> None:
        assert len(self.upcasters) == self.version - 1, f"{self.name}: one upcaster per older version"
        names = self.struct.__struct_fields__
        hidden = sealed_fields(self.struct)
        assert not set(self.headline) & set(hidden), f"{self.name}: a headline never shows a sealed field"
        assert bool(self.subject) != bool(self.subject_field), f"{self.name}: one of the two subject rules"
        assert set(self.headline) | set(self.subject_names) <= set(names), self.name
        object.__setattr__(self, "sealed", hidden)
        object.__setattr__(self, "sent", sent_form(self.struct))
        object.__setattr__(self, "stamped", "known" in names or issubclass(self.struct, Correction))

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def sent_by_channels(self) -> bool:
        """Whether the door takes events of this type."""
        return self.writer in (Writer.DOOR, Writer.BOTH)

    @property
    def subject_names(self) -> tuple[str, ...]:
        """The fields that can name the subject."""
        return (self.subject_field,) if self.subject_field else tuple(name for _, name in self.subject)

    def schema_urn(self, version: int | None = None) -> str:
        """`urn:daybook:<type>:<version>`, of the current version unless another is named."""
        return f"urn:daybook:{self.name}:{version or self.version}"

    def subject_of(self, event: Any) -> str | None:
        """The subject that an event of this type must stand under; None if no field names one."""
        if self.subject_field is not None:
            whole: str = getattr(event, self.subject_field)
            return whole
        for kind, name in self.subject:
            identifier = getattr(event, name)
            if identifier is not None:
                return f"{kind}/{identifier}"
        return None
