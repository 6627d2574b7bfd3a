"""The first entry of a journal: `journal.opened` states its id, its time zone and its partitions.

The composition root opens every journal through here; days and months are cut in the zone that it states.
"""

import datetime as dt
import uuid

from events import codec
from events.calendar import JournalOpened
from events.envelope import JournalId, Position
from events.errors import EventError
from services.errors import JournalIncomplete
from services.journal.partition import partition_of
from services.journal.port import Journal
from services.journal.system_events import system_record

SOURCE = "urn:daybook:journal"


def read_opening(journal: Journal) -> JournalOpened | None:
    """What the journal says of itself, or None while it is empty.

    Raises JournalIncomplete for a journal that holds entries but whose first ones do not open it.
    """
    begins, ends = journal.begins(), journal.ends()
    filled = [partition for partition in sorted(ends) if ends[partition] > begins.get(partition, 0)]
    for partition in filled:
        record = journal.fetch([Position(journal.volume, partition, begins.get(partition, 0))])[0]
        try:
            _, _, event = codec.decode_data(codec.decode_envelope(record.value))
        except EventError:
            continue
        if isinstance(event, JournalOpened):
            if event.partitions != journal.partitions:
                raise JournalIncomplete(
                    f"the journal was opened with {event.partitions} partitions and now has "
                    f"{journal.partitions}: keys would move; restore it, or start a new volume"
                )
            return event
    if filled:
        raise JournalIncomplete(
            "no partition begins with journal.opened: the journal was trimmed, or is none of Daybook's"
        )
    return None


def open_or_begin(journal: Journal, zone: str, now: dt.datetime) -> JournalOpened:
    """What the journal says of itself; an empty one is opened now, in `zone`."""
    found = read_opening(journal)
    if found is not None:
        return found
    opened = JournalOpened(
        journal_id=JournalId(f"daybook:{uuid.uuid4()}"), zone=zone, partitions=journal.partitions
    )
    record = system_record(opened, source=SOURCE, identifier=opened.journal_id, now=now)
    journal.append([record])
    begun = read_opening(journal)
    if begun is None:
        raise JournalIncomplete(
            f"another record came before journal.opened in partition "
            f"{partition_of(record.key, journal.partitions)}: open a journal before publishing to it"
        )
    return begun
