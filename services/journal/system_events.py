"""Events that the system itself writes: their envelope, and appending them.

Watch, clock, quarantine and privacy append through here, past the door; the door refuses their types.
"""

import datetime as dt

from events import codec
from events.envelope import Envelope, Event
from services.journal.port import Record


def system_record(
    event: Event, *, source: str, identifier: str, now: dt.datetime, date: dt.date | None = None
) -> Record:
    """A record of a system event, happening `now` or on a whole day, under the subject that it names."""
    event_type = codec.TYPE_OF[type(event)]
    subject = event_type.subject_of(event)
    assert subject is not None, f"{event_type.name} names its subject"
    envelope = Envelope(
        specversion="1.0",
        id=identifier,
        source=source,
        type=event_type.name,
        subject=subject,
        dataschema=event_type.schema_urn(),
        time=now if date is None else None,
        date=date,
        admittedtime=now,
        data=codec.raw_json(event),
    )
    return Record(subject.encode(), codec.encode_json(envelope))
