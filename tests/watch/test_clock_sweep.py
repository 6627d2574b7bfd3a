"""The clock sweep: each instant that passes is signalled once, at its own time, while the clock runs."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest

from events import complaint_outcomes as out
from events import complaints as cmp
from events.envelope import Entry, Event
from events.risk import RiskSignalDetected
from projections.complaint_clocks import (
    COMPLAINT_CLOCKS,
    COMPLAINT_CLOCKS_BY_DAY,
    COMPLAINT_CLOCKS_ON_TIME,
)
from projections.complaints import COMPLAINTS
from projections.fold import Declarations
from projections.risk import SIGNALS
from services.projector.projector import Projector, resolve
from services.store.database import Connection, connect
from services.store.queries.clocks import clocks_of, queue
from services.store.queries.figures import FigureQuery, read_figure, rows_behind
from services.watch.clock_sweep import ClockSweep
from tests.watch import bank
from tests.watch.conftest import Scene

LEDGERS = Declarations((COMPLAINTS, COMPLAINT_CLOCKS, SIGNALS), (COMPLAINT_CLOCKS_BY_DAY,))
NFRA = "cn_nfra, answer"


@dataclass
class Office:
    """A journal whose complaints are posted, a clock that a test moves, and sweeps on it."""

    scene: Scene
    now: dt.datetime = field(default_factory=lambda: bank.at(0))
    opened: list[ClockSweep] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection: Connection = connect(self.scene.conninfo, autocommit=True)
        self.generation = resolve(self.connection, self.scene.journal, LEDGERS, bank.ZONE, "ledgers")
        self.projector = Projector(
            self.scene.journal, self.scene.conninfo, LEDGERS, self.generation, ZoneInfo(bank.ZONE)
        )

    def post(self) -> None:
        ends = self.scene.journal.ends()
        while self.projector.step(10_000, until=ends):
            pass

    def tell(self, event: Event, day: float, identifier: str) -> None:
        self.scene.append(bank.record(event, identifier, day))

    def sweep_of(self) -> ClockSweep:
        made = ClockSweep(
            self.scene.journal,
            self.scene.conninfo,
            self.scene.pack,
            self.generation.fingerprint,
            lambda: self.now,
            ZoneInfo(bank.ZONE),
        )
        self.opened.append(made)
        return made

    def sweep_at(self, day: float, sweep: ClockSweep | None = None) -> int:
        """Post all there is and sweep at that day's noon in China."""
        self.now = bank.at(day)
        self.post()
        return (sweep or self.sweep_of()).sweep()

    def signals(self, words: str = NFRA) -> list[Entry]:
        """Signals about a clock in the order of their instants, copies included."""
        found = [
            one
            for one in self.scene.entries()
            if isinstance(one.event, RiskSignalDetected) and words in one.event.text
        ]
        return sorted(found, key=lambda one: str(one.occurred_at))

    def close(self) -> None:
        for one in self.opened:
            one.close()
        self.projector.close()
        self.connection.close()


@pytest.fixture
def office(make_scene: Callable[[], Scene]) -> Iterator[Office]:
    made = Office(make_scene())
    yield made
    made.close()


def complaint(name: str, **more: object) -> Event:
    fields: dict[str, object] = {
        "complaint_id": f"b:{name}",
        "customer_id": "b:1",
        "legal_entity": "demo-cn",
        "received_by": "own",
        "product_id": "b:p1",
        "issue": "fee",
    }
    return bank.event(cmp.ComplaintReceived, **(fields | more))


def answered(name: str) -> Event:
    return bank.event(
        out.ComplaintFinalResponseSent, complaint_id=f"b:{name}", customer_id="b:1", decision="upheld"
    )


def test_each_instant_is_signalled_once_at_its_own_time(office: Office) -> None:
    office.tell(complaint("c1"), 0, "r1")  # noon of 2 March 2026 in China: due on 17 March
    sweep = office.sweep_of()
    office.sweep_at(1, sweep)
    assert office.signals() == []
    office.sweep_at(8, sweep)
    (half,) = office.signals()
    assert half.occurred_at == dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)
    assert half.admitted_at == bank.at(8)
    for day in (9, 20, 21):
        office.sweep_at(day, sweep)
    assert [one.occurred_at for one in office.signals()] == [
        dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 14, 16, tzinfo=dt.UTC),
        dt.datetime(2026, 3, 17, 16, tzinfo=dt.UTC),
    ]


