"""The desks on the command line: commands as words or JSON, refusals, and tables that come back whole."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from services.bootstrap import System
from services.cli.app import app, main
from services.cli.desks import command_json
from services.config import Settings
from services.desks.complaints.declaration import COMPLAINTS
from services.desks.deciding import RuleBroken, StaleVersion
from services.desks.opening import DESK_NAMES
from services.errors import CheckFailed, NotFound, WrongUse
from tests.api.test_desks import DISP, facts
from tests.data_folder import folder_for_servers
from tests.databases import as_url
from tests.door.rig import submission

runner = CliRunner()
ANNA = ("--actor", "bank:H1", "--role", "complaint_handler")
LENA = ("--actor", "bank:L1", "--role", "team_lead")
TWO = {"DAYBOOK_PARTITIONS": "2"}


class Line:
    """The command line over one system, which is kept open so that the server stays up between commands."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.system = System(settings)
        self.environment = environment
        self.system.prepare()
        self.system.door.admit([submission(event) for event in facts()])
        self.system.settle()

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        data = ("--data", str(self.system.settings.data))
        return runner.invoke(app, [*arguments, *data], input=stdin, env=self.environment)

    def read(self, *arguments: str, stdin: str | None = None) -> Any:
        result = self.run(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
        return json.loads(result.stdout)

    def received(self) -> str:
        """A case with its handler."""
        words = ("legal_entity=bank", "received_by=own", "issue=mis-sale", "customer_id=bank:1")
        more = ("product_id=bank:p1", "sale_id=bank:s1", "seller_id=bank:S1")
        case = str(self.read("complaint", "receive", *words, *more, *ANNA)["case_id"])
        triage = {"taxonomy": "house", "code": "mis_sale", "severity": "high", "regimes": [DISP]}
        self.read("complaint", "do", "triage", case, "--body", "-", *ANNA, stdin=json.dumps(triage))
        self.read("complaint", "do", "assign", case, "employee_id=bank:H1", *LENA)
        return case

    def checked(self) -> str:
        """A suitability check."""
        words = ("customer_id=bank:1", "product_id=bank:p1", "seller_id=bank:S1")
        return str(self.read("suitability", "check", *words, "--actor", "bank:S1")["case_id"])


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with folder_for_servers() as folder:
        made = Line(Settings(data=folder, partitions=2), TWO)
        yield made
        made.system.close()


def test_a_complaint_from_the_command_line(line: Line, tmp_path: Path) -> None:
    case = line.received()
    line.read("complaint", "do", "start-investigation", case, *ANNA)
    words = ("kind=accept", "amount_minor=5000", "currency=EUR", "reasons=told wrong", "reasons=not, at all")
    proposed = line.read("complaint", "do", "propose", case, *words, "--if-version", "5", *ANNA)
    assert proposed["entries"][0]["type"] == "complaint.resolution_proposed"
    line.read("complaint", "do", "approve", case, *LENA)
    answer = tmp_path / "answer.json"
    answer.write_text('{"decision": "upheld", "remedies_told": ["ombudsman"]}')
    line.read("complaint", "do", "send-final-response", case, "--body", f"@{answer}", *ANNA)
    shown = line.read("complaint", "show", case, *ANNA)
    assert shown["entries"][-1]["type"] == "complaint.final_response_sent"
    assert all(one["position"] for one in shown["entries"])
    said = [one["data"].get("reasons") for one in shown["entries"] if one["type"].endswith("_proposed")]
    assert said == [["told wrong", "not, at all"]]
    text = line.run("complaint", "show", case, *ANNA).output
    assert f"{case} at version {shown['version']}" in text
    assert "It allows now: " in text

    listed = line.read("complaint", "list", "--handler", "bank:H1")
    assert case in [one["complaint_id"] for one in listed]
    file = line.read("complaint", "file", case)
    assert [(one["item"], one["on_file"]) for one in file["entries"]] == [("sale", True)]
    assert line.read("complaint", "clocks", case)
    assert line.read("complaint", "similar", case) == []
    for command in ("list", "file", "clocks", "similar"):
        arguments = ("complaint", command) if command == "list" else ("complaint", command, case)
        assert line.run(*arguments).exit_code == 0


def test_a_command_is_done_once_and_at_its_version(line: Line) -> None:
    case = line.received()
    arguments = ("complaint", "do", "acknowledge", case, "--if-version", "3", "--command-id", "ack", *ANNA)
    assert [line.read(*arguments)["repeated"] for _ in range(2)] == [False, True]
    assert "had been done before" in line.run(*arguments).output
    stale = line.run("complaint", "do", "start-investigation", case, "--if-version", "3", *ANNA)
    assert isinstance(stale.exception, StaleVersion)


def test_a_refusal_names_the_rule_and_ends_with_1(
    line: Line, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case = line.received()
    arguments = ["complaint", "do", "assign", case, "employee_id=bank:S1", *LENA]
    refused = line.run(*arguments)
    assert isinstance(refused.exception, RuleBroken)
    for name, value in line.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["daybook", *arguments, "--data", str(line.system.settings.data)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "rule_broken (handler-independent): bank:S1 is complained about here or made the sale"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("receive", "issue=x"), "--actor"),
        (("receive", "issue=x", "--actor", "Anna"), "no employee id"),
        (("receive", "issue", *ANNA), "write KEY=VALUE"),
        (("receive", "sum=1", *ANNA), "Receive has no sum; it has legal_entity"),
        (("receive", "issue=x", *ANNA), "missing required field `legal_entity`"),
        (("receive", "amount_claimed_minor=x", *ANNA), "amount_claimed_minor=x: "),
        (("receive", "issue=x", "--body", "{}", *ANNA), "not as both"),
        (("receive", "--body", "@nowhere.json", *ANNA), "no file nowhere.json"),
        (("do", "forget", "bank:C9", *ANNA), "it knows receive, acknowledge"),
        (("receive", "--command-id", "", "issue=x", *ANNA), ""),
    ],
)
def test_wrong_use_names_the_way_out(line: Line, arguments: tuple[str, ...], says: str) -> None:
    result = line.run("complaint", *arguments)
    assert isinstance(result.exception, WrongUse), result.output
    assert says in str(result.exception)


