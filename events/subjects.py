"""Subject rules: which field of an event names what it is about, in order of preference.

The catalogue names one per type. A thing with a customer stands on the customer, all its life.
"""

CUSTOMER = (("customer", "customer_id"),)
PRODUCT = (("product", "product_id"),)
PRICE = (("customer", "customer_id"), ("product", "product_id"))
CHANNEL = (("channel", "channel_id"),)
UNIT = (("unit", "unit_id"),)
EMPLOYEE = (("employee", "employee_id"),)
COURSE = (("course", "course_id"),)
PLAN = (("plan", "plan_id"),)
CAMPAIGN = (("campaign", "campaign_id"),)
CAMPAIGN_CONTACT = (("customer", "customer_id"), ("campaign", "campaign_id"))
LEAD = (("customer", "customer_id"), ("lead", "lead_id"))
APPLICATION = (("customer", "customer_id"), ("application", "application_id"))
OPPORTUNITY = (("customer", "customer_id"), ("application", "application_id"), ("lead", "lead_id"))
SALE = (("customer", "customer_id"), ("application", "application_id"), ("sale", "sale_id"))
PRODUCT_OR_SALE = (*SALE, ("product", "product_id"))
INTERACTION = (
    ("customer", "customer_id"),
    ("application", "application_id"),
    ("interaction", "interaction_id"),
)
SERVICE = (("customer", "customer_id"), ("service_request", "service_request_id"))
SURVEY = (("survey", "survey_id"),)
SURVEY_OR_CUSTOMER = (("customer", "customer_id"), ("survey", "survey_id"))
COMPLAINT = (("customer", "customer_id"), ("complaint", "complaint_id"))
RULEPACK = (("rulepack", "pack_id"),)
JOURNAL = (("journal", "journal_id"),)
CALENDAR = (("calendar", "calendar_id"),)
PRODUCER = (("producer", "producer_id"),)
QUESTIONNAIRE = (("questionnaire", "questionnaire_id"),)
QUARANTINE = (("quarantine", "quarantine_id"),)
