"""What an auditor does to every record first: read it through the journal port, hash it, decode it, and hash
what its sender said."""

from functools import partial

from events.codec import content_hash, decode_data, decode_envelope
from services.journal.address import JournalAddress, open_journal
from services.journal.port import Journal
from services.store.writer import record_digest
from tests.bench.crew import Work

READ_RECORDS = 10_000


def hash_and_verify(address: JournalAddress) -> Work:
    """Hash and verify the whole journal in one process."""
    return partial(_run, open_journal(address))


def _run(journal: Journal) -> int:
    starts, ends = journal.begins(), journal.ends()
    done, total = 0, sum(ends.values())
    while done < total:
        records = journal.read(starts, READ_RECORDS, 30.0)
        for record in records:
            record_digest(record.value)
            envelope = decode_envelope(record.value)
            event_type, _, _ = decode_data(envelope)
            content_hash(envelope, stamped=event_type.stamped)
            starts[record.partition] = record.offset + 1
        done += len(records)
    journal.close()
    return done