def test_words_become_what_their_fields_want() -> None:
    triage = COMPLAINTS.decisions["triage"]
    words = [
        "taxonomy=house",
        "code=12",
        "severity=low",
        f"regimes=[{json.dumps(DISP)}]",
        "vulnerable_drivers=age",
    ]
    assert json.loads(command_json(triage, words, None)) == {
        "taxonomy": "house",
        "code": "12",
        "severity": "low",
        "regimes": [DISP],
        "vulnerable_drivers": ["age"],
    }
    extend = COMPLAINTS.decisions["extend"]
    words = ["reason=a=b", "new_due=2026-04-01", "customer_told=true"]
    said = json.loads(command_json(extend, words, None))
    assert said == {"reason": "a=b", "new_due": "2026-04-01", "customer_told": True}


def test_a_complaint_that_is_only_facts_is_adopted(line: Line) -> None:
    shown = line.read("complaint", "show", "bank:C9")
    assert (shown["at_desk"], shown["adopted"], shown["adopt"]) == (
        False,
        False,
        "daybook complaint adopt bank:C9",
    )
    assert "No desk has it" in line.run("complaint", "show", "bank:C9").output
    assert line.read("complaint", "file", "bank:C9")["sale_id"] == "bank:s2"
    assert line.read("complaint", "adopt", "bank:C9", *ANNA)["version"] == 1
    assert line.read("complaint", "show", "bank:C9")["adopted"] is True
    missing = line.run("complaint", "show", "bank:none")
    assert isinstance(missing.exception, NotFound)


