"""The catalogue: every ledger, tally and figure that a generation is made of. Explicit lists, in file order.

Adding one more of anything is one declaration in its area's file and one line here.
"""

from projections.applications import (
    ACTIVATION_RATE,
    APPLICATIONS,
    APPLICATIONS_BY_DAY,
    APPLICATIONS_FIGURE,
)
from projections.bookkeeping import CALENDAR_DAYS, JOURNALS, PRODUCER_DAYS, QUARANTINE_CASES
from projections.channels import CHANNELS
from projections.commissions import COMMISSION_CLAWED_BACK, COMMISSIONS, COMMISSIONS_CLAWED_BACK
from projections.complaint_clocks import (
    COMPLAINT_CLOCK_DAYS,
    COMPLAINT_CLOCKS,
    COMPLAINT_CLOCKS_BY_DAY,
    COMPLAINT_CLOCKS_ON_TIME,
)
from projections.complaints import (
    COMPLAINTS,
    COMPLAINTS_BY_DAY,
    COMPLAINTS_FIGURE,
    COMPLAINTS_PER_THOUSAND,
    COMPLAINTS_RELIEF,
    COMPLAINTS_TIMELY,
    UPHELD_RATE,
)
from projections.contacts import (
    CAMPAIGN_CONTACTS,
    CAMPAIGN_CONTACTS_BY_DAY,
    CAMPAIGN_CONTACTS_FIGURE,
    CONTACT_PREFERENCES,
    CONTACTS,
    CONTACTS_BY_DAY,
    FOLLOW_UPS,
    INTERACTIONS,
)
from projections.customer_records import (
    ATTRIBUTES,
    AUM,
    HOLDINGS,
    HOLDINGS_BY_PRODUCT,
    REPRESENTATIVES,
    RISK_PROFILES,
    SUBJECT_REQUESTS,
)
from projections.customers import (
    CONSENTS_BY_PURPOSE,
    CONSENTS_FIGURE,
    CUSTOMERS,
    CUSTOMERS_BY_PROFILE,
    CUSTOMERS_FIGURE,
)
from projections.figure import Figure
from projections.fold import Declarations
from projections.people import EMPLOYEES, ORG_UNITS
from projections.performance import (
    CONCENTRATION,
    EARLY_REDEMPTION,
    PERSISTENCY,
    PERSISTENCY_BY_COHORT,
    PERSISTENCY_BY_PREMIUM,
)
from projections.products import PRODUCTS
from projections.risk import FRAUD_ASSESSMENTS, RULE_PACKS, SIGNALS, SIGNALS_BY_DAY, SIGNALS_FIGURE
from projections.sales import (
    BUYERS,
    CANCEL_RATE,
    LOANS,
    LOANS_BY_STATUS,
    SALES,
    SALES_AMOUNT,
    SALES_BY_DAY,
    SALES_FIGURE,
)
from projections.satisfaction import (
    CES_BY_DAY,
    CSAT_BY_DAY,
    INVITATIONS_BY_DAY,
    NPS_BY_DAY,
    RESPONSES,
    SURVEYS,
)
from projections.satisfaction_figures import CES, CSAT, NPS, RESPONSE_RATE
from projections.suitability import ADVICE_LOG, NEEDS, QUESTIONNAIRES, SUITABILITY_CHECKS, TARGET_MARKETS
from projections.systemic import SYSTEMIC_ISSUES
from projections.targets import ATTAINMENT, TARGETS, TARGETS_BY_PERIOD

LEDGERS = Declarations(
    ledgers=(
        CUSTOMERS,
        ATTRIBUTES,
        RISK_PROFILES,
        HOLDINGS,
        REPRESENTATIVES,
        SUBJECT_REQUESTS,
        INTERACTIONS,
        CAMPAIGN_CONTACTS,
        FOLLOW_UPS,
        CONTACT_PREFERENCES,
        PRODUCTS,
        CHANNELS,
        EMPLOYEES,
        ORG_UNITS,
        APPLICATIONS,
        SALES,
        COMMISSIONS,
        SUITABILITY_CHECKS,
        TARGET_MARKETS,
        QUESTIONNAIRES,
        NEEDS,
        ADVICE_LOG,
        TARGETS,
        SURVEYS,
        RESPONSES,
        COMPLAINTS,
        COMPLAINT_CLOCKS,
        SYSTEMIC_ISSUES,
        SIGNALS,
        RULE_PACKS,
        FRAUD_ASSESSMENTS,
        JOURNALS,
        CALENDAR_DAYS,
        PRODUCER_DAYS,
        QUARANTINE_CASES,
    ),
    tallies=(
        CUSTOMERS_BY_PROFILE,
        CONSENTS_BY_PURPOSE,
        HOLDINGS_BY_PRODUCT,
        CONTACTS_BY_DAY,
        CAMPAIGN_CONTACTS_BY_DAY,
        APPLICATIONS_BY_DAY,
        SALES_BY_DAY,
        PERSISTENCY_BY_COHORT,
        COMMISSIONS_CLAWED_BACK,
        LOANS_BY_STATUS,
        TARGETS_BY_PERIOD,
        NPS_BY_DAY,
        CSAT_BY_DAY,
        CES_BY_DAY,
        INVITATIONS_BY_DAY,
        COMPLAINTS_BY_DAY,
        COMPLAINT_CLOCKS_BY_DAY,
        SIGNALS_BY_DAY,
    ),
)
"""What a generation is made of."""

FIGURES: tuple[Figure, ...] = (
    CUSTOMERS_FIGURE,
    CONSENTS_FIGURE,
    AUM,
    CONTACTS,
    CAMPAIGN_CONTACTS_FIGURE,
    APPLICATIONS_FIGURE,
    ACTIVATION_RATE,
    SALES_FIGURE,
    BUYERS,
    SALES_AMOUNT,
    CANCEL_RATE,
    PERSISTENCY,
    PERSISTENCY_BY_PREMIUM,
    EARLY_REDEMPTION,
    CONCENTRATION,
    COMMISSION_CLAWED_BACK,
    LOANS,
    ATTAINMENT,
    NPS,
    CSAT,
    CES,
    RESPONSE_RATE,
    COMPLAINTS_FIGURE,
    COMPLAINTS_TIMELY,
    COMPLAINTS_RELIEF,
    UPHELD_RATE,
    COMPLAINTS_PER_THOUSAND,
    COMPLAINT_CLOCKS_ON_TIME,
    COMPLAINT_CLOCK_DAYS,
    SIGNALS_FIGURE,
)
"""Every figure, in the order in which they are shown."""
