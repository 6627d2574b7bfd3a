"""Every number of the demo bank, with where it is from. Shares are of one, amounts in units of the currency.

The modules beside this one read it; a number stands nowhere else. Counts are per 10,000 customers and twelve
months, and scale with the customers asked for. Where no source stands, the figure is practice.
"""

from typing import Final

PER: Final = 10_000
DEFAULT_CUSTOMERS: Final = 1_000
BACK_BOOK_DAYS: Final = 426
"""Fourteen months before the played year, so that a 13-month persistency exists."""

# Customers.
AGE_BANDS: Final = {"under_30": 0.12, "30_44": 0.33, "45_59": 0.32, "60_64": 0.09, "65_plus": 0.14}
GRADES: Final = {"C1-lowest": 0.015, "C1": 0.17, "C2": 0.34, "C3": 0.27, "C4": 0.13, "C5": 0.075}
VULNERABLE: Final = 0.05
PROFESSIONAL: Final = 0.01
PROFILE_EXPIRED: Final = 0.09
NEW_IN_THE_YEAR: Final = 0.06
ORGANISATIONS: Final = 0.03
MARKETING_CONSENT: Final = 0.72
CONSENT_WITHDRAWN: Final = 0.03
WEALTH_MEDIAN: Final = 60_000
WEALTH_SIGMA: Final = 1.587
"""At this spread of a lognormal the top tenth holds 62 %."""
HOLDS_WEALTH: Final = 0.62
HOLDS_FUNDS: Final = 0.36
PROFILE_VALID_DAYS: Final = 365

# Units and people.
BRANCHES_OF_ENTITIES: Final = {"demo-cn": 4, "demo-gb": 1, "demo-eu": 1, "demo-us": 1, "demo-au": 1}
MANAGERS_PER_SELLERS: Final = (36, 6, 6)
"""Relationship managers, call agents and partner agents among 48 sellers."""
SELLERS: Final = 48
SELLERS_AT_LEAST: Final = 24
HANDLERS: Final = 4
COMPLIANCE: Final = 2
TURNOVER: Final = 0.18

# Sales.
SALES: Final = 16_000
SALES_BY_CLASS: Final = {
    "deposit": 0.38,
    "wealth-R1": 0.09,
    "wealth-R2": 0.24,
    "wealth-R3": 0.03,
    "fund-R2": 0.015,
    "fund-R3": 0.035,
    "fund-R4": 0.03,
    "fund-R5": 0.01,
    "insurance": 0.04,
    "loan": 0.04,
    "card": 0.09,
}
"""Wealth products by amount are 95.7 % R1 and R2 in the annual report on bank wealth management of 2024."""
LASTING_CLASSES: Final = ("wealth", "fund", "insurance", "loan")
"""What a back book holds: deposits and cards of those years are gone or are plain balances."""
TICKET_MEDIANS: Final = {
    "deposit": 50_000,
    "wealth": 80_000,
    "fund": 20_000,
    "insurance": 20_000,
    "loan": 150_000,
    "mortgage": 1_200_000,
    "card": 0,
}
TICKET_SIGMA: Final = 0.9
MORTGAGES: Final = 0.25
"""Of loans; a mortgage is signed in a branch."""
CHANNELS_BY_COUNT: Final = {"app": 0.44, "branch": 0.38, "partner": 0.10, "call": 0.08}
CHANNELS_BY_AMOUNT: Final = {"app": 0.24, "branch": 0.62, "partner": 0.09, "call": 0.05}
TICKET_FACTORS: Final = {"app": 0.66, "branch": 1.43, "partner": 1.09, "call": 0.76}
"""What makes the shares by amount out of those by count, mortgages taken out."""
MONTH_INDEX: Final = (1.55, 0.95, 1.35, 0.85, 0.85, 1.15, 0.80, 0.80, 1.00, 0.80, 0.90, 1.00)
"""January to December; the first quarter is the bank's 开门红."""
INSURANCE_FIRST_QUARTER: Final = 0.48
QUARTER_END_DAYS: Final = 5
QUARTER_END_FACTOR: Final = 1.6
WEEKENDS: Final = {"branch": 0.35, "app": 1.0, "call": 0.5, "partner": 0.7}

