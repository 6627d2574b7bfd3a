"""People: employees with their places, licences and certificates as dated histories; units.

The door's stamper asks it through projections/known.py who a seller was when a sale happened. Staff names
are personal data and appear as sealed tokens only.
"""

import datetime as dt

import msgspec

from events.envelope import Entry
from events.people import (
    CertificationGranted,
    EmployeeAssigned,
    EmployeeHired,
    EmployeeLeft,
    EmployeeReassigned,
    EmployeeReinstated,
    EmployeeSuspended,
    LicenceGranted,
    LicenceRevoked,
    OrgUnitCreated,
)
from projections.ledger import Key, Ledger, Row, change, latest
from projections.steps import Dated, by_subject, days_after, put, stands


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit and a role, from `since` on."""

    since: dt.date | None
    unit_id: str | None = None
    role: str | None = None


class Permission(msgspec.Struct, frozen=True, omit_defaults=True):
    """A licence or certificate: granted from `since` through `until`, or taken away on `since`."""

    since: dt.date | None
    name: str
    granted: bool
    until: dt.date | None = None


class EmployeeRow(Row, frozen=True):
    """An employee; `unit_id`, `role` and `standing` are the latest, the histories say what was before."""

    subject: str
    employee_id: str | None = None
    name: str | None = None
    legal_entity: str | None = None
    unit_id: str | None = None
    role: str | None = None
    hired_on: dt.date | None = None
    last_day: dt.date | None = None
    standing: str = "not_yet"
    places: tuple[Place, ...] = ()
    standings: tuple[Dated, ...] = ()
    licences: tuple[Permission, ...] = ()
    certificates: tuple[Permission, ...] = ()


class OrgUnitRow(Row, frozen=True):
    """A unit of the organisation."""

    subject: str
    unit_id: str | None = None
    name: str | None = None
    kind: str | None = None
    parent_id: str | None = None
    legal_entity: str | None = None
    region: str | None = None
    business_line: str | None = None
    segment: str | None = None
    created_on: dt.date | None = None


def _hired(key: Key, row: EmployeeRow | None, event: EmployeeHired, entry: Entry) -> EmployeeRow:
    row = row or EmployeeRow(*key)
    on = entry.occurred_on
    for licence in event.licences:
        row = change(row, licences=put(row.licences, Permission(on, licence, True)))
    if row.employee_id is None or stands(on, row.hired_on):
        row = change(
            row,
            employee_id=event.employee_id,
            name=event.name,
            legal_entity=event.legal_entity,
            hired_on=latest(row.hired_on, on),
        )
    row = _placed(row, Place(on, event.unit_id, event.role))
    return _standing(row, Dated(on, "employed"))


def _assigned(
    key: Key, row: EmployeeRow | None, event: EmployeeAssigned | EmployeeReassigned, entry: Entry
) -> EmployeeRow:
    row = row or EmployeeRow(*key)
    return _placed(row, Place(event.from_day or entry.occurred_on, event.unit_id, event.role))


def _suspended(key: Key, row: EmployeeRow | None, event: EmployeeSuspended, entry: Entry) -> EmployeeRow:
    return _standing(row or EmployeeRow(*key), Dated(entry.occurred_on, "suspended"))


def _reinstated(key: Key, row: EmployeeRow | None, event: EmployeeReinstated, entry: Entry) -> EmployeeRow:
    return _standing(row or EmployeeRow(*key), Dated(entry.occurred_on, "employed"))


def _left(key: Key, row: EmployeeRow | None, event: EmployeeLeft, entry: Entry) -> EmployeeRow:
    row = row or EmployeeRow(*key)
    row = change(row, last_day=latest(row.last_day, event.last_day))
    return _standing(row, Dated(days_after(event.last_day, 1), "left"))


def _licensed(key: Key, row: EmployeeRow | None, event: LicenceGranted, entry: Entry) -> EmployeeRow:
    row = row or EmployeeRow(*key)
    licence = Permission(entry.occurred_on, event.licence_class, True, event.until)
    return change(row, licences=put(row.licences, licence))


def _licence_revoked(key: Key, row: EmployeeRow | None, event: LicenceRevoked, entry: Entry) -> EmployeeRow:
    row = row or EmployeeRow(*key)
    licence = Permission(entry.occurred_on, event.licence_class, False)
    return change(row, licences=put(row.licences, licence))


def _certified(key: Key, row: EmployeeRow | None, event: CertificationGranted, entry: Entry) -> EmployeeRow:
    row = row or EmployeeRow(*key)
    certificate = Permission(entry.occurred_on, event.certificate, True, event.until)
    return change(row, certificates=put(row.certificates, certificate))


def _placed(row: EmployeeRow, place: Place) -> EmployeeRow:
    """The row with one more place; a role that a later place does not repeat goes on."""
    places = put(row.places, place)
    units = [one.unit_id for one in places if one.unit_id is not None]
    roles = [one.role for one in places if one.role is not None]
    return change(
        row,
        places=places,
        unit_id=units[-1] if units else None,
        role=roles[-1] if roles else None,
    )


def _standing(row: EmployeeRow, step: Dated) -> EmployeeRow:
    standings = put(row.standings, step)
    return change(row, standings=standings, standing=standings[-1].value)


def _unit_created(key: Key, row: OrgUnitRow | None, event: OrgUnitCreated, entry: Entry) -> OrgUnitRow:
    row = row or OrgUnitRow(*key)
    if row.unit_id is not None and not stands(entry.occurred_on, row.created_on):
        return row
    return change(
        row,
        unit_id=event.unit_id,
        name=event.name,
        kind=event.kind,
        parent_id=event.parent_id,
        legal_entity=event.legal_entity,
        region=event.region,
        business_line=event.business_line,
        segment=event.segment,
        created_on=latest(row.created_on, entry.occurred_on),
    )


EMPLOYEES = Ledger(
    name="employees",
    version=1,
    row=EmployeeRow,
    key=("subject",),
    keys=by_subject,
    handlers={
        EmployeeHired: _hired,
        EmployeeAssigned: _assigned,
        EmployeeReassigned: _assigned,
        EmployeeSuspended: _suspended,
        EmployeeReinstated: _reinstated,
        EmployeeLeft: _left,
        LicenceGranted: _licensed,
        LicenceRevoked: _licence_revoked,
        CertificationGranted: _certified,
    },
    about="employees with units, licences and certificates over time",
)

ORG_UNITS = Ledger(
    name="org_units",
    version=1,
    row=OrgUnitRow,
    key=("subject",),
    keys=by_subject,
    handlers={OrgUnitCreated: _unit_created},
    about="units of the organisation",
)
