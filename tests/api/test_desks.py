"""The complaint desk over HTTP: a whole life, refusals with their rules, versions, commands sent again."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.api import problems
from services.api.app import create_app
from services.bootstrap import System
from services.config import Settings
from services.desks.carrying import Carrier
from services.desks.complaints.commands import Receive
from services.desks.deciding import Actor, NotPermitted
from services.desks.relay import Relay
from services.errors import JournalUnavailable
from services.workers.relaying import carry_round, run_relay
from tests.data_folder import HERE, folder_for_servers
from tests.door.rig import cloud_event, customer, product, sale, submission
from tests.kafka.rig import wait_until

HANDLER = {"Daybook-Actor": "bank:H1", "Daybook-Roles": "complaint_handler"}
LEAD = {"Daybook-Actor": "bank:L1", "Daybook-Roles": "team_lead, head_office"}
RECEIVE = {
    "legal_entity": "bank",
    "received_by": "own",
    "issue": "mis-sale",
    "customer_id": "bank:1",
    "product_id": "bank:p1",
    "sale_id": "bank:s1",
    "seller_id": "bank:S1",
    "text": "I was told that it was as safe as a deposit.",
}
DISP = {"regime": "uk_disp", "counts_as_complaint": True, "eligible_complainant": True}
TRIAGE: dict[str, Any] = {"taxonomy": "house", "code": "mis_sale", "severity": "high", "regimes": [DISP]}


def facts() -> list[dict[str, Any]]:
    """Three employees, three customers who bought one fund of one seller, and a complaint elsewhere."""
    staff = (("bank:H1", "complaint_handler"), ("bank:S1", "seller"), ("bank:L1", "team_lead"))
    hired = [
        cloud_event("employee.hired", f"employee/{one}", {"employee_id": one, "role": role}, f"h-{one}")
        for one, role in staff
    ]
    sales = [
        {
            **sale(number, seller_id="bank:S1", customer_id=f"bank:{number}"),
            "subject": f"customer/bank:{number}",
        }
        for number in (1, 2, 3)
    ]
    received = cloud_event(
        "complaint.received",
        "customer/bank:2",
        {
            "complaint_id": "bank:C9",
            "customer_id": "bank:2",
            "legal_entity": "bank",
            "received_by": "own",
            "issue": "mis-sale",
            "product_id": "bank:p1",
            "sale_id": "bank:s2",
        },
        "c9",
    )
    return [*hired, product(), *(customer(number) for number in (1, 2, 3)), *sales, received]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    now = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    with folder_for_servers() as folder:
        system = System(Settings(data=folder, sign_in="open", partitions=4), lambda: now)
        yield system
        system.close()


@pytest.fixture(scope="module")
def client(system: System) -> Iterator[TestClient]:
    with TestClient(create_app(system, loops=False), base_url=HERE) as client:
        outcomes = system.door.admit([submission(event) for event in facts()])
        assert {one.status for one in outcomes} == {"admitted"}
        system.settle()
        yield client


class AtDesk:
    """A case over HTTP, at the version that was last seen."""

    def __init__(self, client: TestClient, **changed: Any) -> None:
        self.client = client
        answer = client.post("/complaints", json={**RECEIVE, **changed}, headers=HANDLER)
        assert answer.status_code == 201, answer.text
        self.etag, self.path = answer.headers["ETag"], answer.headers["Location"]
        self.case_id = str(answer.json()["case_id"])

    def send(self, command: str, by: dict[str, str] = HANDLER, **body: Any) -> Any:
        headers = {**by, "If-Match": self.etag}
        return self.client.post(f"{self.path}/{command}", json=body, headers=headers)

    def do(self, command: str, by: dict[str, str] = HANDLER, **body: Any) -> dict[str, Any]:
        """A command that is carried out, in the journal when the answer comes."""
        answer = self.send(command, by, **body)
        assert answer.status_code == 200, answer.text
        self.etag = answer.headers["ETag"]
        found: dict[str, Any] = answer.json()
        assert found["relayed"] is True
        assert self.etag == f'"{found["version"]}"'
        return found

    def refused(self, command: str, by: dict[str, str] = HANDLER, **body: Any) -> tuple[str, str]:
        """The rule and the sentence of a command that a rule forbids."""
        answer = self.send(command, by, **body)
        assert answer.status_code == 409, answer.text
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (problem["type"], problem["status"]) == ("urn:daybook:problem:rule_broken", 409)
        assert self.client.get(self.path).headers["ETag"] == self.etag, "nothing has changed"
        return problem["rule"], problem["detail"]


def triaged(client: TestClient, **changed: Any) -> AtDesk:
    """Acknowledged, judged, with its handler."""
    case = AtDesk(client, **changed)
    case.do("acknowledge", method="letter")
    case.do("triage", **TRIAGE)
    case.do("assign", LEAD, employee_id="bank:H1")
    return case


def proposed(client: TestClient, **changed: Any) -> AtDesk:
    """Looked into, with a proposal to pay."""
    case = triaged(client, **changed)
    case.do("start-investigation")
    case.do("propose", kind="accept", amount_minor=5_000, currency="EUR", reasons=["told wrong"])
    return case


def paid(client: TestClient) -> AtDesk:
    """Upheld, answered and paid for."""
    case = proposed(client)
    case.do("approve", LEAD)
    case.do("send-final-response", decision="upheld", remedies_told=["ombudsman"])
    case.do("offer-redress", kind="loss", amount_minor=5_000, currency="EUR")
    case.do("accept-redress", kind="loss")
    case.do("pay-redress", kind="loss")
    return case


def test_the_whole_life_of_a_complaint(client: TestClient, system: System) -> None:
    case = paid(client)
    learned = case.do("record-root-cause", cause_code="unsuitable_words")
    assert "close" in learned["allowed"]
    closed = case.do("close", relief="monetary")
    assert [one["type"] for one in closed["entries"]] == ["complaint.closed"]
    assert closed["allowed"][-2:] == ["reopen", "send-survey"]
    system.settle()

    shown = client.get(case.path, headers=HANDLER)
    body = shown.json()
    assert shown.headers["ETag"] == case.etag == f'"{body["version"]}"'
    assert (body["at_desk"], body["adopted"], body["state"]["ending"]) == (True, False, "closed")
    assert [one["version"] for one in body["entries"]] == list(range(1, body["version"] + 1))
    first = body["entries"][0]
    assert (first["type"], first["by"]) == ("complaint.received", "bank:H1")
    assert "deposit" not in shown.text, "what the customer wrote stays sealed"
    record = client.get(f"/journal/{first['position']}").json()
    assert (record["id"], record["authid"]) == (f"{case.case_id}/1", "bank:H1")
    assert client.get(case.path).json()["allowed"] is None, "nobody asked"

    rows = client.get("/complaints", params={"state": "closed"}).json()["complaints"]
    row = next(one for one in rows if one["complaint_id"] == case.case_id)
    assert (row["outcome"], row["redress_minor"]) == ("upheld", 5_000)


def test_five_commands_that_break_a_rule_say_why_and_what_to_do(client: TestClient) -> None:
    case = triaged(client, complained_about_employee_ids=["bank:L1"])
    assert case.refused("assign", LEAD, employee_id="bank:S1") == (
        "handler-independent",
        "bank:S1 is complained about here or made the sale, and nobody may handle a complaint in their own "
        "case. Choose somebody who had no part in it.",
    )
    case = proposed(client)
    assert case.refused("approve", {**HANDLER, "Daybook-Roles": "complaint_handler,team_lead"}) == (
        "second-person",
        "bank:H1 made this proposal, and a second person must approve it. Ask a colleague who may approve.",
    )
    assert case.refused("send-final-response", decision="upheld", remedies_told=["ombudsman"]) == (
        "approval-first",
        "The proposal has not been approved by a second person. Have it approved, then answer.",
    )
    case.do("approve", LEAD)
    assert case.refused("send-final-response", decision="upheld") == (
        "remedies-told",
        "Under uk_disp the answer must tell the complainant of: ombudsman. Add what is missing to the letter "
        "and to the remedies told.",
    )
    assert case.refused("close", relief="none") == (
        "answered-before-closing",
        "This complaint was neither answered, settled, withdrawn nor declined, so it cannot be closed. "
        "Send the final response first.",
    )


def test_a_version_that_was_not_seen_is_no_version_to_decide_on(client: TestClient) -> None:
    case = AtDesk(client)
    path = f"{case.path}/acknowledge"
    missing = client.post(path, json={}, headers=HANDLER)
    assert missing.status_code == 428
    assert 'If-Match: "3"' in missing.json()["detail"]
    for wrong in ('W/"1"', "1", "*", '"1", "2"', '"x"'):
        answer = client.post(path, json={}, headers={**HANDLER, "If-Match": wrong})
        assert (answer.status_code, answer.json()["title"]) == (400, "wrong use"), wrong
    case.do("acknowledge")
    stale = client.post(f"{case.path}/triage", json=TRIAGE, headers={**HANDLER, "If-Match": '"1"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, case.etag)
    assert "is at version 2, and the command was meant for version 1" in stale.json()["detail"]


def test_two_who_decide_at_one_version(client: TestClient) -> None:
    case = AtDesk(client)
    answers: list[int] = []
    together = threading.Barrier(2)

    def decide(method: str) -> None:
        together.wait(60)
        answers.append(case.send("send-progress-update", method=method).status_code)

    threads = [threading.Thread(target=decide, args=(method,)) for method in ("letter", "phone")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [200, 412]


def test_a_command_sent_again_is_done_once(client: TestClient, system: System) -> None:
    headers = {**HANDLER, "Idempotency-Key": "letter-77"}
    first = client.post("/complaints", json=RECEIVE, headers=headers)
    again = client.post("/complaints", json=RECEIVE, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == again.headers["Location"]
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)

    path = f"{first.headers['Location']}/acknowledge"
    headers = {**HANDLER, "If-Match": '"1"', "Idempotency-Key": "ack-77"}
    answers = [client.post(path, json={"method": "letter"}, headers=headers) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200], "though the version has moved on"
    assert [one.headers["ETag"] for one in answers] == ['"2"'] * 3
    assert [one.json()["repeated"] for one in answers] == [False, True, True]
    system.settle()
    timeline = client.get("/subjects/customer/bank:1/timeline", params={"limit": 500}).json()["entries"]
    assert len([one for one in timeline if one["causation"] == "ack-77"]) == 1
    bad = client.post("/complaints", json=RECEIVE, headers={**HANDLER, "Idempotency-Key": "x" * 201})
    assert bad.status_code == 400


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"legal_entity": "bank", "received_by": "own"}', "missing required field `issue`"),
        (b'{"legal_entity": "bank", "received_by": "own", "issue": "x", "sum": 1}', "unknown field `sum`"),
        (b'{"legal_entity": "bank", "received_by": "nobody", "issue": "x"}', "$.received_by"),
        (b'{"legal_entity": "bank", "received_by": "own", "issue": "x", "customer_id": "17"}', "customer_id"),
        (b"{", "does not fit its form"),
        (b"[]", "GET /desks has the form of every command"),
    ],
)
def test_a_body_that_does_not_fit_names_the_field(client: TestClient, body: bytes, says: str) -> None:
    answer = client.post("/complaints", content=body, headers=HANDLER)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


def test_who_asks_must_be_said_and_be_permitted(client: TestClient) -> None:
    nobody = client.post("/complaints", json=RECEIVE)
    assert nobody.status_code == 401
    assert "Daybook-Actor" in nobody.json()["detail"]
    wrong = client.post("/complaints", json=RECEIVE, headers={"Daybook-Actor": "Anna"})
    assert wrong.status_code == 400
    case = proposed(client)
    peer = {"Daybook-Actor": "bank:P1", "Daybook-Roles": "complaint_handler"}
    assert case.refused("approve", peer)[0] == "may-approve"


def test_what_a_role_may_not_ask_is_forbidden() -> None:
    """Rules of the complaint desk look at roles by themselves; this is for desks whose commands name some."""
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def refuse() -> None:
        raise NotPermitted("close needs the role handler, which anna does not have")

    answer = TestClient(app).get("/")
    assert (answer.status_code, answer.json()["title"]) == (403, "not permitted")


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    headers = {**HANDLER, "If-Match": '"1"'}
    case = AtDesk(client)
    for path in (
        "/complaints/desk.complaints:none/acknowledge",
        "/complaints/bank:C9/acknowledge",
        f"{case.path}/forget",
        f"{case.path}/receive",
        "/complaints/bank:none/adopt",
        "/complaints/acknowledge",
    ):
        answer = client.post(path, headers=headers)
        assert answer.status_code == 404, path
    for path in ("/complaints/bank:none", "/complaints/bank:none/clocks", "/systemic-issues/bank:SI-0"):
        assert client.get(path).status_code == 404, path


def test_desks_say_what_they_can_be_asked(client: TestClient) -> None:
    desk = client.get("/desks").json()[0]
    assert (desk["desk"], desk["path"], desk["case"]) == ("complaints", "/complaints", "complaint_id")
    by_name = {one["name"]: one for one in desk["commands"]}
    assert by_name["receive"]["path"] == "/complaints"
    approve = by_name["send-final-response"]
    assert approve["path"] == "/complaints/{case}/send-final-response"
    form = approve["body"]["$defs"]["SendFinalResponse"]
    assert form["required"] == ["decision"]
    assert {"remedies_told", "document_ref"} <= set(form["properties"])


def test_a_suitability_check_answers_at_once_and_replays(client: TestClient, system: System) -> None:
    seller = {"Daybook-Actor": "bank:S1", "Daybook-Roles": "seller"}
    asked = {"customer_id": "bank:3", "product_id": "bank:p1", "seller_id": "bank:S1"}
    answer = client.post("/suitability-checks", json=asked, headers=seller)
    assert answer.status_code == 201, answer.text
    verdict, path = answer.json()["state"], answer.headers["Location"]
    assert (verdict["outcome"], verdict["kind"]) == ("insufficient_information", "check")
    assert path.startswith("/suitability-checks/desk.suitability:")
    assert client.get(path).json()["state"] == verdict
    replayed = client.get(f"{path}/replay").json()
    assert (replayed["equal"], replayed["stored"]["outcome"]) == (True, verdict["outcome"])

    warning = {"document": "warning-form", "document_version": "3", "method": "in_person"}
    headers = {**seller, "If-Match": answer.headers["ETag"]}
    refused = client.post(f"{path}/warn", json=warning, headers=headers)
    assert (refused.status_code, refused.json()["title"]) == (409, "rule broken")
    opened = {
        "customer_id": "bank:1",
        "questionnaire_id": "bank:q",
        "questionnaire_version": "1",
        "answers": [],
    }
    unknown = client.post("/suitability-checks/assess-profile", json=opened, headers=seller)
    assert unknown.status_code == 409, unknown.text
    assert client.post("/suitability-checks/warn", json=warning, headers=seller).status_code == 404
    assert {one["desk"] for one in client.get("/desks").json()} == {"complaints", "suitability"}


def test_a_complaint_that_came_in_as_facts_is_adopted(client: TestClient, system: System) -> None:
    outside = client.get("/complaints/bank:C9", headers=HANDLER).json()
    assert (outside["at_desk"], outside["adopted"]) == (False, False)
    assert outside["register"]["issue"] == "mis-sale"
    assert "POST /complaints/bank:C9/adopt" in outside["adopt"]
    taken = client.post("/complaints/bank:C9/adopt", headers={**HANDLER, "Idempotency-Key": "take"})
    assert taken.status_code == 201, taken.text
    assert taken.headers["Location"] == "/complaints/bank:C9"
    assert taken.json()["entries"] == [{"type": "complaint.adopted", "id": "bank:C9/1"}]
    assert (
        client.post("/complaints/bank:C9/adopt", headers={**HANDLER, "Idempotency-Key": "take"}).status_code
        == 200
    )
    assert (
        client.post("/complaints/bank:C9/adopt", headers={**HANDLER, "Idempotency-Key": "2"}).status_code
        == 412
    )
    own = AtDesk(client)
    refused = client.post(f"{own.path}/adopt", headers=HANDLER)
    assert (refused.status_code, refused.json()["rule"]) == (409, "ADOPT-01")
    headers = {**HANDLER, "If-Match": '"1"'}
    assert client.post("/complaints/bank:C9/triage", json=TRIAGE, headers=headers).status_code == 200
    system.settle()
    shown = client.get("/complaints/bank:C9").json()
    assert (shown["at_desk"], shown["adopted"], shown["version"]) == (True, True, 2)


def test_the_file_builds_itself_and_says_what_is_missing(client: TestClient, system: System) -> None:
    case = triaged(client)
    system.settle()
    before = client.get(f"{case.path}/file").json()
    assert [(one["item"], one["id"], one["on_file"]) for one in before["entries"]] == [("sale", "s1", False)]
    assert before["entries"][0]["entry"]["line"]
    case.do("start-investigation")
    case.do("collect-evidence", item="call notes")
    file = client.get(f"{case.path}/file").json()
    assert file["entries"][0]["on_file"] is True
    checklist = {one["item"]: one for one in file["evidence_checklist"]}
    assert (checklist["sale"]["have"], checklist["sale"]["entry"]["id"]) == (True, "s1")
    assert client.get(f"/journal/{checklist['sale']['position']}").json()["id"] == "s1"
    assert (checklist["disclosure"]["have"], checklist["disclosure"]["entry"]) == (False, None)
    assert (checklist["call notes"]["have"], checklist["call notes"]["on_file"]) == (True, True)
    assert client.get("/complaints/bank:C9/file").json()["sale_id"] == "bank:s2"


def test_clocks_and_like_cases(client: TestClient, system: System) -> None:
    like = paid(client)
    like.do("record-root-cause", cause_code="unsuitable_words")
    like.do("close", relief="monetary")
    case = triaged(client)
    system.settle()
    clocks = client.get(f"{case.path}/clocks").json()["clocks"]
    assert {"uk_disp"} <= {one["clock"]["regime"] for one in clocks}
    assert {one["state"] for one in clocks} >= {"running"}
    found = client.get(f"{case.path}/similar").json()["similar"]
    assert found[0]["same"] == ["cause", "product", "amount_band"]
    assert (found[0]["outcome"], found[0]["redress_minor"]) == ("upheld", 5_000)


def test_a_systemic_issue_names_the_others(client: TestClient, system: System) -> None:
    case = triaged(client)
    days: dict[str, Any] = {"sold_from": "2026-02-01", "sold_through": "2026-03-31"}
    case.do("declare-systemic-issue", issue_id="bank:SI/1", scope="sold as a deposit", **days)
    system.settle()
    issue = client.get("/systemic-issues/bank:SI/1").json()["declared"][0]
    assert (issue["complaint_id"], issue["product_id"]) == (case.case_id, "bank:p1")
    assert issue["affected_customers"] == [
        {"customer_id": "bank:2", "sale_ids": ["bank:s2"], "complained": True},
        {"customer_id": "bank:3", "sale_ids": ["bank:s3"], "complained": False},
    ]


def test_the_register_pages_and_filters(client: TestClient, system: System) -> None:
    AtDesk(client, issue="fees"), AtDesk(client, issue="fees")
    system.settle()
    query: dict[str, Any] = {"issue": "fees", "limit": 1}
    first = client.get("/complaints", params=query).json()
    second = client.get("/complaints", params={**query, "cursor": first["next"]}).json()
    assert len({one["complaint_id"] for page in (first, second) for one in page["complaints"]}) == 2
    assert second["next"] is None
    mine = client.get("/complaints", params={"handler": "bank:H1", "state": "open"}).json()["complaints"]
    assert mine
    assert {one["handler_id"] for one in mine} == {"bank:H1"}
    unassigned = client.get("/complaints", params={"handler": ""}).json()["complaints"]
    assert {one["handler_id"] for one in unassigned} == {None}
    assert client.get("/complaints", params={"cursor": "x"}).status_code == 400


def test_a_decision_stands_while_the_journal_is_away(client: TestClient, system: System) -> None:
    case = AtDesk(client)

    class Away:
        """A journal that gives no answer."""

        asked = 0

        def append(self, records: Any) -> Any:
            Away.asked += 1
            raise JournalUnavailable("no answer in time")

    away = Relay(Away(), system.conninfo, {"complaints": system.desks.complaints.storage})  # type: ignore[arg-type]
    usual, carrier = system.desks.relay, system.desks.carrier
    seconds = [0.0]
    system.desks.__dict__["carrier"] = Carrier(away, lambda: seconds[0])
    try:
        answer = case.send("acknowledge")
        assert (answer.status_code, answer.json()["relayed"], answer.headers["ETag"]) == (200, False, '"2"')
        assert case.client.post(
            case.path + "/triage", json=TRIAGE, headers={**HANDLER, "If-Match": '"2"'}
        ).is_success
        assert (away.behind(), Away.asked) == (2, 1), "it is left alone for a while"
        seconds[0] += 60
        assert system.desks.carrier.carried() is False
        carry_round(away)
        assert (away.behind(), Away.asked) == (2, 3)
    finally:
        system.desks.__dict__["carrier"] = carrier
        away.close()
    stop = threading.Event()
    worker = threading.Thread(target=run_relay, args=(usual, stop))
    worker.start()
    wait_until(lambda: usual.behind() == 0)
    stop.set()
    worker.join(30)
    assert not worker.is_alive()
    system.settle()
    assert client.get(case.path).json()["entries"][1]["position"] is not None


def test_what_a_desk_decided_is_carried_without_asking(data_folder: Path) -> None:
    """A decision that no command carried reaches the journal, and the register, while the system serves."""
    with closing(System(Settings(data=data_folder, sign_in="open", partitions=2))) as system:
        system.prepare()
        command = Receive(legal_entity="bank", received_by="own", issue="fee")
        case_id = system.desks.complaints.handle("receive", command, Actor("anna")).case_id
        assert system.desks.relay.behind() == 1
        with TestClient(create_app(system, loops=True), base_url=HERE) as client:
            wait_until(lambda: _register(client) == [case_id])
        assert system.desks.relay.behind() == 0


def _register(client: TestClient) -> list[str]:
    return [one["complaint_id"] for one in client.get("/complaints").json()["complaints"]]
