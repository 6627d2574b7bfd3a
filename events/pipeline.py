"""Before the sale: campaigns, leads, opportunities, applications and quotes.

A lead and an application are subjects of their own until there is a customer; a contact of a campaign
stands on the customer. The sale that follows names the application and the campaign.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import (
    ApplicationId,
    CampaignId,
    ChannelId,
    Currency,
    CustomerId,
    EmployeeId,
    Event,
    InteractionId,
    LeadId,
    ProductId,
    UnitId,
)
from events.event_type import Correction, Voiding
from events.sealing import Sealed
from events.vocabulary import BasisPoints, Count, Detail, LegalEntity, MinorUnits, Reference, Version, Words


class CampaignPlanned(Event, frozen=True, kw_only=True):
    """A campaign is to run: what for, for whom, when, where, at what cost."""

    campaign_id: CampaignId
    name: Words | None = None
    objective: Words
    theme: Words | None = None
    product_ids: tuple[ProductId, ...] = ()
    audience: Words | None = None
    audience_segment_version: Version | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    place: Words | None = None
    form: Words | None = None
    content_refs: tuple[Reference, ...] = ()
    budget_minor: MinorUnits | None = None
    currency: Currency | None = None
    legal_entity: LegalEntity


class CampaignContactMade(Event, frozen=True, kw_only=True):
    """We contacted a customer for a campaign, after so many attempts."""

    campaign_id: CampaignId
    customer_id: CustomerId
    legal_entity: LegalEntity | None = None
    attempts: Annotated[int, Meta(ge=1, le=10_000)] = 1
    channel_id: ChannelId | None = None
    employee_id: EmployeeId | None = None
    outcome: Literal["accepted", "refused", "interested", "not_reached", "no_answer", "other", "unknown"]
    duration_seconds: Count | None = None
    consent_ref: Reference | None = None


class LeadCaptured(Event, frozen=True, kw_only=True):
    """Somebody may want to buy."""

    lead_id: LeadId
    customer_id: CustomerId | None = None
    name: Sealed[Detail] | None = None
    contact: Sealed[Detail] | None = None
    product_id: ProductId | None = None
    campaign_id: CampaignId | None = None
    channel_id: ChannelId | None = None
    unit_id: UnitId | None = None
    owner_id: EmployeeId | None = None
    legal_entity: LegalEntity | None = None
    origin: Words | None = None


class LeadQualified(Event, frozen=True, kw_only=True):
    """Somebody looked at the lead and decided whether it is worth following."""

    lead_id: LeadId
    customer_id: CustomerId | None = None
    outcome: Literal["qualified", "nurture", "disqualified"]
    employee_id: EmployeeId | None = None
    reason: Words | None = None


class OpportunityOpened(Event, frozen=True, kw_only=True):
    """A sale is in sight: this product, about this much, at this stage."""

    opportunity_id: Reference
    customer_id: CustomerId | None = None
    lead_id: LeadId | None = None
    application_id: ApplicationId | None = None
    product_id: ProductId | None = None
    seller_id: EmployeeId | None = None
    unit_id: UnitId | None = None
    stage: Words
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    expected_on: dt.date | None = None


class OpportunityStageChanged(Event, frozen=True, kw_only=True):
    """The sale came nearer, or went further away."""

    opportunity_id: Reference
    customer_id: CustomerId | None = None
    lead_id: LeadId | None = None
    application_id: ApplicationId | None = None
    from_stage: Words | None = None
    to_stage: Words
    probability_bp: Annotated[int, Meta(ge=0, le=10_000)] | None = None


class OpportunityLost(Event, frozen=True, kw_only=True):
    """The customer did not buy."""

    opportunity_id: Reference
    customer_id: CustomerId | None = None
    lead_id: LeadId | None = None
    application_id: ApplicationId | None = None
    reason: Words | None = None
    to_competitor: Words | None = None


class ApplicationStep(Event, frozen=True, kw_only=True):
    """What every step of an application says: which one, whose, and who did it."""

    application_id: ApplicationId
    customer_id: CustomerId | None = None
    employee_id: EmployeeId | None = None


class ApplicationSubmitted(ApplicationStep, frozen=True, kw_only=True):
    """Somebody applied for a product; no amount means that none was stated."""

    legal_entity: LegalEntity
    product_id: ProductId
    channel_id: ChannelId | None = None
    unit_id: UnitId | None = None
    campaign_id: CampaignId | None = None
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None


class ApplicationStepRecorded(ApplicationStep, frozen=True, kw_only=True):
    """A step that has no event of its own, in the words of the system that recorded it."""

    step: Words
    quote_id: Reference | None = None


class ApplicationApproved(ApplicationStep, frozen=True, kw_only=True):
    """We said yes."""

    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    conditions: tuple[Words, ...] = ()


class ApplicationDeclined(ApplicationStep, frozen=True, kw_only=True):
    """We said no."""

    reason: Words | None = None


class ApplicationCancelled(ApplicationStep, frozen=True, kw_only=True):
    """The applicant stepped back, or never came back."""

    reason: Words | None = None


class QuoteIssued(Event, frozen=True, kw_only=True):
    """We named a price for a product."""

    quote_id: Reference
    customer_id: CustomerId | None = None
    application_id: ApplicationId | None = None
    product_id: ProductId
    employee_id: EmployeeId | None = None
    interaction_id: InteractionId | None = None
    amount_minor: MinorUnits | None = None
    fee_minor: MinorUnits | None = None
    currency: Currency | None = None
    rate_bp: BasisPoints | None = None
    price_version: Version | None = None
    valid_until: dt.date | None = None


class CampaignCorrected(Correction, frozen=True, kw_only=True):
    """A campaign, or a contact of one, stated again; a contact names its customer."""

    campaign_id: CampaignId | None = None
    customer_id: CustomerId | None = None


class CampaignVoided(Voiding, frozen=True, kw_only=True):
    """A campaign, or a contact of one, that never was; a contact names its customer."""

    campaign_id: CampaignId | None = None
    customer_id: CustomerId | None = None


class LeadCorrected(Correction, frozen=True, kw_only=True):
    """A fact about a lead, stated again."""

    lead_id: LeadId | None = None
    customer_id: CustomerId | None = None


class LeadVoided(Voiding, frozen=True, kw_only=True):
    """A fact about a lead that never was."""

    lead_id: LeadId | None = None
    customer_id: CustomerId | None = None


class OpportunityCorrected(Correction, frozen=True, kw_only=True):
    """A fact about an opportunity, stated again."""

    customer_id: CustomerId | None = None
    lead_id: LeadId | None = None
    application_id: ApplicationId | None = None


class OpportunityVoided(Voiding, frozen=True, kw_only=True):
    """A fact about an opportunity that never was."""

    customer_id: CustomerId | None = None
    lead_id: LeadId | None = None
    application_id: ApplicationId | None = None


class ApplicationCorrected(Correction, frozen=True, kw_only=True):
    """A step of an application, stated again."""

    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None


class ApplicationVoided(Voiding, frozen=True, kw_only=True):
    """A step of an application that never was."""

    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None


class QuoteCorrected(Correction, frozen=True, kw_only=True):
    """A quote, stated again."""

    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None


class QuoteVoided(Voiding, frozen=True, kw_only=True):
    """A quote that was never issued."""

    application_id: ApplicationId | None = None
    customer_id: CustomerId | None = None
