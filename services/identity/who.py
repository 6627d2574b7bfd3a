"""Who asks, and what their roles allow: the one table of roles and permissions.

API and console ask here before they answer; tokens and sessions make a `Who`. It must hold no rule of a desk:
what a decision asks of a role stands at the desk.
"""

import functools
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

import msgspec

Role = Literal["publisher", "agent", "complaint_handler", "owner", "compliance", "auditor", "operator"]
Permission = Literal[
    "publish",
    "read_figures",
    "read_ledgers",
    "read_customers",
    "read_personal",
    "review_access",
    "read_complaints",
    "decide_complaints",
    "decide_suitability",
    "read_risk",
    "read_journal",
    "read_operations",
    "operate",
]

ROLES: tuple[Role, ...] = get_args(Role)
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

_STAFF: frozenset[Permission] = frozenset(
    {"read_figures", "read_ledgers", "read_customers", "read_personal", "read_complaints"}
)
_DECIDING: frozenset[Permission] = frozenset({"decide_complaints", "decide_suitability"})
_LOOKING_INTO: frozenset[Permission] = frozenset(
    {"read_risk", "read_journal", "read_operations", "review_access"}
)

MAY: Mapping[Role, frozenset[Permission]] = {
    "publisher": frozenset({"publish", "read_operations"}),
    "agent": _STAFF | {"decide_suitability"},
    "complaint_handler": _STAFF | {"decide_complaints"},
    "owner": _STAFF - {"read_personal"},
    "compliance": _STAFF | _DECIDING | _LOOKING_INTO,
    "auditor": _STAFF | _LOOKING_INTO,
    "operator": frozenset({"read_figures", "read_journal", "read_operations", "operate"}),
}
"""What each role may. A publisher publishes only under its own sources, and sees only what they brought."""

MAY_AT_DESKS: Mapping[str, frozenset[Permission]] = {
    "team_lead": frozenset({"decide_complaints"}),
    "branch_manager": frozenset({"decide_complaints"}),
    "head_office": frozenset({"decide_complaints"}),
}
"""What a role of a desk adds to the others of somebody: whom the handling rules name as approver gets as far
as the desk, which asks for the rest. Alone it opens nothing, since deciding takes reading."""


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a service, that signed in.

    `subject` is what the issuer calls them; `employee_id` is theirs in our namespace, without which no desk
    takes a command. `units` None means every unit, else only customers, complaints and signals of these.
    `sources` are those a publisher may publish under, `*` any. `roles` may hold more than ours: a desk knows
    its own. `unasked`: nobody asks here who they are, and they may everything that is not a desk's to decide.
    """

    subject: str
    name: str
    employee_id: str | None = None
    roles: frozenset[str] = frozenset()
    units: frozenset[str] | None = None
    sources: frozenset[str] = frozenset()
    unasked: bool = False

    def publishes_under(self, source: str) -> bool:
        """Whether a source is one of theirs, or below one: `urn:bank:app` covers `urn:bank:app:ios`."""
        return any(
            own == "*" or source == own or source.startswith((f"{own}:", f"{own}/")) for own in self.sources
        )

    def may(self, permission: Permission) -> bool:
        """Whether any of their roles allows it."""
        return self.unasked or any(role in self.roles for role in roles_that(permission))


@functools.cache
def roles_that(permission: Permission) -> tuple[str, ...]:
    """The roles that allow something, in the order of the tables."""
    own = [role for role, allowed in MAY.items() if permission in allowed]
    return (*own, *(role for role, allowed in MAY_AT_DESKS.items() if permission in allowed))


def somebody_here(employee_id: str | None = None, roles: Iterable[str] = ()) -> Who:
    """Whoever sits at this machine, where nobody is asked to sign in; a desk has the roles that they say."""
    return Who(
        subject="loopback",
        name=employee_id or "this machine",
        employee_id=employee_id,
        roles=frozenset(roles),
        unasked=True,
        sources=frozenset({"*"}),
    )
