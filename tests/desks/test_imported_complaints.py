"""Real complaints of the CFPB's public data: they carry their clocks, and one goes on at the desk."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events.envelope import EmployeeId
from services.bootstrap import System
from services.config import Settings
from services.desks.complaints import commands as ask
from services.desks.deciding import Actor, Command, RuleBroken
from services.door.importing import run_import
from services.journal.port import Record
from tests.databases import as_url
from tests.door.rig import cloud_event, submission
from tests.proof.sets import DATA, SETS, files_of

pytestmark = pytest.mark.data

ROWS = 200
HANNA = Actor("hanna", EmployeeId("bank:H1"), frozenset({"complaint_handler"}))
LENA = Actor("lena", EmployeeId("bank:L1"), frozenset({"team_lead"}))


@pytest.fixture
def system(database_url: str, tmp_path: Path) -> Iterator[System]:
    cfpb = next(one for one in SETS if one.mapping == "cfpb")
    if not all((DATA / name).is_file() for name in cfpb.files):
        pytest.skip("needs the public data set cfpb (DAYBOOK_TEST_DATA says where)")
    url: Any = as_url(database_url)
    now = dt.datetime(2026, 3, 2, 15, 0, tzinfo=dt.UTC)
    with closing(System(Settings(data=tmp_path, database_url=url, partitions=4), lambda: now)) as made:
        made.prepare()
        staff = [
            cloud_event("employee.hired", f"employee/{one}", {"employee_id": one, "role": role}, one)
            for one, role in (("bank:H1", "complaint_handler"), ("bank:L1", "team_lead"))
        ]
        made.door.admit([submission(event) for event in staff])
        report = run_import(made.door, "cfpb", files_of(cfpb, tmp_path, ROWS), zone=made.zone)
        assert report.rows.admitted == ROWS
        made.settle()
        yield made


def rows(system: System, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the live generation, `{}` in it."""
    with system.reading() as (connection, schema):
        return connection.execute(query.format(schema).encode()).fetchall()


def test_imported_complaints_carry_their_clocks(system: System) -> None:
    """The response is due 15 calendar days after the complaint was sent to the company (example 3)."""
    found = rows(
        system,
        "SELECT c.forwarded_on, k.results FROM {0}.complaints c JOIN {0}.complaint_clocks k "
        "USING (subject, complaint_id)",
    )
    assert len(found) == ROWS
    for forwarded_on, results in found:
        clocks = {one.split("|")[1]: one.split("|") for one in results}
        assert clocks.keys() == {"response", "final_response"}
        assert clocks["response"][0] == "us_cfpb"
        assert clocks["response"][2] == str(forwarded_on + dt.timedelta(days=15))
        assert clocks["final_response"][2] == str(forwarded_on + dt.timedelta(days=60))
    judged = rows(system, "SELECT count(*) FILTER (WHERE timely) FROM {}.complaints WHERE judged")[0][0]
    on_time = sum("|on_time|" in "".join(results[:1]) for _, results in found)
    assert on_time == judged, "CFPB's own judgement stands where no day was published"


def test_one_of_them_is_adopted_answered_and_closed_at_the_desk(system: System) -> None:
    case, subject = rows(
        system, "SELECT complaint_id, subject FROM {}.complaints ORDER BY complaint_id LIMIT 1"
    )[0]
    desks = system.desks
    assert desks.adopt(case, HANNA).version == 1

    def do(name: str, command: Command, by: Actor = HANNA) -> None:
        desks.complaints.handle(name, command, by, case_id=case)

    with pytest.raises(RuleBroken):
        do("propose", ask.Propose(kind="reject", reasons=("no error found",)))
    do("reopen", ask.Reopen(reason="the consumer wrote again"))
    do("triage", ask.Triage(taxonomy="cfpb", code="other", severity="medium"))
    do("assign", ask.Assign(employee_id=EmployeeId("bank:H1")), LENA)
    do("start-investigation", ask.StartInvestigation())
    do("propose", ask.Propose(kind="reject", reasons=("no error found",)))
    do("approve", ask.Approve(), LENA)
    do("send-final-response", ask.SendFinalResponse(decision="not_upheld"))
    do("close", ask.Close(relief="none"))
    desks.relay.carry()
    system.settle()
    closed = "SELECT state, outcome, handler_id, reopened, adopted FROM {}.complaints WHERE adopted"
    assert rows(system, closed) == [("closed", "not_upheld", "bank:H1", 1, True)]

    timeline = f"SELECT count(*) FROM {{}}.entries WHERE subject = '{subject}'"
    before, register = rows(system, timeline)[0][0], rows(system, "SELECT * FROM {}.complaints WHERE adopted")
    data = {"complaint_id": case, "reason": "from the old system"}
    event = cloud_event("complaint.withdrawn", subject, data, "late", admittedtime="2026-03-02T16:00:00Z")
    system.journal.append([Record(subject.encode(), msgspec.json.encode(event))])
    system.settle()
    assert rows(system, timeline)[0][0] == before + 1
    assert rows(system, "SELECT * FROM {}.complaints WHERE adopted") == register
