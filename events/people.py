"""The sales team: units, employees, licences, certificates, courses, and whose customer is whose.

Units and employees are subjects of their own; a transfer of a customer stands on the customer. Staff
names are personal data and sealed with the employee's key.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import CourseId, CustomerId, EmployeeId, Event, UnitId
from events.event_type import Correction, Voiding
from events.sealing import Sealed
from events.vocabulary import Detail, LegalEntity, Region, Words

UnitKind = Literal[
    "head_office",
    "region",
    "branch",
    "sales_group",
    "marketing",
    "customer_service",
    "call_centre",
    "partner",
    "other",
]
EmployeeRole = Literal[
    "relationship_manager",
    "seller",
    "adviser",
    "call_agent",
    "partner_agent",
    "team_lead",
    "branch_manager",
    "complaint_handler",
    "compliance",
    "back_office",
    "other",
]


class OrgUnitCreated(Event, frozen=True, kw_only=True):
    """A unit of the organisation exists from here on."""

    unit_id: UnitId
    name: Words
    kind: UnitKind
    parent_id: UnitId | None = None
    business_line: Words | None = None
    segment: Words | None = None
    region: Region | None = None
    legal_entity: LegalEntity


class EmployeeHired(Event, frozen=True, kw_only=True):
    """A person works for us."""

    employee_id: EmployeeId
    name: Sealed[Detail] | None = None
    role: EmployeeRole
    unit_id: UnitId | None = None
    legal_entity: LegalEntity | None = None
    licences: tuple[Words, ...] = ()


class EmployeeAssigned(Event, frozen=True, kw_only=True):
    """The employee's first place: unit and role."""

    employee_id: EmployeeId
    unit_id: UnitId
    role: EmployeeRole | None = None
    from_day: dt.date | None = None


class EmployeeReassigned(Event, frozen=True, kw_only=True):
    """The employee moved to another unit or role."""

    employee_id: EmployeeId
    from_unit_id: UnitId | None = None
    unit_id: UnitId
    role: EmployeeRole | None = None
    from_day: dt.date | None = None
    reason: Words | None = None


class EmployeeSuspended(Event, frozen=True, kw_only=True):
    """The employee may not deal with customers for the time being."""

    employee_id: EmployeeId
    reason: Words


class EmployeeReinstated(Event, frozen=True, kw_only=True):
    """A suspended employee may work again."""

    employee_id: EmployeeId
    reason: Words | None = None


class EmployeeLeft(Event, frozen=True, kw_only=True):
    """The employee has left; the customers of the book need someone else."""

    employee_id: EmployeeId
    last_day: dt.date
    reason: Words | None = None


class LicenceGranted(Event, frozen=True, kw_only=True):
    """An outside body licensed the employee for a class of business; valid through `until`."""

    employee_id: EmployeeId
    body: Words
    licence_class: Words
    licence_no: Sealed[Detail] | None = None
    until: dt.date | None = None


class LicenceRevoked(Event, frozen=True, kw_only=True):
    """The licence for a class of business was taken away."""

    employee_id: EmployeeId
    body: Words
    licence_class: Words
    reason: Words | None = None


class CertificationGranted(Event, frozen=True, kw_only=True):
    """Our own certificate to sell a class of products; valid through `until`, its expiry is derived."""

    employee_id: EmployeeId
    certificate: Words
    course_id: CourseId | None = None
    until: dt.date | None = None


class CourseDefined(Event, frozen=True, kw_only=True):
    """A course exists: its topics, and how long what it teaches stays valid."""

    course_id: CourseId
    name: Words
    topics: tuple[Words, ...] = ()
    mode: Literal["online", "offline", "mixed"]
    validity_months: Annotated[int, Meta(ge=1, le=120)] | None = None


class TrainingCompleted(Event, frozen=True, kw_only=True):
    """The employee finished a course."""

    employee_id: EmployeeId
    course_id: CourseId
    score: Annotated[int, Meta(ge=0, le=100)] | None = None
    passed: bool = True
    mode: Literal["online", "offline", "mixed"] | None = None


class CustomerTransferred(Event, frozen=True, kw_only=True):
    """The customer has another relationship manager; one event per customer."""

    customer_id: CustomerId
    from_employee_id: EmployeeId | None = None
    to_employee_id: EmployeeId | None = None
    to_unit_id: UnitId | None = None
    reason: Words


class OrgUnitCorrected(Correction, frozen=True, kw_only=True):
    """A fact about a unit, stated again."""

    unit_id: UnitId


class OrgUnitVoided(Voiding, frozen=True, kw_only=True):
    """A fact about a unit that never was."""

    unit_id: UnitId


class EmployeeCorrected(Correction, frozen=True, kw_only=True):
    """A fact about an employee, stated again."""

    employee_id: EmployeeId


class EmployeeVoided(Voiding, frozen=True, kw_only=True):
    """A fact about an employee that never was."""

    employee_id: EmployeeId


class LicenceCorrected(Correction, frozen=True, kw_only=True):
    """A licence fact, stated again."""

    employee_id: EmployeeId


class LicenceVoided(Voiding, frozen=True, kw_only=True):
    """A licence fact that never was."""

    employee_id: EmployeeId


class CertificationCorrected(Correction, frozen=True, kw_only=True):
    """A certificate, stated again."""

    employee_id: EmployeeId


class CertificationVoided(Voiding, frozen=True, kw_only=True):
    """A certificate that was never granted."""

    employee_id: EmployeeId


class CourseCorrected(Correction, frozen=True, kw_only=True):
    """A course, stated again."""

    course_id: CourseId


class CourseVoided(Voiding, frozen=True, kw_only=True):
    """A course that never was."""

    course_id: CourseId


class TrainingCorrected(Correction, frozen=True, kw_only=True):
    """A training fact, stated again."""

    employee_id: EmployeeId


class TrainingVoided(Voiding, frozen=True, kw_only=True):
    """A training fact that never was."""

    employee_id: EmployeeId
