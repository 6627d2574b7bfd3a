"""The raw record of a quarantined case in clear, for a person with a purpose, once it is written who looks.

API and console call `show_raw`; the command line reads as the operator of the machine. A record that is a
customer's is told to the journal, any other to the log. Where the journal refuses, nothing is shown.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable
from typing import Literal, get_args

import msgspec

from events import codec
from services.door.quarantine import Admits, Case, Quarantine
from services.door.submission import Submission
from services.errors import Refused, WrongUse
from services.identity.who import Who

Purpose = Literal["mending", "servicing", "complaint", "legal_request", "audit"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
SOURCE = "urn:daybook:api"
FIELD = "quarantined_record"
_TYPE = "personal_data.accessed"
_log = logging.getLogger("daybook.audit.raw_record")


class RawRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it came in; None where its key was destroyed. `read_id` is the entry, or the line of the
    log, that says who looked."""

    case_id: str
    purpose: str
    read_id: str
    raw: str | None


def show_raw(
    quarantine: Quarantine, door: Admits, clock: Callable[[], dt.datetime], who: Who, case: Case, purpose: str
) -> RawRecord:
    """Tell who looks, then give the record; WrongUse for a purpose that is none, Refused by the journal."""
    if purpose not in PURPOSES:
        raise WrongUse(f"purpose {purpose!r}: a raw record is shown for one of {', '.join(PURPOSES)}")
    read_id = str(uuid.uuid4())
    by = who.employee_id or who.subject
    if case.subject is not None and case.subject.startswith("customer/"):
        _tell(door, clock, who, case.subject, purpose, read_id)
    else:
        _log.info("%s: raw record of %s shown to %s for %s", read_id, case.case_id, by, purpose)
    raw = quarantine.raw(case.case_id)
    text = None if raw is None else raw.decode("utf-8", "backslashreplace")
    return RawRecord(case_id=case.case_id, purpose=purpose, read_id=read_id, raw=text)


def _tell(
    door: Admits, clock: Callable[[], dt.datetime], who: Who, subject: str, purpose: str, read_id: str
) -> None:
    data = {
        "customer_id": subject.partition("/")[2],
        "by": who.employee_id or who.subject,
        "purpose": purpose,
        "fields": [FIELD],
    }
    if who.employee_id is not None:
        data["employee_id"] = who.employee_id
    envelope = {
        "specversion": "1.0",
        "id": read_id,
        "source": SOURCE,
        "type": _TYPE,
        "subject": subject,
        "time": clock().isoformat(),
        "dataschema": codec.TYPES[_TYPE].schema_urn(),
        "data": data,
    }
    raw = msgspec.json.encode(envelope)
    outcome = door.admit([Submission(raw, (raw,), SOURCE)], keep_refused=False)[0]
    if outcome.status != "admitted":
        reasons = "; ".join(one.reason for one in outcome.reasons())
        raise Refused(f"the journal was not told who reads, so nothing is shown: {reasons}")
