"""The composition root: settings in, wired parts out. The only module that knows every adapter.

Commands, workers and the API open a `System` and ask it for parts. It must hold no business rules.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from events import codec
from events.calendar import JournalOpened
from projections.catalogue import LEDGERS
from projections.fold import Declarations
from projections.rules.pack import RulePack
from services.audit import rebuild as rebuilding
from services.audit.rebuild import RebuildPlan
from services.audit.rebuild_jobs import RebuildJobs, finer
from services.config import Settings
from services.desks.opening import Desks, Parts
from services.door.admission import Door
from services.door.limits import Limits
from services.door.memory import Memory
from services.door.producers import DoorCounts
from services.door.quarantine import Quarantine
from services.door.references import References
from services.errors import NotReady, OlderThanJournal, WrongUse
from services.journal.address import JournalAddress, open_journal
from services.journal.archive import ArchiveJournal
from services.journal.opening import open_or_begin
from services.journal.port import Journal
from services.made_once import made_once
from services.privacy.keyring import Keyring
from services.privacy.master_key import derive, load_master_key
from services.privacy.sealer import Sealer
from services.projector.projector import Projector, resolve
from services.projector.unpark import unpark
from services.store import generation as generations
from services.store.database import Connection, connect, migrate
from services.store.embedded import EmbeddedPostgres
from services.store.generation import Generation
from services.store.locks import Lock, lowest_reader
from services.store.pool import ReadPool, open_pool
from services.store.queries.calendar import last_closed_day
from services.store.scope import scoped
from services.watch.clock_sweep import ClockSweep
from services.watch.day_close import DayCloser, days_due
from services.watch.packs import load_pack
from services.watch.watch import Watch, opened_on
from services.workers.daily import Every, OncePerDay
from services.workers.loops import Loops, Progress
from services.workers.relaying import carry_round

SWEEP_PAUSE = dt.timedelta(seconds=10)
SETTLE_TIMEOUT_SECONDS = 900.0
SETTLE_POLL_SECONDS = 0.1
LOAD_CHUNK_RECORDS = 20_000
REBUILD_FROM_RECORDS = 5_000
"""A journal of at least this many records is rebuilt in bulk when new declarations meet it."""

_CLOSED = (
    "desks",
    "door_counts",
    "read_pool",
    "keyring",
    "references",
    "quarantine_log",
    "day_closer",
    "clock_sweep",
)
"""Parts that hold connections, in the order in which they are closed."""

_log = logging.getLogger("daybook.bootstrap")


def utc_now() -> dt.datetime:
    """The clock that is handed to every part that needs one."""
    return dt.datetime.now(dt.UTC)


class System:
    """One Daybook: its database, journal and parts, opened once and closed together."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], dt.datetime] = utc_now,
        declarations: Declarations = LEDGERS,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.declarations = declarations
        self._server, self.conninfo = start_database(settings)
        self.address = journal_address(settings, self.conninfo)
        self.journal: Journal = make_journal(self.address)
        self.opened: JournalOpened = open_or_begin(self.journal, settings.zone, clock())
        self.zone = ZoneInfo(self.opened.zone)

    def close(self) -> None:
        """Release everything; the embedded server stops with its last user."""
        for name in _CLOSED:
            if name in self.__dict__:
                self.__dict__[name].close()
        self.journal.close()
        if self._server is not None:
            self._server.stop()

    # Reading.

    @made_once
    def fingerprint(self) -> str:
        """Of the declarations and the zone: generations are found by it."""
        return self.declarations.fingerprint(self.opened.zone)

    def connect(self) -> Connection:
        """A reading connection, each statement on its own."""
        return connect(self.conninfo, autocommit=True)

    @made_once
    def read_pool(self) -> ReadPool:
        """Connections for the API's reading routes."""
        return open_pool(self.conninfo)

    def generation(self, connection: Connection) -> Generation:
        """The live generation, resolved once per request; NotReady if none is live yet."""
        return generations.require_live(connection, "ledgers", self.fingerprint)

    # The way in.

    @made_once
    def keyring(self) -> Keyring:
        """The keys of this system; its tables are made on first use."""
        keyring = Keyring(self.conninfo, load_master_key(self.settings.data, self.settings.master_key))
        keyring.create()
        return keyring

    @made_once
    def sealer(self) -> Sealer:
        return Sealer(self.keyring)

    @made_once
    def quarantine_log(self) -> Journal:
        """Where refused records are kept: a log of its own beside the journal."""
        name = "quarantine" if self.address.kind == "postgres" else self.settings.quarantine_topic
        return make_journal(self.address._replace(name=name, partitions=1))

    @made_once
    def quarantine(self) -> Quarantine:
        return Quarantine(
            self.quarantine_log,
            self.journal,
            self.sealer,
            self.references,
            self.clock,
            self.zone,
            derive(self.keyring.master_key, "quarantine case 1"),
        )

    @contextmanager
    def reading(self) -> Iterator[tuple[Connection, str]]:
        """A reading connection that sees every unit, and the live generation's schema, resolved once."""
        with self.read_pool.connection() as connection, scoped(connection, None):
            yield connection, self.generation(connection).schema

    @made_once
    def desks(self) -> Desks:
        """Where decisions are taken, and the relay that carries them to the journal."""
        return Desks(
            Parts(
                self.conninfo,
                self.journal,
                self.sealer,
                self.reading,
                self.declarations,
                self.clock,
                self.zone,
            )
        )

    @made_once
    def references(self) -> References:
        return References(self.conninfo, self.journal, self.declarations, self.opened.zone)

    @made_once
    def door_counts(self) -> DoorCounts:
        """What each source brought, kept until written; closing writes the rest."""
        return DoorCounts(self.conninfo)

    @made_once
    def door(self) -> Door:
        """The door; it remembers what was appended and not posted before it was opened."""
        settings = self.settings
        self._refuse_to_outrun_readers()
        door = Door(
            self.journal,
            self.quarantine,
            self.sealer,
            self.references,
            Memory(),
            self.clock,
            Limits(event_bytes=settings.max_event_bytes, refusals_in_a_row=settings.refusals_in_a_row),
            self.zone,
            self.door_counts,
        )
        door.recover()
        return door

    def _refuse_to_outrun_readers(self) -> None:
        """A door that writes schemas which a running projector cannot read would stop its partitions."""
        with self.connect() as connection:
            lowest = lowest_reader(connection)
        if lowest is not None and lowest < codec.CATALOGUE_LEVEL:
            raise OlderThanJournal(
                f"a projector runs that knows {lowest} schemas and this door writes {codec.CATALOGUE_LEVEL}: "
                "deploy readers before writers, then start the door"
            )

    # The loops.

    def projector(self) -> Projector:
        """A projector into the live generation; an empty journal's first generation is made here."""
        self.journal.check()
        with self.connect() as connection:
            generation = resolve(connection, self.journal, self.declarations, self.opened.zone, "ledgers")
        projector = Projector(self.journal, self.conninfo, self.declarations, generation, self.zone)
        projector.verify_watermarks()
        return projector

    def watch(self) -> Watch:
        """The watch with the active rule pack."""
        watch = Watch(self.journal, self.conninfo, self.pack, self.opened.zone, self.clock)
        watch.verify_watermarks()
        return watch

    @made_once
    def pack(self) -> RulePack:
        """The active rule pack."""
        return load_pack(self.settings.rule_pack)

    @made_once
    def day_closer(self) -> DayCloser:
        return DayCloser(self.journal, self.conninfo, self.opened.zone, self.clock)

    def close_due_days(self) -> None:
        """Close the days that ended since the last close and since the journal was opened; older days of a
        history are closed by their import."""
        with self.connect() as connection:
            last = last_closed_day(connection, self.generation(connection).schema)
        first = opened_on(self.journal, self.zone)
        self.day_closer.close_days(day for day in days_due(last, self._today()) if day >= first)

    def expire_day_keys(self) -> None:
        """Destroy the keys of quarantined records without a subject that have served their 90 days."""
        destroyed = self.keyring.expire_day_keys(self._today())
        if destroyed:
            _log.info("%d day keys of the quarantine have been destroyed: their 90 days are over", destroyed)

    def daily_duties(self) -> tuple[OncePerDay, ...]:
        """What each business day asks for once."""
        return (
            OncePerDay("day_close", self._today, self.close_due_days),
            OncePerDay("day_keys", self._today, self.expire_day_keys),
        )

    @made_once
    def clock_sweep(self) -> ClockSweep:
        """Finds complaint clocks whose warning and due instants have passed."""
        return ClockSweep(self.journal, self.conninfo, self.pack, self.fingerprint, self.clock, self.zone)

    def duties(self) -> tuple[OncePerDay | Every, ...]:
        """Everything that is due by the clock: each day's work, and the sweep of the complaint clocks."""
        sweep = Every("clock_sweep", SWEEP_PAUSE, self.clock, self.sweep_clocks)
        return (*self.daily_duties(), sweep)

    def sweep_clocks(self) -> bool:
        """Signal complaint clocks that ran out; False if more has to be posted first."""
        self.clock_sweep.sweep()
        return not self.clock_sweep.waiting

    def _today(self) -> dt.date:
        return self.clock().astimezone(self.zone).date()

    def loops(self) -> Loops:
        """Projector and watch taken in turns; keys parked by code that was mended since come free first."""
        projector = self.projector()
        unpark(projector)
        batch_entries = self.settings.batch_entries
        return Loops(
            self.journal, projector, self.watch(), batch_entries, self.carry_for_desks, self.projector
        )

    def carry_for_desks(self) -> None:
        """Carry what desks decided and nobody has carried yet; a journal that is away is asked later."""
        carry_round(self.desks.relay)

    def rebuild_plan(self, workers: int = 1) -> RebuildPlan:
        """A plan to rebuild this system's ledgers from its own journal."""
        return RebuildPlan(self.address, self.conninfo, self.declarations, self.opened.zone, workers=workers)

    @made_once
    def rebuild_jobs(self) -> RebuildJobs:
        """Rebuilds that are asked for over HTTP."""
        return RebuildJobs(
            self.conninfo, lambda: finer(self.rebuild_plan(), sum(self.journal.ends().values()))
        )

    def prepare(self, progress: rebuilding.Progress | None = None) -> None:
        """Have a live generation of these declarations: made empty, or rebuilt if there is a history."""
        with self.connect() as connection:
            if generations.live(connection, "ledgers", self.fingerprint) is not None:
                return
            if sum(self.journal.ends().values()) < REBUILD_FROM_RECORDS:
                resolve(connection, self.journal, self.declarations, self.opened.zone, "ledgers")
                return
        _log.info("building a generation with fingerprint %s", self.fingerprint)
        plan = self.rebuild_plan()
        rebuilding.swap(plan, rebuilding.rebuild(plan, progress))

    def settle(self, progress: Progress | None = None) -> None:
        """Return when everything in the journal is posted and judged.

        If another process runs the loops, wait for it; if none does, run them here. Raises NotReady if the
        other process does not get there in time.
        """
        with Lock(self.conninfo, "loops") as lock:
            deadline = time.monotonic() + SETTLE_TIMEOUT_SECONDS
            while not lock.try_take():
                if self._posted():
                    return
                if time.monotonic() > deadline:
                    raise NotReady("the process that runs the loops does not catch up: see `daybook status`")
                time.sleep(SETTLE_POLL_SECONDS)
            loops = self.loops()
            try:
                loops.settle(progress)
            finally:
                loops.close()

    def _posted(self) -> bool:
        ends = self.journal.ends()
        with self.connect() as connection:
            found = [g for g in generations.all_generations(connection) if g.state == generations.LIVE]
            return bool(found) and all(
                mark.next_offset >= ends[partition]
                for generation in found
                if generation.fingerprint == self.fingerprint or generation.kind == "watch"
                for partition, mark in generations.watermarks(connection, generation.schema).items()
            )


