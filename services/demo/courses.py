"""The course of a complaint: each step that the office takes, when, by whom, under the rules of the place.

Steps are named as the complaint desk names its commands. Whether they become decisions of the desk or, for
what an older office handled, facts is complaint_papers.py's business.
"""

import datetime as dt
from typing import Any, NamedTuple

from events.complaints import RegimeFacts
from services.demo import numbers
from services.demo.chance import Chance
from services.demo.customers import Customer
from services.demo.deeds import as_actor
from services.demo.entities import BY_CODE, Entity
from services.demo.people import Employee, Staff
from services.demo.year import DAY, business_days_later, moment, next_working
from services.desks.deciding import Actor

HOUR = dt.timedelta(hours=1)
REMEDIES = {
    "demo-cn": ("review", "mediation", "arbitration", "court"),
    "demo-gb": ("ombudsman",),
    "demo-eu": ("dispute_resolution",),
    "demo-us": (),
    "demo-au": ("ombudsman",),
}
PAYMENT_ISSUES = ("fraud", "collection_card_loan")
ASKED = ("seller", "unit", "third_party")


class Step(NamedTuple):
    """Something done in a case: a command's name and fields, and what a fact of it says besides."""

    at: dt.datetime
    name: str
    actor: Actor
    fields: dict[str, Any]
    fact: dict[str, Any]


class Asked(NamedTuple):
    """What the course depends on. `days` until the answer, None if none goes out in the year; `forgotten` if
    nobody asks for more time or sends what a clock wants; `duplicate_of` another case."""

    customer: Customer
    at: dt.datetime
    issue: str
    product_id: str
    days: int | None
    regime: RegimeFacts
    handler: Employee
    root_cause: bool = True
    forgotten: bool = False
    duplicate_of: str | None = None
    issue_declared: dict[str, Any] | None = None
    plain: bool = False


