"""`run_demo`: a demo bank of its own folder, played once, with its figures and its score as tables.

The command line calls it. A folder remembers which year it plays and whether it was played to the end, so
that a second run shows the same bank, and one that was interrupted goes on where it stopped.
"""

import datetime as dt
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from services.bootstrap import System
from services.config import Settings
from services.demo import numbers
from services.demo.bank import build
from services.demo.clock import PlayedClock
from services.demo.desk_tables import desk_tables
from services.demo.entities import ZONE
from services.demo.headlines import channel_rows, headline_rows
from services.demo.play import CLOSED_TOGETHER_DAYS, Played, Progress, play
from services.demo.score import Score, read_signals, score
from services.demo.truth import Truth
from services.demo.users import users_of
from services.demo.year import DAY, Year
from services.errors import WrongUse
from services.identity.local_users import write_users

STATE_FILE = "demo.json"
SHOWN_AT_MOST = 20
COLUMNS = ("figure", "value", "n", "95 % interval", "by design")

Table = tuple[str, tuple[str, ...], list[tuple[Any, ...]]]
"""Title, columns, rows."""


class DemoState(msgspec.Struct, frozen=True):
    """What a demo folder says of itself; `rules` are those of the pack it was played under."""

    customers: int
    seed: int
    last: dt.date
    rules: tuple[str, ...] = ()
    complete: bool = False


class DemoResult(NamedTuple):
    """The folder of the played bank, what to show of it, and the score."""

    folder: Path
    tables: tuple[Table, ...]
    score: Score


def run_demo(
    settings: Settings, customers: int, seed: int, progress: Progress, today: dt.date | None = None
) -> DemoResult:
    """Play a bank of this size and seed, or open the one that was played; give back its figures and score.

    The year ends the day before `today`. Raises WrongUse where Kafka is configured: the demo is embedded.
    """
    if settings.kafka is not None:
        raise WrongUse("the demo plays in an embedded system of its own: unset DAYBOOK_KAFKA")
    began = time.monotonic()
    folder = settings.data / f"demo-{seed}-{customers}"
    own = settings.model_copy(update={"data": folder, "zone": ZONE, "database_url": None})
    state = _state(folder, customers, seed, today or dt.datetime.now(ZoneInfo(ZONE)).date())
    system = System(own, PlayedClock(state.last))
    try:
        system.prepare()
        state = _with_rules(folder, state, system)
        if state.complete:
            bank = build(customers, seed, state.last, frozenset(state.rules))
            told: list[tuple[Any, ...]] = [("this bank was played before", str(folder))]
        else:
            played = play(system, customers, seed, progress, frozenset(state.rules))
            state = _write(folder, msgspec.structs.replace(state, complete=True))
            bank, told = played.bank, _told(played, customers)
        write_users(folder, users_of(bank.staff, state.last))
        return _result(system, state, bank.truth, told, began)
    finally:
        system.close()


def _state(folder: Path, customers: int, seed: int, today: dt.date) -> DemoState:
    """What the folder says; a new folder plays the year that ended yesterday."""
    file = folder / STATE_FILE
    if file.exists():
        return msgspec.json.decode(file.read_bytes(), type=DemoState)
    return _write(folder, DemoState(customers, seed, today - DAY))


def _with_rules(folder: Path, state: DemoState, system: System) -> DemoState:
    if state.rules:
        return state
    return _write(folder, msgspec.structs.replace(state, rules=tuple(sorted(system.pack.rules))))


def _write(folder: Path, state: DemoState) -> DemoState:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{STATE_FILE}.new"
    draft.write_bytes(msgspec.json.encode(state))
    draft.replace(folder / STATE_FILE)
    return state


def _result(
    system: System, state: DemoState, truth: Truth, told: list[tuple[Any, ...]], began: float
) -> DemoResult:
    year = Year(state.last)
    with system.connect() as connection:
        schema = system.generation(connection).schema
        headlines = headline_rows(connection, schema, year)
        channels = channel_rows(connection, schema, year)
        desks = desk_tables(connection, schema, year)
        result = score(truth, read_signals(connection, schema), frozenset(state.rules))
    told.append(("seconds in all", round(time.monotonic() - began, 1)))
    title = f"A bank of {state.customers:,} customers, {year.first} to {year.last}, seed {state.seed}"
    tables: list[Table] = [
        (title, COLUMNS, list(headlines)),
        ("NPS by channel", COLUMNS, list(channels)),
        *desks,
        ("What was played", ("what", "how much"), told),
        _score_table(result),
    ]
    tables += _words("Missed", result.missed)
    tables += _words("Falsely raised", result.false)
    tables += _words("Not covered", (*result.not_covered, *_too_small(result)))
    return DemoResult(system.settings.data, tuple(tables), result)


def _told(played: Played, customers: int) -> list[tuple[Any, ...]]:
    told: list[tuple[Any, ...]] = [
        ("events admitted", played.admitted),
        ("sent again, told as duplicates", played.duplicate),
        ("broken, refused and kept in quarantine", played.refused),
        ("commands at the desks", played.commands),
        ("entries that they decided", played.decided),
        (f"days closed, {CLOSED_TOGETHER_DAYS} together", played.days_closed),
        ("seconds to simulate", round(played.building_seconds, 1)),
        ("seconds through the door", round(played.door_seconds, 1)),
        ("seconds at the desks", round(played.desk_seconds, 1)),
        ("seconds to post and judge", round(played.posting_seconds, 1)),
    ]
    if customers < numbers.ALL_INTERACTIONS_FROM:
        told.append(
            ("part of the interactions that is played at this size", f"{numbers.INTERACTIONS_KEPT:.0%}")
        )
    return told


def _score_table(result: Score) -> Table:
    rows: list[tuple[Any, ...]] = [
        (
            rule.rule,
            ", ".join(map(str, rule.cases)) or "base",
            rule.expected,
            rule.found,
            rule.missed,
            rule.false,
        )
        for rule in result.tested
    ]
    sums = (
        sum(getattr(rule, name) for rule in result.tested)
        for name in ("expected", "found", "missed", "false")
    )
    rows.append(("all", "", *sums))
    return "Score of the rules", ("rule", "cases", "true", "found", "missed", "falsely raised"), rows


def _too_small(result: Score) -> list[str]:
    return [
        f"{rule.rule}: the bank is too small to test it, {numbers.SCALES_FROM:,} customers are needed"
        for rule in result.rules
        if not rule.tested
    ]


def _words(title: str, lines: Sequence[str]) -> list[Table]:
    if not lines:
        return []
    shown: list[tuple[Any, ...]] = [(line,) for line in lines[:SHOWN_AT_MOST]]
    if len(lines) > SHOWN_AT_MOST:
        shown.append((f"and {len(lines) - SHOWN_AT_MOST} more",))
    return [(title, ("what",), shown)]
