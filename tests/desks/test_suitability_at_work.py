"""The suitability desk in an embedded system: facts through the door, decisions, rows and a replay."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from events import codec
from events.advice import SuitabilityChecked
from events.customers import RiskProfileAssessed
from events.envelope import ChannelId, CustomerId, EmployeeId, ProductId, QuestionnaireId
from events.suitability_file import Circumstances
from services.bootstrap import System
from services.config import Settings
from services.desks.deciding import Actor, Command, RuleBroken
from services.desks.opening import DESK_NAMES
from services.desks.rebuilding import rebuild_desks
from services.desks.suitability import commands as ask
from services.desks.suitability.replay import recompute
from tests.databases import as_url
from tests.desks.suitability_case import CONFIRM, REQUEST, WARN
from tests.door.rig import cloud_event, customer, product, submission
from tests.projections.test_suitability_questionnaire import QUESTIONNAIRE, answers

SUE = Actor("sue", EmployeeId("bank:S1"))
WHO, WHAT = CustomerId("bank:1"), ProductId("bank:p1")


class Bank:
    """A fund, a customer, a branch, a seller and a questionnaire, in a system of its own."""

    def __init__(self, settings: Settings) -> None:
        self.now = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
        self.system = System(settings, lambda: self.now)
        self.system.prepare()
        asked = msgspec.structs.replace(QUESTIONNAIRE, questionnaire_id=QuestionnaireId("bank:q"))
        seller = {"employee_id": "bank:S1", "role": "seller", "licences": ["fund"]}
        branch = {"channel_id": "bank:b1", "channel_type": "branch", "valid_from": "2026-01-01"}
        market = {"product_id": "bank:p1", "market": {"version": "1", "positive": {"grades": ["C3"]}}}
        advised = {"customer_id": "bank:1", "product_id": "bank:p1", "employee_id": "bank:S2"}
        events = (
            product(category="investment", subtype="equity_fund", suitability_regime="cn_csrc"),
            customer(age_band="30_44"),
            cloud_event("employee.hired", "employee/bank:S1", seller, "h1"),
            cloud_event("channel.contracted", "channel/bank:b1", branch, "b1"),
            cloud_event("product.target_market_defined", "product/bank:p1", market, "m1"),
            cloud_event("product.recommended", "customer/bank:1", advised, "r1"),
            cloud_event(
                "questionnaire.published", "questionnaire/bank:q", json.loads(codec.encode_json(asked)), "q1"
            ),
        )
        answered = [one.status for one in self.system.door.admit([submission(event) for event in events])]
        assert answered == ["admitted"] * len(events)
        self.settle()

    def do(self, name: str, command: Command, case: str | None = None, by: Actor = SUE) -> str:
        return self.system.desks.suitability.handle(name, command, by, case_id=case).case_id

    def check(self) -> str:
        return self.do("check", ask.Check(customer_id=WHO, product_id=WHAT, channel_id=ChannelId("bank:b1")))

    def assess(self, *given: str) -> str:
        command = ask.AssessProfile(
            customer_id=WHO,
            questionnaire_id=QuestionnaireId("bank:q"),
            questionnaire_version="3",
            answers=answers(*given),
            face_to_face=True,
        )
        case = self.do("assess-profile", command)
        self.settle()
        return case

    def settle(self) -> None:
        self.system.desks.relay.carry()
        self.system.settle()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.system.reading() as (connection, schema):
            return connection.execute(query.format(schema).encode()).fetchall()


@pytest.fixture
def bank(database_url: str, tmp_path: Path) -> Iterator[Bank]:
    url: Any = as_url(database_url)
    made = Bank(Settings(data=tmp_path, database_url=url, partitions=4))
    with closing(made.system):
        yield made


def test_from_the_questionnaire_to_a_confirmed_override_and_back_from_the_entry(bank: Bank) -> None:
    assert bank.system.desks.suitability.read(bank.check()).state.outcome == "insufficient_information"
    assessed = bank.system.desks.suitability.read(bank.assess("b", "a", "b"))
    (graded,) = [one.event for one in assessed.events]
    assert isinstance(graded, RiskProfileAssessed)
    assert graded.grade == "C2"
    assert graded.answers is not None
    assert graded.answers.startswith("siv1.")

    case = bank.check()
    for name, command in (("warn", WARN), ("request-override", REQUEST), ("confirm-override", CONFIRM)):
        bank.do(name, command, case)
    bank.settle()
    columns = "outcome, override_state, grade, risk_level, reasons, pack_version"
    assert bank.rows(f"SELECT {columns} FROM {{}}.suitability_checks WHERE check_id = '{case}'") == [
        ("mismatch", "confirmed", "C2", "R3", ["level_beyond_grade"], "2026-02")
    ]
    first = bank.system.desks.suitability.read(case).events[0].event
    assert isinstance(first, SuitabilityChecked)
    assert recompute(first).equal
    warned = [one.reason for one in first.findings if one.effect == "warns"]
    assert warned == ["outside_target_market"]
    rebuilt = rebuild_desks(bank.system.conninfo, bank.system.journal, DESK_NAMES)
    assert [(one.desk, one.equal) for one in rebuilt] == [(name, True) for name in DESK_NAMES]
    assert rebuilt[1].events == 6


def test_two_tests_on_one_day_and_no_third_and_the_later_one_counts(bank: Bank) -> None:
    bank.assess("c", "c")
    bank.assess("a")
    with pytest.raises(RuleBroken, match="2 times a day"):
        bank.assess("c", "c")
    state = bank.system.desks.suitability.read(bank.check()).state
    assert (state.grade, state.outcome) == ("C1-lowest", "blocked")


def test_a_need_that_is_not_on_record_and_a_seller_who_recommended(bank: Bank) -> None:
    bank.assess("b", "a", "b")
    named = ask.Check(customer_id=WHO, product_id=WHAT, circumstances=Circumstances(need_id="n1"))
    with pytest.raises(RuleBroken, match="No need n1"):
        bank.do("check", named)
    case = bank.check()
    bank.do("warn", WARN, case)
    with pytest.raises(RuleBroken, match="bank:S2 recommended bank:p1"):
        bank.do("request-override", REQUEST, case, Actor("sam", EmployeeId("bank:S2")))
