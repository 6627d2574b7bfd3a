"""A small year at the desks: every regime has clocks met and late, and the journal gives the cases back."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from projections.complaint_clocks import COMPLAINT_CLOCKS_ON_TIME
from services.bootstrap import System
from services.config import Settings
from services.demo.clock import PlayedClock
from services.demo.entities import ZONE
from services.demo.play import Played, play
from services.demo.year import Year
from services.desks.complaints import commands as ask
from services.desks.opening import DESK_NAMES
from services.desks.rebuilding import rebuild_desks, swap_desks
from services.store.queries.desk_work import complaint_ends, overrides, running_clocks, systemic_issues
from services.store.queries.figures import FigureQuery, read_figure
from tests.databases import Databases, as_url

CUSTOMERS, SEED = 600, 771
LAST = dt.date(2026, 6, 30)


@pytest.fixture(scope="module")
def played(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Played]]:
    """A year that was played once for all questions of this file."""
    name = databases.make()
    url: Any = as_url(databases.conninfo(name))
    settings = Settings(data=tmp_path_factory.mktemp("demo"), database_url=url, zone=ZONE)
    system = System(settings, PlayedClock(LAST))
    with closing(system):
        system.prepare()
        yield system, play(system, CUSTOMERS, SEED, lambda done, total=None: None)
    databases.spend(name)


def test_every_regime_has_clocks_that_were_met_and_late(played: tuple[System, Played]) -> None:
    system, _ = played
    year = Year(LAST)
    counts: defaultdict[str, dict[str, float]] = defaultdict(dict)
    with system.reading() as (connection, schema):
        query = FigureQuery(("regime",), (), year.first, year.last)
        for line in read_figure(connection, schema, COMPLAINT_CLOCKS_ON_TIME, query, LAST):
            counts[str(line.dims["regime"])] = dict(line.estimate.parts)
    regimes = {"cn_nfra", "uk_disp", "eu_psd2", "us_cfpb", "us_reg_e", "au_rg271", "house"}
    assert counts.keys() == regimes
    for regime in regimes:
        assert counts[regime].get("on_time", 0) > 0, regime
        assert counts[regime].get("late", 0) > 0, regime


def test_open_cases_are_near_half_and_four_fifths_and_the_end_of_their_clocks(
    played: tuple[System, Played],
) -> None:
    system, _ = played
    with system.reading() as (connection, schema):
        running = running_clocks(connection, schema)
    ends = dt.datetime(2026, 6, 30, 15, 59, tzinfo=dt.UTC)
    shares = [
        (ends - clock.started_at) / (clock.due_at - clock.started_at)
        for one in running
        for clock in one.clocks
        if clock.open and clock.governs and clock.duty and clock.regime != "house"
        if clock.due_at is not None
    ]
    for share in (0.5, 0.8, 0.97):
        assert any(abs(one - share) < 0.06 for one in shares), share


def test_cases_were_decided_adopted_linked_withdrawn_and_one_was_systemic(
    played: tuple[System, Played],
) -> None:
    system, told = played
    with system.reading() as (connection, schema):
        ends = complaint_ends(connection, schema)
        issues = systemic_issues(connection, schema)
        waved = overrides(connection, schema)
    for name in ("open", "closed", "withdrawn", "extended", "linked as duplicates", "adopted by the desk"):
        assert ends[name] > 0, name
    assert [one.issue_id for one in issues] == ["safe-fund"]
    assert issues[0].affected >= 15
    assert waved.get("confirmed", 0) > 0
    assert told.commands == len(told.bank.deeds)


def test_a_case_of_the_desk_has_the_versions_of_its_deeds_and_goes_on(played: tuple[System, Played]) -> None:
    system, told = played
    by_case: defaultdict[str, list[str]] = defaultdict(list)
    for deed in told.bank.deeds:
        if deed.desk == "complaints":
            by_case[deed.case_id].append(deed.command_id)
    desk = system.desks.complaints
    for case_id, commands in by_case.items():
        case = desk.read(case_id)
        done = list(dict.fromkeys(one.envelope.causationid for one in case.events))
        assert done == commands
        assert [one.originator_version for one in case.events] == list(range(1, case.version + 1))


def test_the_journal_alone_gives_the_desks_back_and_an_old_case_goes_on(
    played: tuple[System, Played],
) -> None:
    system, told = played
    found = rebuild_desks(system.conninfo, system.journal, DESK_NAMES)
    assert all(one.events > 0 for one in found if one.desk == "complaints")
    assert all(one.equal for one in found)
    swap_desks(system.conninfo, DESK_NAMES)
    closed = next(deed for deed in reversed(told.bank.deeds) if deed.name == "close")
    command = ask.Escalate(to="regulator", reason="after the rebuild")
    with closing(System(system.settings, system.clock)) as again:
        answer = again.desks.complaints.handle("escalate", command, closed.actor, case_id=closed.case_id)
    assert answer.entries
