"""Every day rule, in the order in which a close runs them; one line each."""

from projections.rules.day_rule import DayRule
from projections.rules.sale_stops import SALE_STOPS
from projections.rules.waiting_sales import judge_waiting_sales

DAY_RULES: tuple[DayRule, ...] = (DayRule(SALE_STOPS, judge_waiting_sales),)
