"""A journal that was opened, and watches on it with the house pack."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from events import codec
from events.envelope import Entry, Position
from events.risk import RiskSignalDetected
from projections.rules.pack import RulePack
from services.journal.opening import open_or_begin
from services.journal.port import Record
from services.journal.postgres import PostgresJournal
from services.store.database import migrate
from services.watch.day_close import DayCloser
from services.watch.packs import load_pack
from services.watch.watch import Watch
from tests.databases import Databases
from tests.watch import bank


@dataclass
class Scene:
    """A journal, and the watches and closers that a test opens on it."""

    journal: PostgresJournal
    conninfo: str
    pack: RulePack
    database: str
    opened: list[Watch | DayCloser] = field(default_factory=list)

    def clock(self) -> dt.datetime:
        return bank.at(400)

    def watch(self, **more: object) -> Watch:
        made = Watch(self.journal, self.conninfo, self.pack, bank.ZONE, self.clock, **more)  # type: ignore[arg-type]
        self.opened.append(made)
        return made

    def end_all_but(self, kept: Watch) -> None:
        """Close every watch and closer but one."""
        for one in self.opened:
            if one is not kept:
                one.close()
        self.opened = [kept]

    def closer(self) -> DayCloser:
        made = DayCloser(self.journal, self.conninfo, bank.ZONE, self.clock)
        self.opened.append(made)
        return made

    def append(self, *records: Record) -> list[Position]:
        return self.journal.append(records)

    def entries(self) -> list[Entry]:
        starts, found = self.journal.begins(), []
        while records := self.journal.read(starts, 10_000):
            for one in records:
                position = Position(0, one.partition, one.offset)
                found.append(codec.decode(one.value, position, dt.UTC))
                starts[one.partition] = one.offset + 1
        return found

    def signals(self) -> list[RiskSignalDetected]:
        """Signals in the journal, copies included, in the order of their ids."""
        events = [one.event for one in self.entries()]
        found = [one for one in events if isinstance(one, RiskSignalDetected)]
        return sorted(found, key=lambda one: one.signal_id)

    def rules(self) -> list[str]:
        """The rules that gave a signal, sorted, as often as they did."""
        return sorted(one.rule for one in self.signals())

    def close(self, *days: int) -> None:
        """Close days, counted from the start, and let the watch catch up."""
        self.closer().close_days([bank.on(day) for day in days])
        self.watch().catch_up()

    def rules_after(self, *records: Record) -> list[str]:
        """What the watch sees in these records."""
        self.append(*records)
        self.watch().catch_up()
        return self.rules()


@pytest.fixture(scope="session")
def pack() -> RulePack:
    return load_pack()


@pytest.fixture(scope="session")
def opened_journal(databases: Databases) -> str:
    """The name of a database with a journal that was opened and nothing else: scenes are copies of it."""
    name = databases.make()
    migrate(databases.conninfo(name))
    journal = PostgresJournal.create(databases.conninfo(name), partitions=4)
    open_or_begin(journal, bank.ZONE, bank.at(-30))
    journal.close()
    return name


@pytest.fixture
def make_scene(databases: Databases, opened_journal: str, pack: RulePack) -> Iterator[Callable[[], Scene]]:
    """Makes scenes, each in a database of its own."""
    scenes: list[Scene] = []

    def make() -> Scene:
        name = databases.make(template=opened_journal)
        conninfo = databases.conninfo(name)
        scenes.append(Scene(PostgresJournal(conninfo), conninfo, pack, name))
        return scenes[-1]

    yield make
    for scene in scenes:
        for one in (*scene.opened, scene.journal):
            one.close()
        databases.spend(scene.database)


@pytest.fixture
def scene(make_scene: Callable[[], Scene]) -> Scene:
    return make_scene()
