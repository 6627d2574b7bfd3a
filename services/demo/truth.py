"""What is true in the demo bank: which rule must speak of what, and of whom none may.

Whatever makes a fault writes it down here, in the moment in which it makes it; the score reads it. Nothing
here knows how a rule works.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from events.event_type import EntryRef
from services.demo import numbers


class Case(NamedTuple):
    """A planted case. `scales` says that it needs a bank of some size before a rule can see it."""

    number: int
    title: str
    rule: str
    scales: bool = False


CASES: tuple[Case, ...] = (
    Case(1, "retest from C2 to C4 within a day before an R4 purchase", "R-SUIT-04"),
    Case(2, "C1-lowest sold R2 by a partner", "R-SUIT-02"),
    Case(3, "seniors' overrides in one wording, by one seller", "R-SUIT-06", scales=True),
    Case(4, "churning: fund out, fund in", "R-SALE-02"),
    Case(5, "one purchase split into parts of 49,000", "R-SALE-03"),
    Case(6, "sales of a partner whose licence had lapsed", "R-CHAN-01"),
    Case(7, "linked insurance sold without a certificate", "R-PEOP-04"),
    Case(8, "withdrawn product sold from a stale catalogue", "R-PROD-01"),
    Case(9, "commission at an old rate", "R-CHAN-02"),
    Case(10, "top earner with cancellations and complaints", "R-PEOP-05", scales=True),
    Case(11, "survey invitations chosen by the seller", "R-SAT-02"),
    Case(12, "complaints logged as queries", "R-CMPL-01"),
    Case(13, "handler is the person complained about", "R-CMPL-02"),
    Case(14, "fund sold “as safe as a deposit” in one branch", "R-CMPL-05", scales=True),
    Case(15, "contact after consent was withdrawn", "R-CONT-01"),
    Case(16, "a leaver's customers left alone for forty days", "R-PEOP-01", scales=True),
    Case(17, "six cash deposits of 49,000 in five days", "R-AML-02"),
    Case(18, "product sold through a channel not authorised for it", "R-CHAN-06"),
)
UNPLAYABLE: dict[int, str] = {}
"""Cases that need facts which the language does not have yet, and why."""

BASE_RULES = (
    "R-SUIT-01",
    "R-SUIT-03",
    "R-SALE-01",
    "R-CMPL-06",
    "R-SAT-01",
    "R-SAT-03",
    "R-LOG-01",
    "R-LOG-02",
)
"""Rules that ordinary faults of the year must set off."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Something a rule must say, or may say if not `required`: of these subjects, or in these entries.

    With `entries`, a signal belongs to it if its evidence holds one of them; else if it names a subject.
    """

    rule: str
    what: str
    subjects: tuple[str, ...]
    entries: tuple[EntryRef, ...] = ()
    case: int | None = None
    required: bool = True
    scales: bool = False


@dataclass(frozen=True, slots=True)
class Innocent:
    """Something that looks like misconduct and is none: a signal of these rules about it is a false one."""

    what: str
    rules: tuple[str, ...]
    subjects: tuple[str, ...]
    entries: tuple[EntryRef, ...] = ()


@dataclass(slots=True)
class Truth:
    """Everything that is known of the played year."""

    customers: int
    expected: list[Expected] = field(default_factory=list)
    innocent: list[Innocent] = field(default_factory=list)
    not_planted: dict[int, str] = field(default_factory=dict)

    def case(self, number: int, what: str, *subjects: str, entries: tuple[EntryRef, ...] = ()) -> None:
        """One thing that a planted case's rule must find."""
        case = CASES[number - 1]
        self.expected.append(Expected(case.rule, what, subjects, entries, number, scales=case.scales))

    def base(
        self,
        rule: str,
        what: str,
        *subjects: str,
        entries: tuple[EntryRef, ...] = (),
        required: bool = True,
        scales: bool = False,
    ) -> None:
        """An ordinary fault that a rule must find, or a true finding that nobody insists on."""
        self.expected.append(Expected(rule, what, subjects, entries, None, required, scales))

    @property
    def large_enough(self) -> bool:
        """Whether cases that scale with the bank can be tested."""
        return self.customers >= numbers.SCALES_FROM
