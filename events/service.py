"""Service: questions that customers ask and work that they ask for.

The subject is the customer, else the request itself. Clocks are derived from the dates and never stored.
"""

from events.envelope import ChannelId, CustomerId, EmployeeId, Event, ProductId, ServiceRequestId, UnitId
from events.event_type import Correction, Voiding
from events.sealing import Sealed
from events.vocabulary import LegalEntity, Narrative, Reference, Words


class ServiceStep(Event, frozen=True, kw_only=True):
    """Which request, and whose."""

    service_request_id: ServiceRequestId
    customer_id: CustomerId | None = None


class ServiceRequestOpened(ServiceStep, frozen=True, kw_only=True):
    """A customer asked for something to be done."""

    legal_entity: LegalEntity | None = None
    kind: Words
    product_id: ProductId | None = None
    channel_id: ChannelId | None = None
    unit_id: UnitId | None = None
    text: Sealed[Narrative] | None = None


class ServiceRequestAssigned(ServiceStep, frozen=True, kw_only=True):
    """Somebody has it in hand."""

    employee_id: EmployeeId
    unit_id: UnitId | None = None


class ServiceRequestPaused(ServiceStep, frozen=True, kw_only=True):
    """We wait for somebody else; the service clock stands still."""

    reason: Words


class ServiceRequestResumed(ServiceStep, frozen=True, kw_only=True):
    """We go on; the clock runs again."""


class ServiceRequestResolved(ServiceStep, frozen=True, kw_only=True):
    """It is done."""

    employee_id: EmployeeId | None = None
    outcome: Words | None = None
    first_contact: bool = False


class ServiceRequestReopened(ServiceStep, frozen=True, kw_only=True):
    """It was not done after all."""

    reason: Words | None = None


class EnquiryReceived(Event, frozen=True, kw_only=True):
    """A customer asked about a product."""

    enquiry_id: Reference
    customer_id: CustomerId
    product_id: ProductId | None = None
    channel_id: ChannelId | None = None
    text: Sealed[Narrative] | None = None


class EnquiryAnswered(Event, frozen=True, kw_only=True):
    """We answered, and with what material."""

    enquiry_id: Reference
    customer_id: CustomerId
    employee_id: EmployeeId | None = None
    answer_ref: Reference | None = None
    material_id: Reference | None = None


class ServiceRequestCorrected(Correction, frozen=True, kw_only=True):
    """A step of a request, stated again."""

    service_request_id: ServiceRequestId | None = None
    customer_id: CustomerId | None = None


class ServiceRequestVoided(Voiding, frozen=True, kw_only=True):
    """A step of a request that never was."""

    service_request_id: ServiceRequestId | None = None
    customer_id: CustomerId | None = None


class EnquiryCorrected(Correction, frozen=True, kw_only=True):
    """A question or its answer, stated again."""

    customer_id: CustomerId


class EnquiryVoided(Voiding, frozen=True, kw_only=True):
    """A question or an answer that never was."""

    customer_id: CustomerId
