"""Events that the system itself writes: their envelope, and appending them.

Watch, clock, quarantine, privacy and the journal's opening append through here, past the door; the door
refuses their types. The same arguments always give the same bytes.
"""

import datetime as dt

from events import codec
from events.envelope import Envelope, Event
from services.journal.port import Record


def system_record(
    event: Event,
    *,
    source: str,
    identifier: str,
    now: dt.datetime,
    at: dt.datetime | None = None,
    date: dt.date | None = None,
    undated: bool = False,
    causation: str | None = None,
    by: str | None = None,
) -> Record:
    """A record of a system event, under the subject that it names and admitted `now`.

    It happened `now` too, or earlier `at` an instant, or on a whole day `date`, or at a time that nobody
    knows (`undated`); `by` is the person who had it written.
    """
    assert date is None or not undated, "an event on a day is not undated"
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
        time=(at or now) if date is None and not undated else None,
        date=date,
        undated=undated,
        causationid=causation,
        authid=by,
        admittedtime=now,
        data=codec.raw_json(event),
    )
    return Record(subject.encode(), codec.encode_json(envelope))