class Course:
    """Writes the steps of one complaint, in order."""

    def __init__(self, chance: Chance, staff: Staff, asked: Asked) -> None:
        self.chance = chance
        self.asked = asked
        self.entity: Entity = asked.customer.entity
        self.steps: list[Step] = []
        self.upheld: str | None = None
        self.closed_at: dt.datetime | None = None
        self.withdrawn = False
        self._clerk = as_actor(asked.handler)
        self._second = as_actor(staff.compliance[0], "compliance")
        self._head = as_actor(staff.compliance[1], "head_office")
        self._kind = asked.regime.regime
        self._credit: int | None = None

    def write(self) -> "Course":
        """All steps, in order of time."""
        begun = self._begin()
        if self.asked.duplicate_of is not None:
            self._withdraw(begun + HOUR, "the same as an earlier complaint")
        elif not self.asked.plain and self.chance.happens(numbers.WITHDRAWN):
            self._withdraw(begun + self.chance.randint(1, 9) * DAY, "settled")
        else:
            self._see_through(begun)
        self.steps.sort(key=lambda one: one.at)
        return self

    def _do(
        self, at: dt.datetime, name: str, actor: Actor | None = None, fact: dict[str, Any] | None = None,
        **fields: Any,
    ) -> None:  # fmt: skip
        self.steps.append(Step(at, name, actor or self._clerk, fields, fact or {}))

    def _begin(self) -> dt.datetime:
        """Acknowledged, judged and given to somebody, mostly at once."""
        asked, chance = self.asked, self.chance
        shown_late = asked.forgotten and asked.plain and self._kind == "au_rg271"
        slow = chance.happens(numbers.SLOW_FIRST_REACTION) or shown_late
        soon = dt.timedelta(hours=30 if slow else 0.4 + 3 * chance.random())
        at = asked.at
        self._do(at + soon, "acknowledge", method="sms", promised=("an answer in time",))
        self._do(
            at + soon * 1.3, "triage",
            taxonomy="JR/T 0169" if self.entity.code == "demo-cn" else "house", code=asked.issue,
            cause=asked.issue, severity="high" if asked.issue in ("mis_sale", "fraud") else "medium",
            regimes=(asked.regime,),
        )  # fmt: skip
        if asked.duplicate_of is not None:
            self._do(at + soon * 1.4, "link", kind="duplicate_of", other_complaint_id=asked.duplicate_of)
        self._do(at + soon * 1.5, "assign", employee_id=asked.handler.id, fact={"independence_checked": True})
        return at + soon * 1.6

    def _withdraw(self, at: dt.datetime, reason: str) -> None:
        self.withdrawn = True
        self._do(at, "withdraw", reason=reason)

    def _see_through(self, begun: dt.datetime) -> None:
        asked, chance = self.asked, self.chance
        ends = self._ends(begun)
        if self._short_way(ends):
            return
        self._do(begun, "start-investigation", fact={"employee_id": asked.handler.id})
        if asked.issue_declared is not None:
            self._do(begun + 4 * HOUR, "declare-systemic-issue", **asked.issue_declared)
        days = 90 if asked.days is None else asked.days
        if days > 6 and chance.happens(numbers.INFORMATION_ASKED):
            self._ask_for_information(begun, days)
        if not asked.forgotten:
            self._keep_clocks(begun, days)
        if ends is not None:
            self._answer(ends, begun)

    def _ends(self, begun: dt.datetime) -> dt.datetime | None:
        """When the answer goes out, in the hours of the place."""
        if self.asked.days is None:
            return None
        day = self.asked.at.date() + self.asked.days * DAY
        if not self.asked.plain:
            day = next_working(day)
        return max(moment(self.chance, day, self.entity.zone, "branch"), begun + 8 * HOUR)

    def _short_way(self, ends: dt.datetime | None) -> bool:
        """Some are settled within days to the customer's content, where the rules know that."""
        asked = self.asked
        within = business_days_later(asked.at.date(), 2)
        if asked.plain or self._kind != "uk_disp" or ends is None or ends.date() > within:
            return False
        if not self.chance.happens(numbers.SUMMARY_RESOLUTIONS):
            return False
        self.upheld = self._outcome()
        if asked.root_cause:
            self._know_why(ends - HOUR)
        self._do(ends, "send-summary-resolution", customer_accepted=True)
        self._close(ends + HOUR, None)
        return True

    def _ask_for_information(self, begun: dt.datetime, days: int) -> None:
        request: dict[str, Any] = {"request_id": "request-1"}
        asked = self.chance.choice(ASKED)
        self._do(
            begun + dt.timedelta(days=days * 0.2), "request-information", **request, asked=asked,
            what="their account of it", pauses_clock=asked == "third_party",
        )  # fmt: skip
        self._do(begun + dt.timedelta(days=days * 0.45), "record-information", **request)

    def _keep_clocks(self, begun: dt.datetime, days: int) -> None:
        """More time, a holding reply or a provisional credit, where the rules ask for it."""
        start, regime = self.asked.at, self.asked.regime
        grave = regime.complexity == "especially_complex"
        if self._kind == "cn_nfra" and days > 14:
            self._do(
                self._morning(start.date() + 12 * DAY), "extend", self._head if grave else self._second,
                reason="the file is complex", new_due=start.date() + (58 if grave else 29) * DAY,
                customer_told=True, fact={"approver_id": (self._head if grave else self._second).employee_id},
            )  # fmt: skip
        elif self._kind in ("eu_psd2", "us_cfpb") or regime.psd_emd:
            if days > 12:
                expected = start.date() + min(max(days, 20), 45) * DAY
                self._do(
                    self._morning(start.date() + 11 * DAY), "send-holding-response",
                    reason="we are still looking into it", expected=expected,
                )  # fmt: skip
        elif self._kind == "us_reg_e" and days > 9:
            self._credit = 12_000 + 500 * self.chance.randrange(60)
            credited = self._morning(start.date() + 8 * DAY)
            self._do(
                credited, "give-provisional-credit", amount_minor=self._credit, currency=self.entity.currency
            )
            self._do(credited + 4 * HOUR, "send-progress-update", method="letter")

    def _morning(self, day: dt.date) -> dt.datetime:
        return moment(self.chance, day, self.entity.zone, "branch")

    def _outcome(self) -> str:
        if not self.asked.root_cause or not self.chance.happens(numbers.UPHELD):
            return "not_upheld"
        return self.chance.choices(("upheld", "partly_upheld"), (3, 1))[0]

    def _answer(self, ends: dt.datetime, begun: dt.datetime) -> None:
        """Proposed, approved by a second person, answered, paid and closed."""
        self.upheld = self._outcome()
        upheld = self.upheld != "not_upheld"
        money = self._redress() if upheld and not self._credit and self.chance.happens(0.7) else None
        self._decide(max(begun + HOUR, ends - 6 * HOUR), ends, money)
        if self._credit and not upheld:
            self._do(
                ends + HOUR / 2, "reverse-provisional-credit", amount_minor=self._credit,
                currency=self.entity.currency, reason="no error was found",
            )  # fmt: skip
        done = ends + HOUR if money is None else self._pay(ends, money)
        self._close(done, money)
        self._afterwards(done, money)

    def _decide(self, begins: dt.datetime, ends: dt.datetime, money: int | None) -> None:
        upheld = self.upheld != "not_upheld"
        step = (ends - begins) / 4
        amount: dict[str, Any] = (
            {} if money is None else {"amount_minor": money, "currency": self.entity.currency}
        )
        self._do(
            begins, "propose", kind="accept" if upheld else "reject", reasons=("the file says so",),
            fact={"employee_id": self.asked.handler.id}, **amount,
        )  # fmt: skip
        self._do(
            begins + step, "approve", self._second,
            fact={"employee_id": self._second.employee_id, "four_eyes": True},
        )  # fmt: skip
        if self.asked.root_cause and not any(one.name == "record-root-cause" for one in self.steps):
            self._know_why(begins + 2 * step)
        self._do(
            ends, "send-final-response", decision=self.upheld,
            remedies_told=REMEDIES[self.entity.code],
        )  # fmt: skip

    def _know_why(self, at: dt.datetime) -> None:
        self._do(at, "record-root-cause", cause_code=self.asked.issue, product_id=self.asked.product_id)

    def _pay(self, ends: dt.datetime, money: int) -> dt.datetime:
        paid: dict[str, Any] = {"amount_minor": money, "currency": self.entity.currency}
        self._do(ends + HOUR / 6, "offer-redress", kind="loss", **paid)
        self._do(ends + 20 * HOUR, "accept-redress", kind="loss", fact=paid)
        self._do(ends + 44 * HOUR, "pay-redress", kind="loss", fact=paid)
        return ends + 45 * HOUR

    def _close(self, at: dt.datetime, money: int | None) -> None:
        relief = "monetary" if money else "none" if self.upheld == "not_upheld" else "non_monetary"
        paid = {} if money is None else {"redress_minor": money, "currency": self.entity.currency}
        self.closed_at = self.closed_at or at
        self._do(
            at, "close", outcome=self.upheld, relief=relief,
            fact={"employee_id": self.asked.handler.id, **paid},
        )  # fmt: skip

    def _redress(self) -> int:
        """Lognormal: a mean of GBP 238, a median of CNY 600."""
        if self.entity.code == "demo-cn":
            return round(self.chance.spread(numbers.REDRESS_MEDIAN_CNY, 0.8)) * 100
        pounds = self.chance.spread(numbers.REDRESS_MEAN_GBP / 1.65, 1.0)
        return round(pounds * BY_CODE["demo-gb"].rate / self.entity.rate) * 100

    def _afterwards(self, at: dt.datetime, money: int | None) -> None:
        """A few are opened again, a few go up to the ombudsman, a few are looked at by a higher place."""
        chance = self.chance
        if self.asked.plain:
            return
        if chance.happens(numbers.REOPENED):
            again = at + dt.timedelta(days=chance.randint(3, 15))
            self._do(again, "reopen", reason="the customer says that something was left out")
            later = again + dt.timedelta(days=chance.randint(3, 10))
            self._decide(later - 6 * HOUR, later, money)
            self._close(later + HOUR, money)
        elif chance.happens(numbers.ESCALATED):
            self._go_higher(at)
        elif self._kind == "cn_nfra" and chance.happens(numbers.REVIEWED):
            self._do(at + 5 * DAY, "request-review", reviewer="head office")
            changed = chance.happens(0.2)
            self._do(
                at + 19 * DAY, "decide-review", self._head, reason="looked at by a higher place",
                outcome="changed" if changed else "confirmed",
            )  # fmt: skip

    def _go_higher(self, at: dt.datetime) -> None:
        self._do(at + 9 * DAY, "escalate", to="ombudsman", reason="not content")
        overturned = self.chance.happens(numbers.OVERTURNED)
        decided = "upheld" if self.upheld == "not_upheld" else "not_upheld"
        self._do(
            at + 70 * DAY, "record-ombudsman-decision", overturned=overturned,
            outcome=decided if overturned else self.upheld,
        )  # fmt: skip


def regime_of(
    chance: Chance, entity: Entity, issue: str, days: int | None, *, forgotten: bool
) -> RegimeFacts:
    """Under which rules the complaint stands, as triage sees it."""
    if entity.code == "demo-cn":
        took = 0 if days is None or forgotten else days
        complexity = "simple" if took <= 14 else "complex" if took <= 28 else "especially_complex"
        return RegimeFacts(regime="cn_nfra", counts_as_complaint=True, complexity=complexity)  # type: ignore[arg-type]
    if entity.code == "demo-us" and chance.happens(numbers.REG_E):
        return RegimeFacts(regime="us_reg_e", counts_as_complaint=True, error_type="unauthorised transfer")
    if entity.code == "demo-gb":
        return RegimeFacts(
            regime="uk_disp", counts_as_complaint=True, eligible_complainant=True,
            psd_emd=issue in PAYMENT_ISSUES,
        )  # fmt: skip
    if entity.code == "demo-au":
        return RegimeFacts(regime="au_rg271", counts_as_complaint=True, asic_kind="standard")
    return RegimeFacts(regime=entity.complaint_regime, counts_as_complaint=True)  # type: ignore[arg-type]
