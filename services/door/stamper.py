"""The stamper: fills `known` with what was true of other subjects when an event happened.

Admission stamps a batch in order, so a product registered one line earlier is known. Rows come from the live
generation; over them lie this door's own appends that are not posted yet, folded by the ledgers' own
handlers. Pure but for the rows and histories that it is handed.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from events.envelope import Entry, Event
from events.event_type import Correction, Voiding
from events.known import Known, KnownAnswer, KnownComplaint, KnownSale
from projections.fold import Declarations, effective
from projections.known import (
    known_channel,
    known_employee,
    known_price,
    known_product,
    known_seller,
    known_survey,
)
from projections.ledger import Key, Ledger, Row
from services.door.reading import SentEvent

_log = logging.getLogger("daybook.door.stamper")

_LEDGER_OF_KIND = {"product": "products", "channel": "channels", "employee": "employees", "survey": "surveys"}
"""Where the row of a referenced thing stands; every one of these ledgers is keyed by the subject alone."""

_REFERENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "sale.confirmed": (("product", "product_id"), ("employee", "seller_id"), ("channel", "channel_id")),
    "survey.answered": (("survey", "survey_id"),),
    "complaint.received": (("product", "product_id"),),
    "interaction.started": (("employee", "employee_id"),),
}
"""Types that are stamped, and their fields that name what is stamped: (kind of subject, field)."""

History = Callable[[str], Sequence[Entry]]
"""The posted entries of a subject, in journal order, up to where its row stands."""


def references_of(event: SentEvent) -> Iterator[tuple[str, Key]]:
    """(ledger, key) of every row that this event, or the fact it corrects, is stamped from."""
    event_type, sent = (event.fact_type, event.fact) if event.fact_type else (event.event_type, event.sent)
    for kind, name in _REFERENCES.get(event_type.name, ()):
        identifier = getattr(sent, name)
        if identifier is not None:
            yield _LEDGER_OF_KIND[kind], (f"{kind}/{identifier}",)


def is_stamped(event: SentEvent) -> bool:
    """Whether the event, or the fact it corrects, gets a `known`."""
    return (event.fact_type or event.event_type).name in _REFERENCES


def is_reference(struct: type[Event], subject: str, declarations: Declarations) -> bool:
    """Whether later events may be stamped from what an event of this type about `subject` changes."""
    ledger = _LEDGER_OF_KIND.get(subject.partition("/")[0])
    if ledger is None:
        return False
    return issubclass(struct, Correction | Voiding) or struct in declarations.ledger(ledger).handlers


class ReferenceRows:
    """Rows as they stand with everything appended so far: loaded ones, and unposted entries over them."""

    def __init__(
        self,
        declarations: Declarations,
        zone: dt.tzinfo,
        loaded: Mapping[str, Mapping[Key, Row]],
        unposted: dict[str, list[Entry]],
        history: History,
    ) -> None:
        self._ledgers = {name: declarations.ledger(name) for name in _LEDGER_OF_KIND.values()}
        self._zone = zone
        self._loaded = loaded
        self._unposted = unposted
        self._history = history
        self._folded: dict[tuple[str, Key], Row | None] = {}

    def row(self, kind: str, identifier: str) -> Any:
        """The row of `kind`/`identifier`; None if nothing is known of it."""
        name, key = _LEDGER_OF_KIND[kind], (f"{kind}/{identifier}",)
        if (name, key) not in self._folded:
            self._folded[name, key] = self._fold(self._ledgers[name], key)
        return self._folded[name, key]

    def add(self, entry: Entry) -> None:
        """Take in an entry that is about to be appended."""
        self._unposted.setdefault(entry.subject, []).append(entry)
        for name in self._ledgers:
            self._folded.pop((name, (entry.subject,)), None)

    def _fold(self, ledger: Ledger, key: Key) -> Row | None:
        row = self._loaded.get(ledger.name, {}).get(key)
        entries: Sequence[Entry] = self._unposted.get(key[0], ())
        if any(isinstance(entry.event, Correction | Voiding) for entry in entries):
            row, entries = None, effective([*self._history(key[0]), *entries], self._zone)
        for entry in entries:
            handler = ledger.handlers.get(type(entry.event))
            if handler is None or key not in ledger.keys(entry.event, entry):
                continue
            try:
                row = handler(key, row, entry.event, entry)
            except Exception:  # a bug in one handler parks its key; it must not shut the door
                _log.exception("handler of %s raised on %s %s", ledger.name, entry.source, entry.id)
                break
        return row


def known_of(event: SentEvent, rows: ReferenceRows, on: dt.date | None) -> Known | None:
    """What is stamped on an event that happened on the day `on` (None: as things stand); None for nothing."""
    event_type, sent = (event.fact_type, event.fact) if event.fact_type else (event.event_type, event.sent)
    stamp = _STAMPS.get(event_type.name)
    return None if stamp is None else stamp(sent, rows, on)


def _known_sale(sent: Any, rows: ReferenceRows, on: dt.date | None) -> Known:
    product = rows.row("product", sent.product_id)
    seller = None if sent.seller_id is None else known_seller(rows.row("employee", sent.seller_id), on)
    channel = None
    if sent.channel_id is not None:
        channel = known_channel(rows.row("channel", sent.channel_id), sent.product_id, on)
    return KnownSale(
        product=known_product(product, on), seller=seller, channel=channel, price=known_price(product, on)
    )


def _known_answer(sent: Any, rows: ReferenceRows, on: dt.date | None) -> Known:
    """Only the questions that were answered travel with the answer."""
    known = known_survey(rows.row("survey", sent.survey_id), sent.survey_version)
    answered = {answer.question_id for answer in sent.answers}
    questions = tuple(question for question in known.questions if question.question_id in answered)
    return KnownAnswer(state=known.state, questions=questions)


def _known_complaint(sent: Any, rows: ReferenceRows, on: dt.date | None) -> Known | None:
    if sent.product_id is None:
        return None
    return KnownComplaint(product=known_product(rows.row("product", sent.product_id), on))


def _known_interaction(sent: Any, rows: ReferenceRows, on: dt.date | None) -> Known | None:
    if sent.employee_id is None:
        return None
    return known_employee(rows.row("employee", sent.employee_id), on)


_STAMPS: dict[str, Callable[[Any, ReferenceRows, dt.date | None], Known | None]] = {
    "sale.confirmed": _known_sale,
    "survey.answered": _known_answer,
    "complaint.received": _known_complaint,
    "interaction.started": _known_interaction,
}