def test_a_check_answers_at_once_and_replays(line: Line) -> None:
    check = line.checked()
    shown = line.read("suitability", "show", check)
    assert (shown["desk"], shown["entries"][0]["type"]) == ("suitability", "suitability.checked")
    assert shown["state"]["outcome"] == "insufficient_information"
    found = line.read("suitability", "replay", check)
    assert (found["equal"], found["stored"], found["differences"]) == (True, found["again"], [])
    assert "The same verdict comes out." in line.run("suitability", "replay", check).output
    words = ("document=warning-form", "document_version=3", "method=in_person")
    refused = line.run("suitability", "do", "warn", check, *words, "--actor", "bank:S1")
    assert isinstance(refused.exception, RuleBroken)


def drop_desks_and_ledgers(conninfo: str) -> None:
    """All that is not journal or key: the desks' tables and every generation."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        names = [row[0] for row in connection.execute("SELECT schema_name FROM daybook.generation")]
        connection.execute("DELETE FROM daybook.live_generation")
        connection.execute("DELETE FROM daybook.generation")
        for schema in ("desks", *names):
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())


def everything_comes_back(line: Line) -> None:
    """Given a case, when ledgers and desks are dropped and rebuilt, all is equal and the case goes on."""
    case, check = line.received(), line.checked()
    before = line.read("digest")["digests"]
    compared = line.read("rebuild", "--desks", "--compare")
    assert [(one["desk"], one["equal"]) for one in compared["desks"]] == [(one, True) for one in DESK_NAMES]
    drop_desks_and_ledgers(line.system.conninfo)

    rebuilt = line.read("rebuild", "--desks", "--swap")
    assert rebuilt["swapped"] is True
    again = [(one["digest"], one["live"]) for one in rebuilt["desks"]]
    assert again == [(one["digest"], None) for one in compared["desks"]]
    assert line.read("rebuild", "--swap")["swapped"] is True
    assert line.read("digest")["digests"] == before
    assert line.read("complaint", "do", "acknowledge", case, "--if-version", "3", *ANNA)["version"] == 4
    assert line.read("suitability", "replay", check)["equal"] is True
    assert line.read("rebuild", "--desks", "--compare")["desks"][0]["equal"] is True
    assert line.read("rebuild", "--compare")["comparison"]["equal"] is True


def test_desks_and_ledgers_come_back_from_the_embedded_journal(data_folder: Path) -> None:
    line = Line(Settings(data=data_folder, partitions=2), TWO)
    with closing(line.system):
        everything_comes_back(line)


@pytest.mark.kafka
def test_desks_and_ledgers_come_back_from_kafka_alone(
    kafka_bootstrap: str, kafka_topic: str, database_url: str, data_folder: Path
) -> None:
    environment = {
        "DAYBOOK_KAFKA": kafka_bootstrap,
        "DAYBOOK_DATABASE_URL": as_url(database_url),
        "DAYBOOK_JOURNAL_TOPIC": kafka_topic,
        "DAYBOOK_INTAKE_TOPIC": f"{kafka_topic}.intake",
        "DAYBOOK_QUARANTINE_TOPIC": f"{kafka_topic}.quarantine",
        "DAYBOOK_PARTITIONS": "2",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        settings = Settings(data=data_folder)
        made = runner.invoke(app, ["topics", "create", "--data", str(data_folder)])
        assert made.exit_code == 0, made.output
        line = Line(settings, environment)
        with closing(line.system):
            everything_comes_back(line)


def test_altered_tables_are_found_and_not_swapped(data_folder: Path) -> None:
    line = Line(Settings(data=data_folder, partitions=2), TWO)
    with closing(line.system):
        line.received()
        with psycopg.connect(line.system.conninfo, autocommit=True) as connection:
            connection.execute(
                "UPDATE desks.complaints_events SET state = convert_to(replace(convert_from(state, 'UTF8'), "
                "'high', 'low!'), 'UTF8')"
            )
        found = line.run("rebuild", "--desks", "--compare", "--swap")
        assert isinstance(found.exception, CheckFailed)
        assert "DIFFERENT" in found.output
        wrong = line.run("rebuild", "--desks", "--until", "2026-01-01")
        assert isinstance(wrong.exception, WrongUse)
        assert line.read("rebuild", "--desks", "--swap")["swapped"] is True
        assert line.read("rebuild", "--desks", "--compare")["desks"][0]["equal"] is True
