"""`daybook worker NAME`: the workers of Kafka mode, each a process; `all` supervises one of each.

The command line calls `run_worker`. It wires, waits for the signal to stop, and starts again what died; it
must hold no work of its own.
"""

import asyncio
import logging
import multiprocessing
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, cast

from events.errors import DaybookError
from services.config import Settings
from services.errors import Stopped, WrongUse
from services.journal.kafka import KafkaJournal
from services.journal.view_topic import ViewTopic
from services.store.locks import Lock
from services.telemetry import configure
from services.workers.intake import Backlog, Intake, IntakeSettings, make_app, serve
from services.workers.projecting import ProjectingLimits, ProjectorProcess, group_name
from services.workers.relaying import run_relay
from services.workers.timers import EVERY_SECONDS, Timer, add_timers
from services.workers.viewing import run_view
from services.workers.watchdog import Watchdog
from services.workers.watching import run_watch

if TYPE_CHECKING:
    from services.bootstrap import System

OpenSystem = Callable[[Settings], "System"]
LATER = ("notary",)
RESTARTS_IN_A_ROW_AT_MOST = 8
STEADY_SECONDS = 60.0
STOP_SECONDS = 60.0
PATIENCE_SECONDS = 120.0
_LOOK_SECONDS = 0.2
_log = logging.getLogger("daybook.workers")


def run_worker(name: str, settings: Settings, open_system: OpenSystem) -> None:
    """Run a worker until SIGTERM or SIGINT; `open_system` is the composition root (bootstrap.System).

    Raises WrongUse for a name that is none or comes later, and without Kafka; whatever stopped the worker
    otherwise, so that the process ends with a code that is not 0.
    """
    _check(name, settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if name == "all":
        _prepare(settings, open_system)
        Supervisor(settings, open_system).run(stop)
        return
    system = open_system(settings)
    try:
        with Lock(system.conninfo, "prepare") as lock:
            lock.take()
            system.prepare()
        WORKERS[name](system, stop)
    finally:
        system.close()


class Supervisor:
    """One process of each worker: what dies is started again, ever later; what cannot live ends all."""

    def __init__(self, settings: Settings, open_system: OpenSystem) -> None:
        self._settings = settings
        self._open_system = open_system
        self._processes: dict[str, BaseProcess] = {}
        self._started_at: dict[str, float] = {}
        self._due_at: dict[str, float] = {}
        self._restarts: dict[str, int] = dict.fromkeys(WORKERS, 0)

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; raises Stopped when a worker died too often in a row."""
        try:
            for name in WORKERS:
                self._start(name)
            while not stop.wait(_LOOK_SECONDS):
                for name, process in list(self._processes.items()):
                    if not process.is_alive():
                        self._start_again(name, process)
        finally:
            self._stop_all()

    def _start(self, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        arguments = (name, self._settings, self._open_system)
        process = context.Process(target=_run_child, args=arguments, name=name)
        process.start()
        self._processes[name] = process
        self._started_at[name] = time.monotonic()

    def _start_again(self, name: str, process: BaseProcess) -> None:
        """Note that it died, with the time when it is due to start again; start it when that has come."""
        now = time.monotonic()
        if name not in self._due_at:
            if now - self._started_at[name] > STEADY_SECONDS:
                self._restarts[name] = 0
            self._restarts[name] += 1
            pause_seconds = min(30.0, 0.5 * 2 ** self._restarts[name])
            self._due_at[name] = now + pause_seconds
            _log.error("%s ended with %s, again in %.0f s", name, process.exitcode, pause_seconds)
        if self._restarts[name] > RESTARTS_IN_A_ROW_AT_MOST:
            raise Stopped(f"the worker {name} died {self._restarts[name]} times in a row: see its log lines")
        if now >= self._due_at[name]:
            del self._due_at[name]
            self._start(name)

    def _stop_all(self) -> None:
        for process in self._processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes.values():
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()


def _run_door(system: "System", stop: threading.Event) -> None:
    asyncio.run(_serve_door(system, stop))


async def _serve_door(system: "System", stop: threading.Event) -> None:
    settings = system.settings
    bootstrap = _kafka(settings)
    intake = Intake(system.door.admit, settings.intake_topic)
    topic = KafkaJournal(bootstrap, settings.intake_topic)
    with tempfile.TemporaryDirectory(prefix="daybook-door-") as folder:
        wanted = IntakeSettings(bootstrap, settings.intake_topic, settings.door_batch_events, Path(folder))
        app = make_app(wanted, intake)
        add_timers(app, [Timer(duty.name, EVERY_SECONDS, duty) for duty in system.duties()])
        backlog = Backlog(topic.ends)

        def behind() -> dict[int, int]:
            held = {place.partition for place in app.consumer.assignment() if place.topic == topic_name}
            return backlog.behind(intake.acknowledged, held)

        topic_name = settings.intake_topic
        with Watchdog(behind, PATIENCE_SECONDS):
            await serve(app, intake, stop)
    topic.close()


def _run_projector(system: "System", stop: threading.Event) -> None:
    process = ProjectorProcess(
        cast(KafkaJournal, system.journal),
        system.projector,
        group_name(system.settings.journal_topic, system.fingerprint, _database_mark(system)),
        ProjectingLimits(batch_entries=system.settings.batch_entries, patience_seconds=PATIENCE_SECONDS),
    )
    process.run(stop)


def _run_watch(system: "System", stop: threading.Event) -> None:
    run_watch(system.journal, system.conninfo, system.watch, stop)


def _run_relay(system: "System", stop: threading.Event) -> None:
    run_relay(system.desks.relay, stop)


def _run_view(system: "System", stop: threading.Event) -> None:
    topic = ViewTopic(_kafka(system.settings), system.settings.view_topic)
    try:
        run_view(system.conninfo, topic, system.generation, system.journal.volume, stop)
    finally:
        topic.close()


WORKERS: dict[str, Callable[["System", threading.Event], None]] = {
    "projector": _run_projector,
    "watch": _run_watch,
    "door": _run_door,
    "relay": _run_relay,
    "view": _run_view,
}


def _run_child(name: str, settings: Settings, open_system: OpenSystem) -> None:
    """A worker under the supervisor; it ends with its parent, and an expected error is one log line."""
    configure(settings.log_level)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    try:
        run_worker(name, settings, open_system)
    except DaybookError as error:
        _log.error("%s: %s: %s", name, error.code, error)
        raise SystemExit(1) from error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)


def _check(name: str, settings: Settings) -> None:
    if name in LATER:
        raise WrongUse(f"there is no worker {name} yet: it comes with what it serves")
    if name != "all" and name not in WORKERS:
        raise WrongUse(f"there is no worker {name!r}: name one of {', '.join(WORKERS)}, or all")
    if settings.kafka is None:
        raise WrongUse(
            "workers are for Kafka mode: set DAYBOOK_KAFKA=host:port, or run `daybook up`, which needs none"
        )


def _prepare(settings: Settings, open_system: OpenSystem) -> None:
    """Open the journal and have a generation before several processes want to."""
    system = open_system(settings)
    try:
        system.journal.check()
        system.prepare()
    finally:
        system.close()


def _database_mark(system: "System") -> str:
    """What tells this database from all others, however it is reached."""
    with system.connect() as connection:
        row = connection.execute(
            "SELECT system_identifier::text || '/' || current_database() FROM pg_control_system()"
        ).fetchone()
    assert row is not None
    return str(row[0])


def _kafka(settings: Settings) -> str:
    assert settings.kafka is not None, "checked before any worker runs"
    return settings.kafka
