"""The clock sweep: finds complaint clocks whose warning or due instants have passed, and signals each once.

The leader's timers and the embedded loops call it, the demo with its own clock. It must never speak of a
clock before everything admitted until then is posted: the step that stops it may be on its way.
"""

import datetime as dt
import logging
from typing import NamedTuple

from projections.rules.clock_alarms import judge_clocks
from projections.rules.pack import RulePack
from projections.rules.rule import Hit
from services.journal.port import Journal
from services.store import generation as generations
from services.store.database import Connection, connect
from services.store.queries.clocks import rows_with_alarms
from services.watch.signals import Clock, SignalWriter, in_order
from services.watch.watch import opened_at

RULE = "R-CMPL-03"
KIND = "ledgers"
_log = logging.getLogger("daybook.clocks")


class _Cut(NamedTuple):
    """An instant, and where every partition ended then."""

    now: dt.datetime
    ends: dict[int, int]


class _Swept(NamedTuple):
    """What one generation was swept for: until when, and up to which position of each partition."""

    schema: str
    until: dt.datetime
    positions: dict[int, int]


class ClockSweep:
    """Sweeps one journal's complaint clocks under one rule pack; several at once do no harm."""

    def __init__(
        self,
        journal: Journal,
        conninfo: str,
        pack: RulePack,
        fingerprint: str,
        clock: Clock,
        zone: dt.tzinfo,
    ) -> None:
        self._journal = journal
        self._rule = pack.rules.get(RULE)
        self._fingerprint = fingerprint
        self._clock = clock
        self._connection: Connection = connect(conninfo, autocommit=True)
        self._opened_at = opened_at(journal, zone)
        self._writer = SignalWriter(journal, self._connection, pack, clock, KIND)
        self._waiting: _Cut | None = None
        self._swept: _Swept | None = None

    def sweep(self) -> int:
        """Signal the instants that have passed; gives back how many signals were appended.

        Where the ledgers are behind the journal it notes the instant and its ends, and does the work at the
        first call at which they have reached them.
        """
        if self._rule is None:
            return 0
        live = generations.live(self._connection, KIND, self._fingerprint)
        if live is None:
            return 0
        cut = self._waiting or _Cut(self._clock(), self._journal.ends())
        marks = generations.watermarks(self._connection, live.schema)
        if any(marks[one].next_offset < end for one, end in cut.ends.items() if one in marks):
            self._waiting = cut
            return 0
        before = self._swept if self._swept is not None and self._swept.schema == live.schema else None
        rows = rows_with_alarms(
            self._connection,
            live.schema,
            self._opened_at,
            cut.now,
            self._opened_at if before is None else before.until,
            {} if before is None else before.positions,
        )
        hits: list[Hit] = []
        for row in rows:
            hits += judge_clocks(self._rule, row, self._opened_at, cut.now)
        told = self._writer.appended
        self._writer(in_order(hits))
        positions = {partition: mark.next_offset for partition, mark in marks.items()}
        self._swept, self._waiting = _Swept(live.schema, cut.now, positions), None
        return self._writer.appended - told

    @property
    def waiting(self) -> bool:
        """Whether the last call had to leave its work until more is posted."""
        return self._waiting is not None

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()
