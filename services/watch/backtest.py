"""Backtest: a pack over the whole history, through the same code as the live watch, writing nowhere.

`daybook rules backtest` calls it. The rows stand in a scratch generation that is dropped at the end; the
journal is only read.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from events import codec
from events.envelope import Position
from events.event_type import EntryRef
from events.risk import RiskSignalDetected
from projections.rules.pack import RulePack
from projections.rules.rule import Hit
from services.journal.port import Journal
from services.store import generation as generations
from services.store.database import connect
from services.store.queries.watching import positions_of_type
from services.watch.signals import SOURCE, Clock, signal_of
from services.watch.watch import Watch

KIND = "backtest"


class Case(NamedTuple):
    """What makes two signals of different packs the same: rule, subject, entry or window."""

    rule: str
    subject: str
    seen_in: str


class Backtest(NamedTuple):
    """What a pack would have given: signals, how many per rule, and which the journal has that it would not
    give (`gone`) or has not and it would (`new`)."""

    pack: str
    digest: str
    signals: tuple[RiskSignalDetected, ...]
    hits: dict[str, int]
    given: dict[str, int]
    new: tuple[Case, ...]
    gone: tuple[Case, ...]


def backtest(journal: Journal, conninfo: str, pack: RulePack, zone_name: str, clock: Clock) -> Backtest:
    """Run a pack over all that the journal holds now, closed days included."""
    with connect(conninfo, autocommit=True) as connection:
        declarations = pack.declarations()
        scratch = generations.create(
            connection,
            declarations,
            kind=KIND,
            fingerprint=declarations.fingerprint(zone_name),
            partitions=journal.partitions,
            begins=journal.begins(),
            note=f"backtest of {pack.name}",
        )
        try:
            found: dict[str, Hit] = {}

            def keep(hits: Sequence[Hit]) -> None:
                for hit in hits:
                    found.setdefault(hit.signal_id, hit)

            watch = Watch(journal, conninfo, pack, zone_name, clock, generation=scratch, sink=keep)
            try:
                watch.catch_up()
            finally:
                watch.close()
            places = positions_of_type(connection, scratch.schema, "risk.signal_detected", journal.volume)
            given = [signal for signal in _signals(journal, places) if signal is not None]
        finally:
            generations.drop(connection, scratch)
    signals = tuple(signal_of(pack, hit) for hit in found.values())
    return _compared(pack, signals, given)


def _compared(
    pack: RulePack, signals: tuple[RiskSignalDetected, ...], given: Sequence[RiskSignalDetected]
) -> Backtest:
    now, then = _cases(signals), _cases(given)
    return Backtest(
        pack=pack.name,
        digest=pack.digest,
        signals=signals,
        hits=_counted(signals),
        given=_counted(given),
        new=tuple(sorted(now - then)),
        gone=tuple(sorted(then - now)),
    )


def _counted(signals: Iterable[RiskSignalDetected]) -> dict[str, int]:
    return dict(sorted(Counter(signal.rule for signal in signals).items()))


def _cases(signals: Iterable[RiskSignalDetected]) -> set[Case]:
    return {Case(signal.rule, signal.about, _seen_in(signal)) for signal in signals}


def _seen_in(signal: RiskSignalDetected) -> str:
    if signal.window_from is not None:
        return f"{signal.window_from} to {signal.window_to}"
    last: EntryRef | None = signal.evidence[-1] if signal.evidence else None
    return "" if last is None else f"{last.source} {last.id}"


def _signals(journal: Journal, places: Sequence[Position]) -> Iterable[RiskSignalDetected | None]:
    for record in journal.fetch(places):
        envelope = codec.decode_envelope(record.value)
        event = codec.decode_data(envelope)[2]
        yield event if isinstance(event, RiskSignalDetected) and envelope.source == SOURCE else None
