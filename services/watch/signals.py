"""Hits become signals: one `risk.signal_detected` each, under an id that only the facts decide.

The watch calls it before its watermark moves. A signal that was counted before, by this generation or by
that of an earlier pack, is not appended again; one appended twice in a crash still counts once.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from events import codec
from events.envelope import ChannelId, CustomerId, EmployeeId, ProductId, UnitId
from events.risk import RiskSignalDetected
from projections.rules.pack import RulePack
from projections.rules.rule import Hit, explain
from services.journal.port import Journal, Record
from services.journal.system_events import system_record
from services.store import generation as generations
from services.store.database import Connection
from services.store.queries.watching import counted

SOURCE = "urn:daybook:watch"
APPEND_LIMIT = 1_000
RECENT_LIMIT = 100_000

Clock = Callable[[], dt.datetime]
Sink = Callable[[Sequence[Hit]], None]
"""Where hits go: to the journal, or, in a backtest, into a list."""


class SignalWriter:
    """The live sink: appends signals and returns once the journal has them."""

    def __init__(
        self, journal: Journal, connection: Connection, pack: RulePack, clock: Clock, kind: str
    ) -> None:
        self._journal = journal
        self._connection = connection
        self._pack = pack
        self._clock = clock
        self._kind = kind
        self._recent: dict[bytes, None] = {}
        self.appended = 0

    def __call__(self, hits: Sequence[Hit]) -> None:
        """Append the signals of hits that no generation of the watch has counted yet."""
        for first in range(0, len(hits), APPEND_LIMIT):
            self._append(hits[first : first + APPEND_LIMIT])

    def _append(self, hits: Sequence[Hit]) -> None:
        names = [codec.entry_id(SOURCE, hit.signal_id, hit.subject) for hit in hits]
        schemas = [
            one.schema
            for one in generations.all_generations(self._connection)
            if one.kind == self._kind and one.state in (generations.LIVE, generations.RETIRED)
        ]
        known = counted(self._connection, schemas, names) | self._recent.keys()
        admitted = self._clock()
        records = [
            record_of(signal_of(self._pack, hit), hit, admitted)
            for hit, name in zip(hits, names, strict=True)
            if name not in known
        ]
        if records:
            self._journal.append(records)
            self.appended += len(records)
            self._remember(names)

    def _remember(self, names: Sequence[bytes]) -> None:
        """Keep the latest names: what was appended is folded, and so found in the tables, a little later."""
        self._recent.update(dict.fromkeys(names))
        while len(self._recent) > RECENT_LIMIT:
            del self._recent[next(iter(self._recent))]


def signal_of(pack: RulePack, hit: Hit) -> RiskSignalDetected:
    """The event that a hit becomes: the rule's sentence with the inputs put in, and the entries."""
    rule, about = pack.rules[hit.rule], hit.about
    return RiskSignalDetected(
        signal_id=hit.signal_id,
        rule=rule.id,
        rule_version=rule.version,
        pack=f"{pack.name} {pack.digest[:12]}",
        severity=hit.severity or rule.severity,
        score=hit.score or rule.score,
        text=explain(rule.text.en, hit.inputs),
        inputs=hit.inputs,
        evidence=hit.evidence,
        window_from=hit.window_from,
        window_to=hit.window_to,
        about=hit.subject,
        customer_id=None if about.customer_id is None else CustomerId(about.customer_id),
        product_id=None if about.product_id is None else ProductId(about.product_id),
        seller_id=None if about.seller_id is None else EmployeeId(about.seller_id),
        unit_id=None if about.unit_id is None else UnitId(about.unit_id),
        channel_id=None if about.channel_id is None else ChannelId(about.channel_id),
        legal_entity=about.legal_entity,
    )


def record_of(signal: RiskSignalDetected, hit: Hit, admitted: dt.datetime) -> Record:
    """The record of a signal: it stands on the subject of its facts and on their day, or at their instant."""
    cause = hit.evidence[-1].id if hit.evidence else None
    return system_record(
        signal,
        source=SOURCE,
        identifier=hit.signal_id,
        now=admitted,
        at=hit.at,
        date=hit.on if hit.at is None else None,
        undated=hit.on is None and hit.at is None,
        causation=cause,
    )


def in_order(hits: Iterable[Hit]) -> list[Hit]:
    """Hits in an order that does not depend on batches: by subject, rule, day, id."""
    return sorted(hits, key=lambda hit: (hit.subject, hit.rule, str(hit.on), hit.signal_id))
