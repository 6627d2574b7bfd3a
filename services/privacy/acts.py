"""Acts on a person's key and the entries that tell of them: shred, restrict, hold, release.

The command line and the API call these. The keyring is changed first, then the journal is told, with an id
that makes a second telling the same event.
"""

import datetime as dt
import hashlib
from collections.abc import Callable

from events.envelope import Event
from events.privacy import LegalHoldPlaced, LegalHoldReleased, ProcessingRestricted, SubjectKeyShredded
from services.journal.port import Journal
from services.journal.system_events import system_record
from services.privacy.keyring import Hold, Keyring, ShredResult

SOURCE = "urn:daybook:privacy"


class Acts:
    """Acts of a privacy officer, each in the keyring and in the journal."""

    def __init__(self, journal: Journal, keyring: Keyring, clock: Callable[[], dt.datetime]) -> None:
        self._journal = journal
        self._keyring = keyring
        self._clock = clock

    def shred(self, subject: str, *, reason: str, by: str | None) -> ShredResult:
        """Destroy a subject's key; LegalHold if a hold stands. Again is no error."""
        result = self._keyring.shred(subject)
        self._tell(SubjectKeyShredded(about=subject, reason=reason, by=by), "shredded", subject)
        return result

    def restrict(self, subject: str, *, restricted: bool, reason: str, by: str | None) -> None:
        """Stop the use of a subject's personal data, or allow it again."""
        (self._keyring.restrict if restricted else self._keyring.unrestrict)(subject)
        event = ProcessingRestricted(about=subject, restricted=restricted, reason=reason, by=by)
        self._tell(event, "restricted" if restricted else "unrestricted", subject, self._clock().isoformat())

    def hold(self, subject: str, hold_id: str, *, reason: str, by: str) -> Hold:
        """Place a legal hold: the key may not be destroyed until it is released."""
        placed = self._keyring.place_hold(subject, hold_id, reason, by)
        event = LegalHoldPlaced(about=subject, hold_id=hold_id, reason=reason, by=by)
        self._tell(event, "held", subject, hold_id)
        return placed

    def release(self, subject: str, hold_id: str, *, by: str | None) -> Hold:
        """Release a legal hold."""
        released = self._keyring.release_hold(subject, hold_id)
        self._tell(LegalHoldReleased(about=subject, hold_id=hold_id, by=by), "released", subject, hold_id)
        return released

    def _tell(self, event: Event, act: str, *names: str) -> None:
        digest = hashlib.sha256("\n".join((act, *names)).encode()).hexdigest()[:24]
        record = system_record(event, source=SOURCE, identifier=f"{act}-{digest}", now=self._clock())
        self._journal.append([record])
