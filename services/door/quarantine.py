"""The quarantine: what the door refused, kept raw and sealed with every reason, until replayed or discarded.

The door keeps cases here; `daybook quarantine` and the API list, show, replay and discard them. Raw bytes
are sealed before they are written anywhere; a case's state is an event in the journal, never a change to it.
"""

import base64
import datetime as dt
import hmac
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from events.codec import TYPE_OF, encode_json
from events.envelope import QuarantineId
from events.quarantine import QuarantineDiscarded, QuarantineReplayed
from services.door.references import References
from services.door.submission import Outcome, Problem, Submission
from services.errors import NotFound, Refused, WrongUse
from services.journal.port import Journal, Record
from services.journal.system_events import system_record
from services.privacy.sealer import Sealer

SOURCE = "urn:daybook:quarantine"
REASONS_KEPT = 50
LISTED_AT_MOST = 1_000
_READ_RECORDS = 2_000

State = Literal["open", "replayed", "discarded"]


class Refusal(NamedTuple):
    """A refused unit as the door hands it over; `subject` is whose personal data it may hold."""

    raw: bytes
    source: str
    subject: str | None
    origin: str
    row: bool
    problems: tuple[Problem, ...]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A refused unit as it is listed: everything but the raw bytes. `origin` names what can read them."""

    case_id: str
    source: str
    day: dt.date
    received_at: dt.datetime
    origin: str
    row: bool = False
    subject: str | None = None
    problems: tuple[Problem, ...] = ()
    state: State = "open"


class Admits(Protocol):
    """A door, as far as a replay needs one."""

    def admit(
        self, submissions: Sequence[Submission], *, dry_run: bool = False, keep_refused: bool = True
    ) -> list[Outcome]: ...


Reader = Callable[[Case, bytes], Submission]
"""Makes a submission of raw bytes again; for rows of a mapping the import gives one."""


class Quarantine:
    """Cases in a log of their own, `log`; their states in the `journal`. Threads may share it.

    `case_key` is a secret of the installation: case ids are made from the raw bytes with it, so that the same
    refusal is one case and no id tells anything of what was refused.
    """

    def __init__(
        self,
        log: Journal,
        journal: Journal,
        sealer: Sealer,
        references: References,
        clock: Callable[[], dt.datetime],
        zone: dt.tzinfo,
        case_key: bytes,
    ) -> None:
        self._log = log
        self._journal = journal
        self._sealer = sealer
        self._references = references
        self._clock = clock
        self._zone = zone
        self._case_key = case_key
        self._lock = threading.RLock()
        self._next = log.begins()
        self._cases: dict[str, tuple[Case, tuple[int, int]]] = {}
        self._own_states: dict[str, State] = {}

    def keep(self, refusals: Sequence[Refusal], now: dt.datetime) -> list[str]:
        """Write what is not kept yet, durably, and give back the case id of each."""
        day = now.astimezone(self._zone).date()
        with self._lock:
            self._refresh()
            ids = [self._case_id(refusal) for refusal in refusals]
            fresh = {
                case_id: refusal
                for case_id, refusal in zip(ids, refusals, strict=True)
                if case_id not in self._cases
            }
            records = [self._record(case_id, one, day, now) for case_id, one in fresh.items()]
            if records:
                self._log.append(records)
        return ids

    def list(
        self,
        *,
        source: str | None = None,
        state: State | None = "open",
        code: str | None = None,
        limit: int = 100,
        after: str | None = None,
        mine: Callable[[str], bool] | None = None,
    ) -> list[Case]:
        """The newest cases first, at most LISTED_AT_MOST; `state=None` lists all of them. `after` is the case
        that was seen last, WrongUse if there is none such; `mine` says which sources count."""
        limit = min(limit, LISTED_AT_MOST)
        with self._lock:
            self._refresh()
            if after is not None and after not in self._cases:
                raise WrongUse(f"no case {after!r} is in the quarantine: begin at its first page")
            newest = iter(reversed(self._cases.values()))
            _ = after is None or any(case.case_id == after for case, _ in newest)
            chosen = [
                case
                for case, _ in newest
                if (source is None or case.source == source)
                and (mine is None or mine(case.source))
                and (code is None or any(problem.code == code for problem in case.problems))
            ]
        listed: list[Case] = []
        for start in range(0, len(chosen), LISTED_AT_MOST):
            for case in self._with_states(chosen[start : start + LISTED_AT_MOST]):
                if state is None or case.state == state:
                    listed.append(case)
                if len(listed) == limit:
                    return listed
        return listed

    def get(self, case_id: str) -> Case:
        """One case with its state; NotFound if there is none."""
        return next(self._with_states([self._find(case_id)[0]]))

    def raw(self, case_id: str) -> bytes | None:
        """What came in; None if its key was destroyed: its subject was shredded, or its 90 days are over."""
        _, (partition, offset) = self._find(case_id)
        record = self._log.read({partition: offset}, 1)[0]
        assert record.value is not None, "the quarantine writes no null"
        return self._sealer.open_bytes(base64.b64decode(_decode_sealed(record.value).sealed))

    def replay(
        self,
        case_id: str,
        door: Admits,
        *,
        fixed: bytes | None = None,
        by: str | None = None,
        read: Reader | None = None,
    ) -> Outcome:
        """Send a case through the door again, mended if `fixed` is given; admitted, its state is `replayed`.

        Again is no error: its events are then duplicates. Refused again, it stays open. Raises Refused for a
        discarded or unreadable case, WrongUse for a row without its mapping's `read`.
        """
        case = self.get(case_id)
        if case.state == "discarded":
            raise Refused(
                f"case {case_id} was discarded: publish the events anew if they are wanted after all"
            )
        raw = self.raw(case_id) if fixed is None else fixed
        if raw is None:
            raise Refused(f"the key of case {case_id} was destroyed: nothing is left to replay; discard it")
        outcome = door.admit([_submission(case, raw, read)], keep_refused=False)[0]
        if outcome.status != "refused" and case.state != "replayed":
            event = QuarantineReplayed(
                quarantine_id=QuarantineId(case_id),
                outcome=outcome.status,
                events=len(outcome.events),
                by=by,
            )
            self._append_state(case_id, event)
        return outcome

    def discard(self, case_id: str, reason: str, by: str | None = None) -> Case:
        """Decide that a case will not be admitted; again is no error. Refused for one that was replayed."""
        case = self.get(case_id)
        if case.state == "replayed":
            raise Refused(
                f"case {case_id} was replayed and its events are in the journal: void those instead"
            )
        if case.state == "open":
            event = QuarantineDiscarded(quarantine_id=QuarantineId(case_id), reason=reason, by=by)
            self._append_state(case_id, event)
        return self.get(case_id)

    def _case_id(self, refusal: Refusal) -> str:
        text = refusal.source.encode() + b"\n" + refusal.raw
        return "door:" + hmac.digest(self._case_key, text, "sha256")[:12].hex()

    def _record(self, case_id: str, refusal: Refusal, day: dt.date, now: dt.datetime) -> Record:
        sealed = self._sealer.seal_bytes(refusal.subject, refusal.source, day, refusal.raw)
        case = _SealedCase(
            case_id=case_id,
            source=refusal.source,
            day=day,
            received_at=now,
            origin=refusal.origin,
            row=refusal.row,
            subject=refusal.subject,
            problems=refusal.problems[:REASONS_KEPT],
            sealed=base64.b64encode(sealed).decode(),
        )
        return Record(case_id.encode(), encode_json(case))

    def _refresh(self) -> None:
        """Take in the cases written since the last look; the first copy of a case stays."""
        while records := self._log.read(self._next, _READ_RECORDS):
            for record in records:
                self._next[record.partition] = record.offset + 1
                if record.value is not None:
                    case = _decode_case(record.value)
                    self._cases.setdefault(case.case_id, (case, (record.partition, record.offset)))

    def _find(self, case_id: str) -> tuple[Case, tuple[int, int]]:
        with self._lock:
            self._refresh()
            found = self._cases.get(case_id)
        if found is None:
            raise NotFound(
                f"no case {case_id!r} in the quarantine: see GET /quarantine or `daybook quarantine list`"
            )
        return found

    def _with_states(self, cases: Sequence[Case]) -> Iterator[Case]:
        types = self._references.types_of([_subject(case.case_id) for case in cases])
        for case in cases:
            states = [_STATE_OF[name] for name in types.get(_subject(case.case_id), ()) if name in _STATE_OF]
            state = states[0] if states else self._own_states.get(case.case_id, "open")
            yield msgspec.structs.replace(case, state=state)

    def _append_state(self, case_id: str, event: QuarantineReplayed | QuarantineDiscarded) -> None:
        state = _STATE_OF[TYPE_OF[type(event)].name]
        name = f"{case_id}:{state}"
        self._journal.append([system_record(event, source=SOURCE, identifier=name, now=self._clock())])
        self._own_states[case_id] = state


class _SealedCase(Case, frozen=True, kw_only=True):
    sealed: str


_decode_case = msgspec.json.Decoder(Case).decode
_decode_sealed = msgspec.json.Decoder(_SealedCase).decode
_STATE_OF: dict[str, State] = {"quarantine.replayed": "replayed", "quarantine.discarded": "discarded"}


def _subject(case_id: str) -> str:
    return f"quarantine/{case_id}"


def _submission(case: Case, raw: bytes, read: Reader | None) -> Submission:
    if read is not None:
        return read(case, raw)
    if case.origin != "event":
        raise WrongUse(f"case {case.case_id} is a row of {case.origin!r}: replay it with that mapping")
    return Submission(raw, (raw,), case.source)
