"""Who may sign in to the demo bank: one user for each role, each somebody who really works there.

The demo writes them whenever it opens a bank, so that one played before has them too. Names say what somebody
does; there are no passwords.
"""

import datetime as dt
from collections.abc import Sequence

from services.demo.channels import RESTRICTED
from services.demo.people import Employee, Seat, Staff
from services.identity.local_users import LocalUser

OFFICE, OUTSIDE = "Head office", "Beside the bank"


def users_of(staff: Staff, last: dt.date) -> tuple[LocalUser, ...]:
    """The users of a bank as it stands on its last day."""
    seller, manager = _two_of_a_branch(staff, last)
    handlers = [one for one in staff.handlers if one.there(last)]
    officers = [one for one in staff.compliance if one.there(last)]
    return (
        _employee(
            "adviser", "Relationship manager", "Serves and advises customers", seller, ("agent",), own=True
        ),
        _employee(
            "manager",
            "Branch manager",
            "Answers for a branch, its plan and its people",
            manager,
            ("owner", "branch_manager"),
            own=True,
        ),
        _employee("handler", "Complaint handler", "Handles complaints", handlers[0], ("complaint_handler",)),
        _employee(
            "lead",
            "Complaint team lead",
            "Handles complaints, approves what others propose",
            handlers[-1],
            ("complaint_handler", "team_lead"),
        ),
        _employee(
            "compliance",
            "Compliance officer",
            "Watches rules, decides the hard cases",
            officers[0],
            ("compliance", "head_office"),
        ),
        LocalUser(
            login="auditor",
            name="Auditor",
            title="Reads everything, changes nothing, proves the figures",
            place=OUTSIDE,
            roles=("auditor",),
        ),
        LocalUser(
            login="operator", name="Operator", title="Runs the system", place=OFFICE, roles=("operator",)
        ),
        LocalUser(
            login="partner",
            name=f"Engineer of {RESTRICTED.name}",
            title="Publishes what the partner sells, and sees whether it arrived",
            place=OUTSIDE,
            roles=("publisher",),
            sources=(RESTRICTED.source,),
        ),
    )


def _two_of_a_branch(staff: Staff, last: dt.date) -> tuple[Employee, Employee]:
    """Two of one branch: the first with two in service, or twice the same where all are small."""
    taken = [seat for seat in staff.seats if seat.holder(last) is not None]
    for branch in staff.branches:
        here = [_holder(seat, last) for seat in taken if seat.unit is branch]
        if len(here) > 1:
            return here[0], here[1]
    return _holder(taken[0], last), _holder(taken[0], last)


def _holder(seat: Seat, last: dt.date) -> Employee:
    found = seat.holder(last)
    if found is None:
        raise AssertionError(f"nobody holds the seat on {last}")
    return found


def _employee(
    login: str, name: str, title: str, employee: Employee, roles: Sequence[str], *, own: bool = False
) -> LocalUser:
    """Somebody of the bank; with `own` they see the customers of their unit only."""
    return LocalUser(
        login=login,
        name=name,
        title=title,
        place=employee.unit.name,
        roles=tuple(roles),
        employee_id=employee.id,
        units=(employee.unit.id,) if own else None,
    )