# What goes wrong in the ordinary way.
MISMATCH: Final = 0.012
EXPIRED_AT_SALE: Final = 0.003
STEP_ORDER: Final = 0.004
NO_RECORDING: Final = 0.005
OFF_BOOK: Final = 0.002
CANCEL_INSURANCE: Final = 0.03
CANCEL_OTHER: Final = 0.005
PERSISTENCY: Final = 0.93
PERSISTENCY_OF_LARGE: Final = 0.97
"""Above the median premium; so 95 % of the premium persists."""
EARLY_REDEMPTION: Final = 0.04
"""Of fund sales, within 90 days."""
LATER_REDEMPTION: Final = 0.18

CHECKED_AT_THE_DESK: Final = 0.08
"""Of what branches at home sell of wealth products and funds; other sales are checked in other systems."""
OWN_WISHES: Final = 6
"""Customers who want a fund beyond their grade, of their own accord, and confirm it at the desk; absolute."""

# Targets.
ATTAINMENT: Final = 0.97
BRANCHES_OF_BANK: Final = 1.05
SELLERS_ABOVE: Final = 0.20
SELLERS_BELOW: Final = 0.25

# Campaigns and loans.
CAMPAIGNS: Final = 12
CAMPAIGN_CONTROL: Final = 0.10
CAMPAIGN_CONTACTS: Final = 2_400
"""Customers contacted in each campaign."""
CAMPAIGN_RESPONSE: Final = 5_289 / 45_211
"""The bank marketing set of UCI."""
ACTIVATED: Final = 1_336 / 7_455
"""Loan applications of BPI Challenge 2012 that were activated."""
LOAN_UNPAID: Final = 31 / 682
LOAN_ARREARS: Final = 45 / 682
"""Loans of the Berka set."""

# Contacts and service.
INTERACTIONS: Final = 95_000
INTERACTIONS_KEPT: Final = 0.35
"""At the default size and below, this part of the interactions is played: they are the dullest events, and a
first look should not wait for them. From `ALL_INTERACTIONS_FROM` customers on all are."""
ALL_INTERACTIONS_FROM: Final = 5_000
INTERACTION_CHANNELS: Final = {"app": 0.55, "branch": 0.20, "call": 0.22, "partner": 0.03}
SERVICE_REQUESTS: Final = 6_500
FIRST_CONTACT: Final = 0.74
REOPENED_REQUESTS: Final = 0.06

# Surveys.
INVITATIONS: Final = 14_000
DELIVERED: Final = 0.92
RESPONSE: Final = {"app": 0.18, "sms": 0.14, "email": 0.09, "phone": 0.35}
METHODS: Final = {"app": 0.42, "sms": 0.30, "email": 0.18, "phone": 0.10}
"""So that 16 % answer overall."""
DECLINED: Final = 0.05
NPS: Final = {"app": 32, "branch": 28, "call": 8, "partner": -6}
NPS_AFTER_COMPLAINT: Final = -35
NPS_PASSIVES: Final = 0.30
NPS_SELLER_SD: Final = 10
NPS_BANK: Final = 24
CSAT: Final = 0.82
CSAT_AFTER_COMPLAINT: Final = 0.46
CES_MEAN: Final = 5.4
CES_SD: Final = 1.25
SURVEY_TRIGGERS: Final = {"sale.confirmed": 0.55, "interaction.ended": 0.45}
"""Every closed complaint is asked about on top of these."""
FOLLOWED_UP: Final = 0.80
"""Of detractors, within three days."""
CALL_MENU_NPS: Final = (26, -46)
"""The call centre before and after its new telephone menu, in the last quarter; +8 over the year."""