def start_database(settings: Settings) -> tuple[EmbeddedPostgres | None, str]:
    """The embedded server, if there is one, and how to connect; tables outside generations are in place."""
    server: EmbeddedPostgres | None = None
    if settings.database_url is not None:
        conninfo = str(settings.database_url)
    else:
        server = EmbeddedPostgres(settings.data)
        server.start()
        conninfo = server.conninfo()
    migrate(conninfo)
    return server, conninfo


def journal_address(settings: Settings, conninfo: str) -> JournalAddress:
    """Kafka where it is configured, else the table of the embedded journal."""
    if settings.kafka is not None:
        return JournalAddress("kafka", settings.kafka, settings.journal_topic)
    return JournalAddress("postgres", conninfo, "journal", settings.partitions)


def make_journal(address: JournalAddress) -> Journal:
    """Open a journal, making the embedded one's tables first. Topics are made by `daybook topics create`."""
    if address.kind == "postgres":
        from services.journal.postgres import PostgresJournal

        return PostgresJournal.create(address.at, name=address.name, partitions=address.partitions or 1)
    return open_journal(address)


def load_archive(
    settings: Settings, archive: ArchiveJournal, progress: Callable[[int, int], None] | None = None
) -> int:
    """Append an archive's raw records, at their positions, to this system's empty journal.

    Raises WrongUse if the journal holds anything.
    """
    server, conninfo = start_database(settings)
    journal = make_journal(journal_address(settings, conninfo)._replace(partitions=archive.partitions))
    try:
        if any(journal.ends().values()):
            raise WrongUse("an archive is loaded into an empty journal only: name a fresh --data folder")
        starts, ends = archive.begins(), archive.ends()
        total, done = sum(ends.values()), 0
        while starts:
            records = archive.read(starts, LOAD_CHUNK_RECORDS)
            journal.append_at(records)
            for record in records:
                starts[record.partition] = record.offset + 1
            starts = {p: offset for p, offset in starts.items() if offset < ends[p]}
            done += len(records)
            if progress is not None:
                progress(done, total)
        return done
    finally:
        journal.close()
        if server is not None:
            server.stop()
