"""Sales targets: what was set to be reached, by whom, in what period. The subject is the plan."""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import Currency, EmployeeId, Event, PlanId
from events.event_type import Correction, Voiding
from events.vocabulary import LegalEntity, Words

TargetLevel = Literal["org", "team", "person", "channel", "product"]
TargetMetric = Literal["sales_amount", "sales_count", "customers", "new_customers", "aum", "market_share"]
TargetValue = Annotated[int, Meta(ge=0, le=10**16)]
"""Minor units for amounts, a count for counts, basis points for shares."""


class SalesTargetSet(Event, frozen=True, kw_only=True):
    """This much is to be reached in the period, first and last day included.

    `of` is the id that the level speaks of (a unit, an employee, a channel, a product); None for the whole.
    """

    plan_id: PlanId
    target_id: Words
    level: TargetLevel
    of: Words | None = None
    legal_entity: LegalEntity | None = None
    metric: TargetMetric
    value: TargetValue
    currency: Currency | None = None
    period_from: dt.date
    period_to: dt.date
    parent_target_id: Words | None = None


class SalesTargetRevised(Event, frozen=True, kw_only=True):
    """The target is another from here on."""

    plan_id: PlanId
    target_id: Words
    value: TargetValue
    reason: Words
    approver_id: EmployeeId | None = None


class SalesTargetCorrected(Correction, frozen=True, kw_only=True):
    """A target, stated again."""

    plan_id: PlanId


class SalesTargetVoided(Voiding, frozen=True, kw_only=True):
    """A target that was never set."""

    plan_id: PlanId
