"""Each role at each route of API and console, over HTTP: what it may, what it may not, and nobody nothing.

What a role may stands here as the design says it, not as the code does: reliability.md, "Security".
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from projections.rules.handling_pack import HandlingRules
from services.api.app import ROUTERS
from services.api.cross_site import CSRF_HEADER, session_cookie
from services.bootstrap import System
from services.config import Settings
from services.console import live
from services.console.app import VIEWS, create_site
from services.desks.complaints.packs import handling_packs
from services.door.cloudevents import BATCH
from services.identity.who import PERMISSIONS, ROLES, Who
from tests.api.signed_in import somebody
from tests.cli.events import BAD, CUSTOMER, PRODUCT, SALE
from tests.data_folder import HERE, folder_for_servers

MAY: dict[str, set[str]] = {
    # publishes under its own sources, sees whether it arrived
    "publisher": {"publish", "read_operations"},
    # serves and advises customers
    "agent": {
        "read_figures",
        "read_ledgers",
        "read_customers",
        "read_personal",
        "read_complaints",
        "decide_suitability",
    },
    # handles complaints
    "complaint_handler": {
        "read_figures",
        "read_ledgers",
        "read_customers",
        "read_personal",
        "read_complaints",
        "decide_complaints",
    },
    # answers for a product, a plan, a branch: numbers and cases, no personal data in clear
    "owner": {"read_figures", "read_ledgers", "read_customers", "read_complaints"},
    # watches rules, decides the hard cases at both desks
    "compliance": {
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
    },
    # reads everything, changes nothing
    "auditor": {
        "read_figures",
        "read_ledgers",
        "read_customers",
        "read_personal",
        "review_access",
        "read_complaints",
        "read_risk",
        "read_journal",
        "read_operations",
    },
    # runs the system, sees no customer
    "operator": {"read_figures", "read_journal", "read_operations", "operate"},
    # roles of the complaint desk that approve: they add deciding to what somebody may read, alone nothing
    "team_lead": {"decide_complaints"},
    "branch_manager": {"decide_complaints"},
    "head_office": {"decide_complaints"},
}

Needs = tuple[set[str], ...]
"""Of each set, somebody needs one."""

BY_ADDRESS: dict[str, dict[str, Needs]] = {
    "GET /ledgers": {
        "/ledgers": (
            {
                "read_ledgers",
                "read_customers",
                "read_complaints",
                "read_risk",
                "read_journal",
                "read_operations",
            },
        )
    },
    "GET /ledgers/{ledger}": {
        "/ledgers/sales": ({"read_ledgers"},),
        "/ledgers/customers": ({"read_customers"},),
        "/ledgers/holdings": ({"read_customers"},),
        "/ledgers/complaints": ({"read_complaints"},),
        "/ledgers/complaint_clocks": ({"read_complaints"},),
        "/ledgers/signals": ({"read_risk"},),
        "/ledgers/entries": ({"read_journal"},),
        "/ledgers/quarantine_cases": ({"read_operations"},),
    },
    "GET /ledgers/{ledger}/row": {
        "/ledgers/sales/row?key=[]": ({"read_ledgers"},),
        "/ledgers/customers/row?key=[]": ({"read_customers"},),
        "/ledgers/signals/row?key=[]": ({"read_risk"},),
    },
    "GET /ledgers/{ledger}/changes": {
        "/ledgers/sales/changes": ({"read_ledgers"},),
        "/ledgers/customers/changes": ({"read_customers"},),
        "/ledgers/complaints/changes": ({"read_complaints"},),
        "/ledgers/signals/changes": ({"read_risk"},),
    },
    "GET /subjects/{kind}/{identifier}": {
        "/subjects/customer/bank:17": ({"read_customers"},),
        "/subjects/product/bank:p3": ({"read_ledgers"},),
    },
    "GET /subjects/{kind}/{identifier}/timeline": {
        "/subjects/customer/bank:17/timeline": ({"read_customers"},),
        "/subjects/product/bank:p3/timeline": ({"read_ledgers"},),
    },
    "POST /quarantine/{case}/raw": {
        "/quarantine/q-1/raw": ({"read_operations"}, {"operate", "read_personal"}),
    },
    "GET /console/ledgers/{name}": {
        "/console/ledgers/sales": ({"read_ledgers"},),
        "/console/ledgers/customers": ({"read_customers"},),
        "/console/ledgers/complaints": ({"read_complaints"},),
        "/console/ledgers/signals": ({"read_risk"},),
        "/console/ledgers/entries": ({"read_journal"},),
        "/console/ledgers/quarantine_cases": ({"read_operations"},),
    },
    "GET /console/ledgers/{name}/row": {
        "/console/ledgers/sales/row?key=[]": ({"read_ledgers"},),
        "/console/ledgers/signals/row?key=[]": ({"read_risk"},),
    },
    "GET /console/entries/{volume}/{partition}/{offset}": {
        "/console/entries/0/0/999999": ({"read_ledgers"},),
    },
    "GET /console/subjects/{kind}/{identifier}": {
        "/console/subjects/customer/bank:17": ({"read_customers"},),
        "/console/subjects/product/bank:p3": ({"read_ledgers"},),
    },
    "POST /console/audit/quarantine/{case}/raw": {
        "/console/audit/quarantine/q-1/raw": ({"read_operations"}, {"operate", "read_personal"}),
    },
}
"""Addresses of routes that ask for what their path says, or for one of several."""

OPEN = {"GET /healthz"}
FILLED = {
    "customer_id": "bank:17",
    "identifier": "bank:p3",
    "case": "bank:k1",
    "check": "bank:k1",
    "command": "acknowledge",
    "name": "sales",
    "rule_id": "R-SALE-01",
    "signal_id": "R-SALE-01:1:bank:17:s-1",
    "issue_id": "bank:i1",
    "volume": "0",
    "partition": "0",
    "offset": "0",
    "job": "1",
}
"""What stands in an address for a path parameter."""

STARTED = {"POST /console/audit/rebuilds"}
"""Begins a rebuild, whatever is sent: tests/console/test_audit.py tries it with somebody who may."""


class Route(NamedTuple):
    """A method at an address, and what it takes."""

    name: str
    method: str
    address: str
    needs: Needs

    def open_to(self, role: str) -> bool:
        return all(MAY[role] & one for one in self.needs)


class Guarded(NamedTuple):
    """A site behind the local issuer, and the name of its session's cookie."""

    app: FastAPI
    client: TestClient
    cookie: str

    def status(self, route: Route, who: Who | None) -> Any:
        """The answer to somebody who signed in, or to nobody."""
        headers = {"origin": HERE, "content-type": "application/json"}
        if who is not None:
            sessions = self.app.state.gate.sessions
            sealed = sessions.begin(who)
            headers["cookie"] = f"{self.cookie}={sealed}"
            headers[CSRF_HEADER] = sessions.read(sealed).csrf
        body = None if route.method == "GET" else b'{"no_such_field": 1}'
        return self.client.request(route.method, route.address, headers=headers, content=body)


