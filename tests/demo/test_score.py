"""The score tells found, missed and falsely raised apart, and leaves out what is too small to test."""

from events.event_type import EntryRef
from services.demo.score import Seen, score
from services.demo.truth import Innocent, Truth

SALE = EntryRef("urn:demo:branch", "sales-1")
OTHER = EntryRef("urn:demo:branch", "sales-2")
RULES = frozenset(("R-CHAN-01", "R-SUIT-06", "R-SUIT-01"))


def truth(customers: int = 1_000) -> Truth:
    """One sale after a lapsed licence, one seller with overrides."""
    told = Truth(customers)
    told.case(6, "lapsed", "customer/demo:1", entries=(SALE,))
    told.case(3, "overrides", "employee/demo:emp-1")
    return told


def seen(rule: str, *names: str, evidence: tuple[EntryRef, ...] = ()) -> Seen:
    return Seen(rule, frozenset(names), frozenset(evidence), f"{rule} said so")


def test_a_signal_about_the_planted_entry_is_found() -> None:
    result = score(truth(), [seen("R-CHAN-01", "customer/demo:1", evidence=(SALE,))], RULES)
    assert [(one.rule, one.found, one.missed, one.false) for one in result.tested] == [("R-CHAN-01", 1, 0, 0)]


def test_a_signal_about_another_entry_of_the_same_customer_is_false() -> None:
    result = score(truth(), [seen("R-CHAN-01", "customer/demo:1", evidence=(OTHER,))], RULES)
    assert [(one.found, one.missed, one.false) for one in result.tested] == [(0, 1, 1)]
    assert result.missed == ("R-CHAN-01: lapsed · customer/demo:1",)


def test_a_look_alike_that_is_raised_is_named() -> None:
    told = truth()
    told.innocent.append(Innocent("looks so", ("R-CHAN-01",), ("customer/demo:2",)))
    result = score(told, [seen("R-CHAN-01", "customer/demo:2", evidence=(OTHER,))], RULES)
    assert result.false == ("R-CHAN-01: looks so · R-CHAN-01 said so",)


def test_what_nobody_insists_on_is_neither_missed_nor_false() -> None:
    told = truth()
    told.base("R-CHAN-01", "also true", "customer/demo:3", entries=(OTHER,), required=False)
    unseen = score(told, [seen("R-CHAN-01", evidence=(SALE,))], RULES)
    raised = score(told, [seen("R-CHAN-01", evidence=(SALE,)), seen("R-CHAN-01", evidence=(OTHER,))], RULES)
    assert unseen.tested[0][2:5] == raised.tested[0][2:5] == (1, 1, 0)


def test_a_small_bank_leaves_scaling_cases_out_and_a_large_one_counts_them() -> None:
    small, large = score(truth(), [], RULES), score(truth(5_000), [], RULES)
    assert [one.rule for one in small.tested] == ["R-CHAN-01"]
    assert [one.rule for one in large.tested] == ["R-CHAN-01", "R-SUIT-06"]


def test_a_rule_that_nothing_is_true_of_is_not_scored() -> None:
    assert score(truth(), [seen("R-SUIT-01", "customer/demo:9")], RULES).false == ()
