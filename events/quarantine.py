"""What became of a refused record: sent through the door again, or discarded. Written by the system only."""

from typing import Literal

from events.envelope import Event, QuarantineId
from events.vocabulary import Count, Words


class QuarantineReplayed(Event, frozen=True, kw_only=True):
    """A quarantined record went through the door again."""

    quarantine_id: QuarantineId
    outcome: Literal["admitted", "duplicate", "refused"]
    events: Count = 1
    by: Words | None = None


class QuarantineDiscarded(Event, frozen=True, kw_only=True):
    """Somebody decided that a quarantined record will not be admitted."""

    quarantine_id: QuarantineId
    reason: Words
    by: Words | None = None