def routes() -> tuple[Route, ...]:
    """Every route of the API and of the console's views, those of `BY_ADDRESS` at each of its addresses."""
    routers: tuple[APIRouter, ...] = (*ROUTERS, *(view.router for view in VIEWS), live.router)
    found: dict[tuple[str, str], Route] = {}
    for router in routers:
        for context in iter_route_contexts(router.routes):
            for method in sorted((context.methods or set()) - {"HEAD"}):
                name = f"{method} {re.sub(r':path}', '}', context.path or '')}"
                for address, needs in _asked(name, context).items():
                    found[method, address] = Route(name, method, address, needs)
    return tuple(found.values())


def _asked(name: str, context: Any) -> dict[str, Needs]:
    if name in BY_ADDRESS:
        return BY_ADDRESS[name]
    calls = [dependency.call for dependency in context.dependant.dependencies]
    permissions = [call.permissions for call in calls if hasattr(call, "permissions")]
    assert all(len(several) == 1 for several in permissions), f"{name}: say in BY_ADDRESS what it takes"
    assert permissions or name in OPEN, name
    address = re.sub(r"{(\w+)}", lambda found: FILLED[found[1]], name.partition(" ")[2])
    return {address: tuple(set(several) for several in permissions)}


ROUTES = routes()


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    with folder_for_servers() as folder, pytest.MonkeyPatch.context() as patched:
        for module in ("services.api.changes", "services.console.live"):
            patched.setattr(f"{module}.STREAM_SECONDS", 0.0)
        system = System(Settings(data=folder, partitions=4))
        app = create_site(system, loops=False)
        with TestClient(app, base_url=HERE, follow_redirects=False) as client:
            cookie = session_cookie(app.state.gate, HERE)
            guarded = Guarded(app, client, cookie)
            sealed = app.state.gate.sessions.begin(somebody(sources=frozenset({"*"})))
            headers = {"cookie": f"{cookie}={sealed}", "origin": HERE, "content-type": BATCH}
            headers[CSRF_HEADER] = app.state.gate.sessions.read(sealed).csrf
            batch = f"[{PRODUCT},{CUSTOMER},{SALE},{BAD}]"
            assert client.post("/events", content=batch, headers=headers).status_code == 207
            system.settle()
            yield guarded
        system.close()


def test_the_table_names_every_role_and_permission() -> None:
    assert set(ROLES) < set(MAY)
    assert set().union(*MAY.values()) == set(PERMISSIONS)
    assert {route.name for route in ROUTES} >= set(BY_ADDRESS) | OPEN | STARTED
    assert len(ROUTES) > 120


@pytest.mark.parametrize("role", MAY)
def test_a_role_is_refused_just_where_it_may_not(guarded: Guarded, role: str) -> None:
    who = msgspec.structs.replace(somebody(sources=frozenset({"*"})), roles=frozenset({role}))
    wrong = []
    for route in ROUTES:
        may = route.open_to(role)
        if may and route.name in STARTED:
            continue
        status = guarded.status(route, who).status_code
        if (status in (401, 403) or status >= 500) if may else status != 403:
            wrong.append(
                f"{route.method} {route.address}: {status}, though {role} {'may' if may else 'may not'}"
            )
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_nothing(guarded: Guarded) -> None:
    for route in ROUTES:
        answer = guarded.status(route, None)
        if not route.needs:
            assert answer.status_code == 200, route
        elif route.method == "GET" and route.address.startswith("/console/"):
            assert answer.status_code == 303, route
            assert answer.headers["location"].startswith("/sign-in?next=%2Fconsole%2F"), route
        else:
            assert answer.status_code == 401, route
            assert answer.headers["content-type"] == "application/problem+json", route


@pytest.mark.parametrize("pack", handling_packs(), ids=lambda pack: pack.stated.version)
def test_whom_the_handling_rules_name_gets_as_far_as_the_desk(pack: HandlingRules) -> None:
    named = pack.approver_roles | pack.senior_roles | pack.head_office_roles
    assert named
    assert {role for role in named if "decide_complaints" not in MAY[role]} == set()
    for role in named:
        who = msgspec.structs.replace(somebody("owner"), roles=frozenset({"owner", role}))
        assert who.may("decide_complaints"), role
