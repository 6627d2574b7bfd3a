"""Cooling-off periods: which one a sale has, until when it runs, and whether the contract may take effect.

Pure functions over a dated pack; the caller brings the zone and, where a period counts business days, the
calendar as a callable. The desk and the complaint of a stepped-back sale read the same answers.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import yaml
from pydantic import Field, ValidationError, model_validator

from projections.rules.pack import PackError
from projections.rules.suitability_pack import Stated, digest_of, reasons

BusinessDays = Callable[[dt.date, int], dt.date]
"""`(day, n)` → the n-th business day after `day`."""

CallbackRule = Literal["none", "within", "before_contract"]
Standing = Literal["running", "waiting_for_callback", "callback_missed", "doubts", "over"]


class CoolingOffPeriod(Stated):
    """One period: `hours` run by the clock, `days` are whole days after the day on which it begins."""

    name: str
    jurisdiction: str
    subtypes: tuple[str, ...]
    kind: Literal["pre_contract", "post_delivery"]
    begins: Literal["signature", "delivery"]
    hours: int | None = Field(default=None, ge=1, le=720)
    days: int | None = Field(default=None, ge=1, le=90)
    business_days: int | None = Field(default=None, ge=1, le=90)
    callback: CallbackRule

    @model_validator(mode="after")
    def _one_length(self) -> "CoolingOffPeriod":
        stated = [one for one in (self.hours, self.days, self.business_days) if one is not None]
        if len(stated) != 1:
            raise ValueError(f"{self.name}: state one of hours, days and business_days")
        return self


class StatedCoolingOffPack(Stated):
    """The file."""

    pack: str
    version: str
    valid_from: dt.date
    source: str
    verified: bool
    periods: tuple[CoolingOffPeriod, ...] = Field(min_length=1)


@dataclass(frozen=True)
class CoolingOffPack:
    """A pack that was read and checked."""

    stated: StatedCoolingOffPack
    digest: str

    def period(self, jurisdiction: str, subtype: str | None) -> CoolingOffPeriod | None:
        """The period of a product: the line that names its subtype, else the jurisdiction's general one."""
        same = [one for one in self.stated.periods if one.jurisdiction == jurisdiction]
        named = [one for one in same if subtype in one.subtypes]
        return next(iter((*named, *(one for one in same if not one.subtypes))), None)


class Window(NamedTuple):
    """Through which day the customer may step back, and the instant at which that ends."""

    until: dt.date
    ends_at: dt.datetime


def parse_cooling_off_pack(text: str) -> CoolingOffPack:
    """Read a pack from YAML text; PackError with the reason where it cannot be used."""
    try:
        stated = StatedCoolingOffPack.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise PackError(f"the cooling-off pack is no YAML: {error}") from error
    except ValidationError as error:
        raise PackError(f"the cooling-off pack does not fit its form: {reasons(error)}") from error
    return CoolingOffPack(stated, digest_of(stated))


def window(
    period: CoolingOffPeriod, began_at: dt.datetime, zone: dt.tzinfo, business_days: BusinessDays
) -> Window:
    """When a period that began at an instant ends; the day on which it began is not counted."""
    if period.hours is not None:
        ends_at = began_at + dt.timedelta(hours=period.hours)
        return Window(ends_at.astimezone(zone).date(), ends_at)
    day = began_at.astimezone(zone).date()
    if period.days is not None:
        until = day + dt.timedelta(days=period.days)
    else:
        until = business_days(day, period.business_days or 0)
    midnight = dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    return Window(until, midnight)


def standing(
    period: CoolingOffPeriod,
    ends_at: dt.datetime,
    now: dt.datetime,
    *,
    confirmed_at: dt.datetime | None = None,
    doubts: bool = False,
) -> Standing:
    """How a cooling-off stands: `over` alone lets the contract take effect, or stand.

    `before_contract`: the call-back is made once the hours have run. `within`: it lies inside the period.
    """
    if doubts:
        return "doubts"
    if now < ends_at:
        return "running"
    if period.callback == "none":
        return "over"
    if period.callback == "within":
        return "over" if confirmed_at is not None and confirmed_at < ends_at else "callback_missed"
    return "over" if confirmed_at is not None and confirmed_at >= ends_at else "waiting_for_callback"
