"""Every day rule, in the order in which a close runs them; one line each."""

from projections.rules.checks_behind_sales import judge_checks
from projections.rules.clusters import judge_clusters
from projections.rules.commission_rates import judge_commission_rates
from projections.rules.day_rule import DayRule
from projections.rules.feedback import judge_chosen, judge_detractors, judge_drops
from projections.rules.sale_stops import SALE_STOPS
from projections.rules.sellers import judge_orphans, judge_overrides, judge_top_earners
from projections.rules.sources import judge_gaps, judge_skews
from projections.rules.step_order import judge_step_order
from projections.rules.unrecorded import judge_unrecorded
from projections.rules.waiting_sales import judge_waiting_sales

DAY_RULES: tuple[DayRule, ...] = (
    DayRule(SALE_STOPS, judge_waiting_sales),
    DayRule(("R-SALE-01",), judge_step_order),
    DayRule(("R-CHAN-02",), judge_commission_rates),
    DayRule(("R-SUIT-06",), judge_overrides),
    DayRule(("R-SUIT-08",), judge_checks),
    DayRule(("R-PEOP-01",), judge_orphans),
    DayRule(("R-PEOP-05",), judge_top_earners),
    DayRule(("R-CMPL-01",), judge_unrecorded),
    DayRule(("R-CMPL-05",), judge_clusters),
    DayRule(("R-SAT-01",), judge_drops),
    DayRule(("R-SAT-02",), judge_chosen),
    DayRule(("R-SAT-03",), judge_detractors),
    DayRule(("R-LOG-01",), judge_gaps, once_per_close=True),
    DayRule(("R-LOG-02",), judge_skews, once_per_close=True),
)
