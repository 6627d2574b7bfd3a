"""Producers: what a channel system says it sent, to be held against what arrived."""

import datetime as dt

from events.envelope import Currency, Event, ProducerId
from events.event_type import Correction, Voiding
from events.vocabulary import Count, SignedMinorUnits, Words


class ProducerDayDeclared(Event, frozen=True, kw_only=True):
    """A producer declares how many events of each type it sent for a day, and what they sum to."""

    producer_id: ProducerId
    producer_source: Words
    day: dt.date
    count_by_type: tuple[tuple[str, Count], ...]
    amount_minor: SignedMinorUnits | None = None
    currency: Currency | None = None


class ProducerCorrected(Correction, frozen=True, kw_only=True):
    """A declaration, stated again."""

    producer_id: ProducerId


class ProducerVoided(Voiding, frozen=True, kw_only=True):
    """A declaration that was never made."""

    producer_id: ProducerId
