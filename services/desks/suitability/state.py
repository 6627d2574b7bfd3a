"""A case of the suitability desk, folded from its own events: a check and all that follows, or an assessment.

`evolve` is total; decisions read the state and never the events.
"""

import datetime as dt
from typing import Literal

import msgspec

from events.advice import (
    SuitabilityChecked,
    SuitabilityOverrideConfirmed,
    SuitabilityOverrideRequested,
    SuitabilityWarningGiven,
)
from events.customers import RiskProfileAssessed
from events.envelope import ChannelId, CustomerId, EmployeeId, Event, ProductId, SaleId
from events.sales import CallbackConfirmed, CoolingOffStarted
from events.suitability_file import AdviceMode, Duty, OverrideAllowed, SuitabilityOutcome
from events.vocabulary import RiskGrade, RiskLevel, SuitabilityRegime, Version
from projections.rules.cooling_off import CallbackRule
from services.desks.deciding import Moment


class CoolingOffState(msgspec.Struct, frozen=True):
    """The period to step back, and the call-backs made."""

    sale_id: SaleId
    period: str | None
    until: dt.date
    ends_at: dt.datetime | None
    callback: CallbackRule
    confirmed_at: dt.datetime | None = None
    doubts: bool = False


class SuitabilityState(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk's rules need of a case; `reasons` are those that made the verdict what it is."""

    kind: Literal["none", "check", "assessment"] = "none"
    check_id: str = ""
    customer_id: CustomerId | None = None
    product_id: ProductId | None = None
    subtype: str | None = None
    regime: SuitabilityRegime = "none"
    channel_id: ChannelId | None = None
    seller_id: EmployeeId | None = None
    advice_mode: AdviceMode | None = None
    grade: RiskGrade | None = None
    risk_level: RiskLevel | None = None
    outcome: SuitabilityOutcome | None = None
    override: OverrideAllowed = "none"
    reasons: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()
    pack_version: Version | None = None
    checked_on: dt.date | None = None
    valid_until: dt.date | None = None
    warned: bool = False
    requested: bool = False
    confirmed: bool = False
    cooling_off: CoolingOffState | None = None

    @property
    def cleared(self) -> bool:
        """Whether the product may be sold on this check: it matches, or an override was confirmed."""
        return self.outcome == "match" or self.confirmed


def evolve(state: SuitabilityState, event: Event, moment: Moment) -> SuitabilityState:
    """The state after an event of the case."""
    change = msgspec.structs.replace
    match event:
        case SuitabilityChecked():
            return _checked(event, moment)
        case RiskProfileAssessed():
            return SuitabilityState(
                kind="assessment",
                check_id=event.check_id or "",
                customer_id=event.customer_id,
                grade=event.grade,
                checked_on=moment.on,
                valid_until=event.valid_until,
            )
        case SuitabilityWarningGiven():
            return change(state, warned=True)
        case SuitabilityOverrideRequested():
            return change(state, requested=True)
        case SuitabilityOverrideConfirmed():
            return change(state, confirmed=event.warning_shown and event.written_ack)
        case CoolingOffStarted():
            begun = CoolingOffState(
                event.sale_id, event.period, event.until, event.ends_at, event.callback or "none"
            )
            return change(state, cooling_off=begun)
        case CallbackConfirmed() if state.cooling_off is not None:
            confirmed_at = moment.at if event.outcome == "confirmed" else state.cooling_off.confirmed_at
            doubts = event.outcome == "doubts" or (state.cooling_off.doubts and event.outcome != "confirmed")
            return change(
                state, cooling_off=change(state.cooling_off, confirmed_at=confirmed_at, doubts=doubts)
            )
        case _:
            return state


def _checked(event: SuitabilityChecked, moment: Moment) -> SuitabilityState:
    inputs = event.inputs
    grave = [one for one in event.findings if one.effect not in ("none", "warns")]
    return SuitabilityState(
        kind="check",
        check_id=event.check_id,
        customer_id=event.customer_id,
        product_id=event.product_id,
        subtype=None if inputs is None else inputs.product.subtype,
        regime="none" if inputs is None else inputs.product.regime,
        channel_id=event.channel_id,
        seller_id=event.employee_id,
        advice_mode=None if inputs is None else inputs.circumstances.advice_mode,
        grade=event.grade,
        risk_level=event.risk_level,
        outcome=event.outcome,
        override=event.override or "none",
        reasons=tuple(one.reason for one in grave),
        sentences=tuple(one.text or one.reason for one in grave),
        duties=event.duties,
        pack_version=None if event.pack is None else event.pack.version,
        checked_on=moment.on,
        valid_until=event.valid_until,
    )
