"""A complaint from the first letter to the survey, at its desk, in an embedded system; and an adopted one."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from events.complaints import RegimeFacts
from events.envelope import CustomerId, EmployeeId, ProductId, SaleId, SurveyId
from services.bootstrap import System
from services.config import Settings
from services.desks.complaints import commands as ask
from services.desks.deciding import Actor, Command, RuleBroken, StaleVersion
from services.desks.opening import DESK_NAMES
from services.desks.rebuilding import rebuild_desks, swap_desks
from services.journal.port import Record
from services.store.digest import digests
from services.store.queries.complaints import buyers
from services.store.queries.register import affected, systemic_issue
from tests.databases import as_url
from tests.door.rig import cloud_event, customer, product, sale, submission

SOURCE_OF_FACTS = "urn:bank:branch"
HANDLER, LEAD = EmployeeId("bank:H1"), EmployeeId("bank:L1")
ANNA = Actor("anna", HANDLER, frozenset({"complaint_handler"}))
LENA = Actor("lena", LEAD, frozenset({"team_lead"}))


_PEOPLE = (("bank:H1", "complaint_handler"), ("bank:S1", "seller"), ("bank:L1", "team_lead"))


class Bank:
    """An embedded system with a few people in it, and shorthands for what its staff do."""

    def __init__(self, settings: Settings) -> None:
        self.now = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
        self.system = System(settings, lambda: self.now)
        self.system.prepare()
        hired = [
            cloud_event("employee.hired", f"employee/{one}", {"employee_id": one, "role": role}, f"h-{one}")
            for one, role in (
                ("bank:H1", "complaint_handler"),
                ("bank:S1", "seller"),
                ("bank:L1", "team_lead"),
            )
        ]
        others = [customer(number) for number in (2, 3)]
        more = [
            cloud_event(
                "sale.confirmed",
                f"customer/bank:{number}",
                {**sale()["data"], "sale_id": f"bank:s{number}", "customer_id": f"bank:{number}"}
                | {"seller_id": "bank:S1"},
                f"s{number}",
            )
            for number in (2, 3)
        ]
        self.send(*hired, product(), customer(), *others, sale(seller_id="bank:S1"), *more)
        self.settle()

    def send(self, *events: dict[str, Any]) -> list[str]:
        """Publish; gives back what became of each."""
        return [one.status for one in self.system.door.admit([submission(event) for event in events])]

    def do(self, name: str, command: Command, case: str | None = None, by: Actor = ANNA, **given: Any) -> str:
        """A command at the complaint desk; gives back the case's id."""
        return self.system.desks.complaints.handle(name, command, by, case_id=case, **given).case_id

    def settle(self) -> None:
        """Carry what was decided, post and judge."""
        self.system.desks.relay.carry()
        self.system.settle()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the live generation, `{}` in it."""
        with self.system.reading() as (connection, schema):
            return connection.execute(query.format(schema).encode()).fetchall()

    def digests(self) -> dict[str, str]:
        """Digest of every table of the live generation."""
        with self.system.reading() as (connection, schema):
            return digests(connection, self.system.declarations, schema)


@pytest.fixture
def bank(database_url: str, tmp_path: Path) -> Iterator[Bank]:
    url: Any = as_url(database_url)
    made = Bank(Settings(data=tmp_path, database_url=url, partitions=4))
    with closing(made.system):
        yield made


def received(bank: Bank) -> str:
    """A complaint about the sale, under two bodies of rules."""
    case = bank.do(
        "receive",
        ask.Receive(
            legal_entity="bank",
            received_by="own",
            issue="mis-sale",
            customer_id=CustomerId("bank:1"),
            product_id=ProductId("bank:p1"),
            sale_id=SaleId("bank:s1"),
            seller_id=EmployeeId("bank:S1"),
            text="I was told it was as safe as a deposit.",
        ),
        command_id="letter-1",
    )
    bank.do("acknowledge", ask.Acknowledge(method="letter"), case)
    bank.do(
        "triage",
        ask.Triage(
            taxonomy="house",
            code="mis_sale",
            severity="high",
            regimes=(RegimeFacts(regime="uk_disp", counts_as_complaint=True, eligible_complainant=True),),
        ),
        case,
    )
    bank.do("assign", ask.Assign(employee_id=HANDLER), case, LENA)
    return case


def closed(bank: Bank) -> str:
    """A complaint that was looked into, upheld, paid for and closed."""
    case = received(bank)
    bank.settle()
    bank.do("start-investigation", ask.StartInvestigation(), case)
    bank.do(
        "propose",
        ask.Propose(kind="accept", amount_minor=5_000, currency="EUR", reasons=("told wrong",)),
        case,
    )
    bank.do("approve", ask.Approve(), case, LENA)
    bank.now += dt.timedelta(days=6)
    bank.do(
        "send-final-response", ask.SendFinalResponse(decision="upheld", remedies_told=("ombudsman",)), case
    )
    bank.do("offer-redress", ask.OfferRedress(kind="loss", amount_minor=5_000, currency="EUR"), case)
    bank.do("accept-redress", ask.AcceptRedress(kind="loss"), case)
    bank.do("pay-redress", ask.PayRedress(kind="loss"), case)
    bank.do("record-root-cause", ask.RecordRootCause(cause_code="unsuitable_words"), case)
    bank.do("close", ask.Close(relief="monetary"), case)
    bank.do(
        "send-survey", ask.SendSurvey(survey_id=SurveyId("bank:cs"), survey_version="1", method="sms"), case
    )
    bank.settle()
    return case


def test_a_complaint_from_the_letter_to_the_survey(bank: Bank) -> None:
    case = closed(bank)
    rows = bank.rows(
        "SELECT state, outcome, upheld, redress_minor, handler_id, category, received_on, responded_on, "
        "root_cause FROM {}.complaints"
    )
    days = dt.date(2026, 3, 2), dt.date(2026, 3, 8)
    assert rows == [("closed", "upheld", True, 5_000, "bank:H1", "wealth", *days, "unsuitable_words")]
    evidence = [
        event.event
        for event in bank.system.desks.complaints.read(case).events
        if event.envelope.type == "complaint.evidence_collected"
    ]
    assert {one.item for one in evidence} >= {"sale"}, "the file builds itself"  # type: ignore[attr-defined]
    assert bank.rows("SELECT count(*) FROM {}.complaint_clocks WHERE next_due_at IS NULL") == [(1,)]
    assert bank.rows("SELECT count(*) FROM {}.responses WHERE trigger_event = 'complaint.closed'") == [(1,)]


def test_the_others_whom_it_hit_are_named(bank: Bank) -> None:
    case = received(bank)
    bank.do(
        "declare-systemic-issue",
        ask.DeclareSystemicIssue(
            issue_id="bank:SI-1",
            scope="fund sold as a deposit",
            sold_from=dt.date(2026, 2, 1),
            sold_through=dt.date(2026, 3, 31),
            product_id=ProductId("bank:p1"),
            seller_id=EmployeeId("bank:S1"),
        ),
        case,
    )
    last = bank.system.desks.complaints.read(case).events[-1].event
    assert last.affected_customers == ("bank:2", "bank:3")  # type: ignore[attr-defined]


def test_who_bought_twice_takes_no_place_from_another(bank: Bank) -> None:
    bank.send(sale(9, seller_id="bank:S1"))
    bank.settle()
    with bank.system.reading() as (connection, schema):
        found = buyers(
            connection,
            schema,
            product_id=None,
            seller_id="bank:S1",
            first=dt.date(2026, 2, 1),
            last=dt.date(2026, 3, 31),
            limit=2,
        )
    assert found == ["bank:1", "bank:2"]


def test_an_issue_of_a_seller_alone_says_who_complained(bank: Bank) -> None:
    def about_seller(customer_id: str, command_id: str) -> str:
        return bank.do(
            "receive",
            ask.Receive(
                legal_entity="bank",
                received_by="own",
                issue="mis-sale",
                customer_id=CustomerId(customer_id),
                seller_id=EmployeeId("bank:S1"),
            ),
            command_id=command_id,
        )

    case = about_seller("bank:1", "letter-1")
    about_seller("bank:2", "letter-2")
    bank.do("triage", ask.Triage(taxonomy="house", code="mis_sale", severity="high"), case)
    bank.do(
        "declare-systemic-issue",
        ask.DeclareSystemicIssue(
            issue_id="bank:SI-2",
            scope="words",
            sold_from=dt.date(2026, 2, 1),
            sold_through=dt.date(2026, 3, 31),
        ),
        case,
    )
    bank.settle()
    with bank.system.reading() as (connection, schema):
        [issue] = systemic_issue(connection, schema, "bank:SI-2")
        found = affected(connection, schema, issue)
    assert [(one.customer_id, one.complained) for one in found] == [("bank:2", True), ("bank:3", False)]


def test_commission_is_held_by_currency_and_entity(bank: Bank) -> None:
    granted = {"sale_id": "bank:s1", "customer_id": "bank:1", "seller_id": "bank:S1", "legal_entity": "bank"}
    bank.send(
        *[
            cloud_event(
                "commission.accrued",
                "customer/bank:1",
                {**granted, "amount_minor": amount, "currency": currency},
                f"c-{currency}",
            )
            for amount, currency in ((3_000, "CNY"), (500, "EUR"))
        ]
    )
    case = received(bank)
    bank.settle()
    facts = bank.system.desks.complaints.facts(case)
    held = facts.commission_of(SaleId("bank:s1"), CustomerId("bank:1"), None)
    assert [(one.currency, one.accrued_minor, one.legal_entity) for one in held] == [
        ("CNY", 3_000, "bank"),
        ("EUR", 500, "bank"),
    ]


def test_desks_and_ledgers_come_back_from_the_journal_and_an_old_case_goes_on(bank: Bank) -> None:
    case = closed(bank)
    before = bank.digests()
    desk_before = rebuild_desks(bank.system.conninfo, bank.system.journal, DESK_NAMES)[0]
    assert desk_before.equal
    version = bank.system.desks.complaints.read(case).version
    with psycopg.connect(bank.system.conninfo, autocommit=True) as connection:
        names = [row[0] for row in connection.execute("SELECT schema_name FROM daybook.generation")]
        connection.execute("DELETE FROM daybook.live_generation")
        connection.execute("DELETE FROM daybook.generation")
        for schema in ("desks", *names):
            connection.execute(f"DROP SCHEMA {schema} CASCADE".encode())

    found = rebuild_desks(bank.system.conninfo, bank.system.journal, DESK_NAMES)
    assert (found[0].digest, found[0].live) == (desk_before.digest, None)
    swap_desks(bank.system.conninfo, DESK_NAMES)
    now = bank.now
    with closing(System(bank.system.settings, lambda: now)) as again:
        again.prepare()
        again.settle()
        with again.reading() as (reading, schema):
            assert digests(reading, again.declarations, schema) == before
        answer = again.desks.complaints.handle(
            "reopen",
            ask.Reopen(reason="the bank paid too little"),
            ANNA,
            case_id=case,
            expected_version=version,
        )
        assert answer.version == version + 1
        again.desks.relay.carry()
        again.settle()
        with again.reading() as (reading, schema):
            state = reading.execute(f"SELECT state FROM {schema}.complaints".encode()).fetchall()
        assert state == [("open",)]


def fact(name: str, data: dict[str, Any], event_id: str, **attributes: Any) -> dict[str, Any]:
    """A fact of complaint bank:C9 from a channel."""
    data = {"complaint_id": "bank:C9", "customer_id": "bank:1", **data}
    return cloud_event(name, "customer/bank:1", data, event_id, **attributes)


def record_of(event: dict[str, Any]) -> Record:
    """An event as a door would store it that knows of no adoption."""
    value = msgspec.json.encode({**event, "admittedtime": "2026-03-03T09:00:00Z"})
    return Record(str(event["subject"]).encode(), value)


def adopted(bank: Bank) -> str:
    """A complaint that a branch published, taken over by the desk."""
    bank.send(
        fact(
            "complaint.received",
            {"legal_entity": "bank", "received_by": "own", "issue": "fee", "product_id": "bank:p1"},
            "r9",
        ),
        fact("complaint.acknowledged", {}, "a9", date="2026-03-02"),
    )
    bank.settle()
    bank.system.desks.adopt("bank:C9", ANNA)
    bank.settle()
    return "bank:C9"


def test_what_others_say_after_an_adoption_stays_on_the_timeline(bank: Bank) -> None:
    case = adopted(bank)
    assert bank.system.desks.complaints.read(case).state.received_on == dt.date(2026, 3, 1)
    before = bank.rows("SELECT * FROM {}.complaints")
    clocks = bank.rows("SELECT clocks, next_due_at FROM {}.complaint_clocks")
    entries = bank.rows("SELECT count(*) FROM {}.entries WHERE subject = 'customer/bank:1'")[0][0]
    late = [
        fact("complaint.withdrawn", {}, "w9", date="2026-03-02"),
        fact("complaint.closed", {"outcome": "upheld", "relief": "none"}, "x9", date="2026-03-02"),
        fact("complaint.voided", {"voids": {"source": SOURCE_OF_FACTS, "id": "r9"}, "reason": "no"}, "v9"),
    ]
    unseen = [record_of(event) for event in late]
    bank.system.journal.append(unseen)
    bank.settle()
    assert bank.rows("SELECT * FROM {}.complaints") == before
    assert bank.rows("SELECT clocks, next_due_at FROM {}.complaint_clocks") == clocks
    after = bank.rows("SELECT count(*) FROM {}.entries WHERE subject = 'customer/bank:1'")[0][0]
    assert after == entries + 3

    bank.do("triage", ask.Triage(taxonomy="house", code="fee", severity="low"), case)
    bank.settle()
    assert bank.rows("SELECT code, adopted FROM {}.complaints") == [("fee", True)]


def test_a_complaint_is_adopted_once_and_only_if_it_is_a_fact(bank: Bank) -> None:
    case = adopted(bank)
    again = bank.system.desks.adopt(case, ANNA)
    assert again.repeated
    with pytest.raises(StaleVersion):
        bank.system.desks.adopt(case, ANNA, command_id="another")
    own = received(bank)
    with pytest.raises(RuleBroken, match="was received at this desk: there is nothing to adopt"):
        bank.system.desks.adopt(own, ANNA)


def test_the_door_refuses_what_a_channel_says_of_a_case_of_the_desk(bank: Bank) -> None:
    case = received(bank)
    bank.settle()
    event = fact("complaint.withdrawn", {"complaint_id": case}, "w1")
    outcome = bank.system.door.admit([submission(event)])[0]
    assert outcome.status == "refused"
