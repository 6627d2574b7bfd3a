"""The catalogue: every ledger, tally and figure that a generation is made of. Explicit lists, in file order.

Adding one more of anything is one declaration in its area's file and one line here.
"""

from projections.applications import APPLICATIONS, APPLICATIONS_BY_DAY
from projections.bookkeeping import CALENDAR_DAYS, JOURNALS, PRODUCER_DAYS, QUARANTINE_CASES
from projections.channels import CHANNELS
from projections.complaints import COMPLAINTS, COMPLAINTS_BY_DAY
from projections.contacts import (
    CAMPAIGN_CONTACTS,
    CAMPAIGN_CONTACTS_BY_DAY,
    CONTACT_PREFERENCES,
    CONTACTS_BY_DAY,
    FOLLOW_UPS,
    INTERACTIONS,
)
from projections.customer_records import (
    ATTRIBUTES,
    HOLDINGS,
    HOLDINGS_BY_PRODUCT,
    REPRESENTATIVES,
    RISK_PROFILES,
    SUBJECT_REQUESTS,
)
from projections.customers import CONSENTS_BY_PURPOSE, CUSTOMERS, CUSTOMERS_BY_PROFILE
from projections.figure import Figure
from projections.fold import Declarations
from projections.people import EMPLOYEES, ORG_UNITS
from projections.products import PRODUCTS
from projections.risk import FRAUD_ASSESSMENTS, RULE_PACKS, SIGNALS, SIGNALS_BY_DAY
from projections.sales import LOANS_BY_STATUS, SALES, SALES_BY_DAY
from projections.satisfaction import (
    CES_BY_DAY,
    CSAT_BY_DAY,
    INVITATIONS_BY_DAY,
    NPS_BY_DAY,
    RESPONSES,
    SURVEYS,
)
from projections.targets import TARGETS, TARGETS_BY_PERIOD

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
        TARGETS,
        SURVEYS,
        RESPONSES,
        COMPLAINTS,
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
        LOANS_BY_STATUS,
        TARGETS_BY_PERIOD,
        NPS_BY_DAY,
        CSAT_BY_DAY,
        CES_BY_DAY,
        INVITATIONS_BY_DAY,
        COMPLAINTS_BY_DAY,
        SIGNALS_BY_DAY,
    ),
)
"""What a generation is made of."""

FIGURES: tuple[Figure, ...] = ()
"""Every figure, in the order in which they are shown."""
