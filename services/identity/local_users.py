"""The users of the local issuer: those of a file in the data folder, else one for each role.

The demo writes its own there. They have no passwords: whoever reaches the loopback may be any of them.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from services.errors import NotFound, WrongUse
from services.identity.who import Who

USERS_FILE = "local-users.json"
USERS_AT_MOST = 200


class LocalUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody whom the local issuer lets in. `login` is short and unique; `title` and `place` are read by
    people; the rest is what `Who` has."""

    login: str
    name: str
    title: str
    place: str = ""
    roles: tuple[str, ...]
    employee_id: str | None = None
    units: tuple[str, ...] | None = None
    sources: tuple[str, ...] = ()

    def who(self) -> Who:
        """What a token says of them."""
        return Who(
            subject=self.login,
            name=self.name,
            employee_id=self.employee_id,
            roles=frozenset(self.roles),
            units=None if self.units is None else frozenset(self.units),
            sources=frozenset(self.sources),
        )


BUILT_IN: tuple[LocalUser, ...] = (
    LocalUser(
        login="agent",
        name="Agent",
        title="Serves and advises customers",
        roles=("agent",),
        employee_id="local:agent",
    ),
    LocalUser(
        login="handler",
        name="Complaint handler",
        title="Handles complaints",
        roles=("complaint_handler",),
        employee_id="local:handler",
    ),
    LocalUser(
        login="manager",
        name="Branch manager",
        title="Answers for a unit, its plan and its products",
        roles=("owner", "branch_manager"),
        employee_id="local:manager",
    ),
    LocalUser(
        login="compliance",
        name="Compliance officer",
        title="Watches rules, decides the hard cases",
        roles=("compliance", "head_office"),
        employee_id="local:compliance",
    ),
    LocalUser(login="auditor", name="Auditor", title="Reads everything, changes nothing", roles=("auditor",)),
    LocalUser(login="operator", name="Operator", title="Runs the system", roles=("operator",)),
    LocalUser(
        login="publisher",
        name="Channel system",
        title="Publishes events of any source",
        roles=("publisher",),
        sources=("*",),
    ),
)
"""One user for each role, for a folder that names none."""


def read_users(data: Path) -> tuple[LocalUser, ...]:
    """The users of a data folder; WrongUse for a file that cannot be read."""
    path = data / USERS_FILE
    if not path.exists():
        return BUILT_IN
    try:
        users = msgspec.json.decode(path.read_bytes(), type=tuple[LocalUser, ...])
    except msgspec.MsgspecError as error:
        raise WrongUse(f"{path} is no list of users: {error}") from error
    if not 0 < len(users) <= USERS_AT_MOST or len({one.login for one in users}) != len(users):
        raise WrongUse(f"{path} must name 1 to {USERS_AT_MOST} users, each with a login of its own")
    return users


def write_users(data: Path, users: Sequence[LocalUser]) -> None:
    """Name the users of a data folder."""
    path = data / USERS_FILE
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(users), indent=2) + b"\n")
    draft.replace(path)


def user_named(users: Sequence[LocalUser], login: str) -> LocalUser:
    """The user of a login; NotFound names those who are there."""
    for one in users:
        if one.login == login:
            return one
    raise NotFound(f"no user {login!r} here; there are {', '.join(one.login for one in users)}")


def user_with(users: Sequence[LocalUser], role: str) -> LocalUser:
    """The first user with a role; NotFound names the roles that are there."""
    for one in users:
        if role in one.roles:
            return one
    roles = sorted({role for one in users for role in one.roles})
    raise NotFound(f"no user has the role {role!r} here; there are {', '.join(roles)}")