# Complaints.
COMPLAINTS: Final = 180
COMPLAINTS_OF_ENTITIES: Final = {
    "demo-cn": 120 / 240,
    "demo-gb": 70 / 240,
    "demo-us": 22 / 240,
    "demo-eu": 16 / 240,
    "demo-au": 12 / 240,
}
REG_E: Final = 8 / 22
CAUSES: Final = {
    "mis_sale": 0.18,
    "collection_card_loan": 0.17,
    "service": 0.16,
    "app": 0.15,
    "fee": 0.14,
    "fraud": 0.12,
    "data_and_marketing": 0.08,
}
CLOSED_WITHIN_DAYS: Final = ((0, 3, 0.42), (4, 15, 0.46), (16, 30, 0.09), (31, 60, 0.025), (61, 80, 0.005))
"""From day, to day, share; the first row is business days. On time 97 %; the CFPB's set has 96.75 %."""
UPHELD: Final = 0.57
REDRESS_MEAN_GBP: Final = 238
REDRESS_MEDIAN_CNY: Final = 600
ESCALATED: Final = 0.07
OVERTURNED: Final = 0.34
"""FCA complaints data 2025 H1, Financial Ombudsman Service 2024/25."""
WITHDRAWN: Final = 0.05
REOPENED: Final = 0.06
DUPLICATES: Final = 0.04
REPEAT_COMPLAINANTS: Final = 3
REVIEWED: Final = 0.08
SUMMARY_RESOLUTIONS: Final = 0.6
"""Of British complaints that end by the second business day."""
INFORMATION_ASKED: Final = 0.3
SLOW_FIRST_REACTION: Final = 0.02
FORGOTTEN: Final = 0.04
"""Of complaints that take long: nobody asks for more time, or sends what a clock waits for."""
OLD_OFFICE_DAYS: Final = 30
"""The desk opens so long into the year; what was received before is told by an older office, as facts."""
ADOPTED: Final = 0.15
"""Of later complaints: a partner recorded them, and the desk takes them over."""

# Commission.
COMMISSION_BP: Final = {"branch": (60, 45), "call": (60, 45), "partner": (110, 90)}
"""Before and after the new policies of the year."""
OLD_COMMISSIONS: Final = 25

# The feed.
RETRIES: Final = 0.02
LATE: Final = 0.01
REFUSED: Final = 0.005
GAPS: Final = 2
SKEWED_HOURS: Final = 26
"""A terminal that was given tomorrow's date when it was replaced."""
SKEWED_DAYS: Final = 9
PARTNER_FILE_HOUR: Final = 2

# Planted cases: how many of each, absolute but for the two that scale.
SCALES_FROM: Final = 5_000
RETESTS: Final = 9
LOWEST_SOLD_R2: Final = 3
OVERRIDES: Final = 14
CHURNED_SALES, CHURNED_CUSTOMERS = 22, 8
SPLITS, PARTS, PART_AMOUNT = 4, 3, 49_000
LAPSED_SALES: Final = 17
UNCERTIFIED_SALES: Final = 6
WITHDRAWN_SALES: Final = 11
TOP_CANCEL, TOP_PERSISTENCY, TOP_COMPLAINTS = 0.14, 0.71, 6
CHOSEN_INVITATIONS, CHOSEN_MEAN = 40, 9.8
UNRECORDED_COMPLAINTS: Final = 12
OWN_HANDLER: Final = 2
SAFE_FUND_HOLDERS, SAFE_FUND_HOLDERS_AT_LEAST, SAFE_FUND_COMPLAINTS = 86, 20, 19
SAFE_FUND_FALL: Final = 0.04
CONTACTS_AFTER_WITHDRAWAL: Final = 40
ORPHANS, ORPHANS_AT_LEAST, ORPHANED_DAYS = 210, 20, 40
CASH_DEPOSITS, CASH_DAYS, CASH_AMOUNT = 6, 5, 49_000
UNAUTHORISED_SALES: Final = 5
