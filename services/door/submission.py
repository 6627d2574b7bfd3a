"""What goes into the door and what comes out of it: submissions and outcomes.

HTTP, the intake topic, `daybook publish` and imports make submissions; `Door.admit` answers each with an
outcome. Nothing here decides anything.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

Status = Literal["admitted", "duplicate", "id_reused", "refused"]
Code = Literal[
    "empty",
    "no_event",
    "bad_json",
    "bad_envelope",
    "too_large",
    "too_deep",
    "unknown_type",
    "unknown_version",
    "wrong_writer",
    "desk_case",
    "schema",
    "nul_character",
    "known_sent",
    "admittedtime_sent",
    "subject_mismatch",
    "time_rule",
    "fact_family",
    "id_reused",
    "unit_refused",
    "mapping",
]
"""Why something was refused; stable, safe to match on. `mapping`: a row that no event could be made of."""


class Problem(msgspec.Struct, frozen=True):
    """One reason for a refusal: what kind, where, and in words with the way out."""

    code: Code
    path: str
    reason: str


class Fields(NamedTuple):
    """An event that was never JSON: envelope attributes without `data`, and the data, as plain values."""

    envelope: Mapping[str, Any]
    data: Mapping[str, Any]


class Submission(NamedTuple):
    """One admission unit: all its events are admitted, or none.

    `raw` is what came in, kept if it is refused. `source` is who sent it, for when the raw does not say.
    `origin` names what reads `raw` when it is replayed: `event` for CloudEvents, else a mapping. `problems`
    are reasons found before the door, such as a column that is no date.
    """

    raw: bytes
    events: tuple[bytes | Fields, ...]
    source: str = "unknown"
    row: bool = False
    origin: str = "event"
    problems: tuple[Problem, ...] = ()


class EventOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one event. `position` is `volume/partition/offset` in the journal, where it is known."""

    status: Status
    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None
    position: str | None = None
    problems: tuple[Problem, ...] = ()


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a submission. `case_id` is where the quarantine keeps it, if it was refused and kept.

    A unit is duplicate when all its events are, refused when one event is, else admitted.
    """

    status: Literal["admitted", "duplicate", "refused"]
    events: tuple[EventOutcome, ...]
    problems: tuple[Problem, ...] = ()
    case_id: str | None = None

    def reasons(self) -> tuple[Problem, ...]:
        """Every reason, of the unit and of its events."""
        return (*self.problems, *(problem for event in self.events for problem in event.problems))
