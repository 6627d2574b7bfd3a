"""Premiums: whether a policy was still in force thirteen months after it was issued. Pure; sales use it.

Facts come in any order, so a sale keeps its premiums as they were told and derives the answer anew.
"""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from projections.ledger import latest
from projections.steps import days_after

KEPT_PREMIUMS = 30
"""Premiums up to this number are kept: monthly ones of two years."""

FIRST_YEAR_DAYS = 350
"""The renewal premium is the first one due so many days after the sale or later; some weeks' play."""

RENEWAL_DAYS = 365
GRACE_DAYS = 60
"""Days of grace where no premium says how many (China)."""


class Premium(msgspec.Struct, frozen=True, omit_defaults=True):
    """The n-th premium: until when it may come, and when it came."""

    n: int
    due: dt.date | None = None
    grace_days: int = GRACE_DAYS
    paid_on: dt.date | None = None


Premiums = tuple[Premium, ...]


class Course(NamedTuple):
    """What may have become of a policy, each with its day."""

    sold_on: dt.date | None
    premiums: Premiums
    cancelled: bool
    cancelled_in_window: bool
    matured_on: dt.date | None
    claimed_on: dt.date | None
    lapsed_on: dt.date | None
    surrendered_on: dt.date | None


class Persistence(NamedTuple):
    """`judged_on` is the last day on which the renewal premium counts; None: the policy is in no cohort."""

    judged_on: dt.date | None = None
    persists: bool = False


def with_due(premiums: Premiums, n: int, due: dt.date, grace_days: int) -> Premiums:
    """Premiums with the n-th asked for; told twice, the later due day counts."""

    def asked(one: Premium) -> Premium:
        if one.due is not None and one.due > due:
            return one
        return Premium(n, due, grace_days, one.paid_on)

    return _changed(premiums, n, asked)


def with_payment(premiums: Premiums, n: int, paid_on: dt.date | None) -> Premiums:
    """Premiums with the n-th paid; paid twice, the later day counts."""
    return _changed(
        premiums, n, lambda one: Premium(n, one.due, one.grace_days, latest(one.paid_on, paid_on))
    )


def persistence(course: Course) -> Persistence:
    """13-month persistency of one policy: the renewal premium was paid by due day and grace.

    In no cohort: sales without a renewal premium, unless they lapsed or were given back before; policies
    cancelled in their window; those that matured or paid a claim before the answer was due. A death shows
    here as its claim.
    """
    sold_on = course.sold_on
    if sold_on is None or course.cancelled_in_window:
        return Persistence()
    renewal = _renewal(sold_on, course.premiums)
    ended = course.lapsed_on or course.surrendered_on
    if renewal is None and (ended is None or ended > days_after(sold_on, RENEWAL_DAYS + GRACE_DAYS)):
        return Persistence()
    if renewal is None:
        renewal = Premium(0, days_after(sold_on, RENEWAL_DAYS))
    assert renewal.due is not None, "a renewal premium has a due day"
    judged_on = days_after(renewal.due, renewal.grace_days)
    for finished_on in (course.matured_on, course.claimed_on):
        if finished_on is not None and finished_on <= judged_on:
            return Persistence()
    given_back = course.surrendered_on is not None and course.surrendered_on <= judged_on
    paid = renewal.paid_on is not None and renewal.paid_on <= judged_on
    return Persistence(judged_on, paid and not given_back and not course.cancelled)


def _renewal(sold_on: dt.date, premiums: Premiums) -> Premium | None:
    from_day = days_after(sold_on, FIRST_YEAR_DAYS)
    return next((one for one in premiums if one.due is not None and one.due >= from_day), None)


def _changed(premiums: Premiums, n: int, change: Callable[[Premium], Premium]) -> Premiums:
    if n > KEPT_PREMIUMS:
        return premiums
    known = next((one for one in premiums if one.n == n), Premium(n))
    others = (one for one in premiums if one.n != n)
    return tuple(sorted((*others, change(known)), key=lambda one: one.n))