def test_a_signal_explains_itself(office: Office) -> None:
    office.tell(complaint("c1"), 0, "r1")
    office.sweep_at(20)
    half, _, breach = (one.event for one in office.signals())
    assert isinstance(half, RiskSignalDetected)
    assert isinstance(breach, RiskSignalDetected)
    assert (half.severity, breach.severity, breach.rule) == ("low", "high", "R-CMPL-03")
    assert breach.text == (
        "Complaint b:c1, cn_nfra, answer - it is past due at 2026-03-17T16:00+00:00; "
        "last good day 2026-03-17 - 15 calendar days after receipt on 2026-03-02, end on 2026-03-17; "
        "cn_nfra 2020-03."
    )
    assert [(one.source, one.id) for one in breach.evidence] == [(bank.SOURCE, "r1")]
    assert (breach.customer_id, breach.product_id, breach.legal_entity) == ("b:1", "b:p1", "demo-cn")


def test_another_sweep_adds_nothing(office: Office) -> None:
    office.tell(complaint("c1"), 0, "r1")
    first = office.sweep_at(20)
    assert first > 0
    assert office.sweep_at(21) == 0, "another process finds them posted"
    other = office.sweep_of()
    office.tell(answered("c1"), 21, "a1")
    assert office.sweep_at(22, other) == 0
    names = [one.id for one in office.signals()]
    assert len(names) == len(set(names)) == 3


def test_a_clock_that_was_stopped_before_gives_no_more(office: Office) -> None:
    office.tell(complaint("c1"), 0, "r1")
    office.tell(answered("c1"), 10, "a1")
    office.sweep_at(20)
    assert [one.event.inputs[3] for one in office.signals() if isinstance(one.event, RiskSignalDetected)] == [
        ("level", "half of its time is used")
    ]


def test_what_came_late_is_found_though_its_instants_were_swept(office: Office) -> None:
    sweep = office.sweep_of()
    office.sweep_at(20, sweep)
    office.tell(complaint("late"), 0, "r1")
    office.sweep_at(21, sweep)
    assert len(office.signals()) == 3


def test_nothing_from_before_the_journal_was_opened(office: Office) -> None:
    office.tell(complaint("old"), -400, "r1")  # the journal was opened thirty days before the start
    assert office.sweep_at(1) == 0
    office.tell(complaint("half"), -44, "r2")  # half and four fifths were over, the due time was not
    office.sweep_at(1)
    assert len(office.signals()) == 1


def test_no_word_before_everything_until_then_is_posted(office: Office) -> None:
    office.tell(complaint("c1"), 0, "r1")
    sweep = office.sweep_of()
    office.sweep_at(1, sweep)
    office.tell(answered("c1"), 6, "a1")
    office.now = bank.at(20)
    assert sweep.sweep() == 0, "the answer is in the journal and not posted"
    office.post()
    sweep.sweep()
    assert office.signals() == []


def test_queue_and_clocks_of_a_complaint_and_the_figure_with_its_rows(office: Office) -> None:
    office.tell(complaint("c1"), 0, "r1")
    office.tell(complaint("c2"), 3, "r2")
    office.tell(complaint("done"), 0, "r3")
    office.tell(answered("done"), 2, "a3")
    office.post()
    schema, connection = office.generation.schema, office.connection
    lines = clocks_of(connection, schema, "b:c1", bank.at(8))
    answer = next(one for one in lines if one.clock.regime == "cn_nfra")
    assert (answer.state, answer.next_steps) == ("running", ("final_response_sent", "closed"))
    assert answer.remaining_seconds == int(dt.timedelta(days=7, hours=12).total_seconds())
    assert answer.title["zh"] == "处理决定告知投诉人"
    assert clocks_of(connection, schema, "b:nobody", bank.at(8)) == []
    waiting = queue(connection, schema, bank.at(8), legal_entity="demo-cn")
    assert [(one.complaint_id, one.line.clock.clock, one.line.state) for one in waiting] == [
        ("b:c1", "first_reaction", "breached"),
        ("b:c2", "first_reaction", "breached"),
    ]
    by_clock = FigureQuery(by=("clock",), where=(("regime", "cn_nfra"),))
    as_of = bank.on(30)
    (line,) = read_figure(connection, schema, COMPLAINT_CLOCKS_ON_TIME, by_clock, as_of)
    assert line.dims == {"clock": "answer"}
    assert line.estimate.parts == {"past_due": 2, "on_time": 1, "due": 3}
    rows = rows_behind(connection, schema, COMPLAINT_CLOCKS_ON_TIME, by_clock)
    assert {getattr(row, "complaint_id", None) for row in rows} == {"b:c1", "b:c2", "b:done"}
    nowhere = FigureQuery(where=(("regime", "cn_nfra"), ("clock", "handler")))
    assert rows_behind(connection, schema, COMPLAINT_CLOCKS_ON_TIME, nowhere) == []
