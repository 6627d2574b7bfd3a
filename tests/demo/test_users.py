"""The users of the demo at the complaint desk, over HTTP: whom the handling rules name can really decide."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.testclient import TestClient

from services.api.app import create_app
from services.bootstrap import System
from services.identity.gate import local_issuer
from services.identity.local_issuer import LocalIssuer
from services.identity.local_users import LocalUser, read_users, user_named
from tests.console.site import sample_bank
from tests.data_folder import HERE

DISP = {"regime": "uk_disp", "counts_as_complaint": True, "eligible_complainant": True}
TRIAGE: dict[str, Any] = {"taxonomy": "house", "code": "mis_sale", "severity": "high", "regimes": [DISP]}


class Played(NamedTuple):
    """A played bank whose users sign in."""

    system: System
    client: TestClient
    issuer: LocalIssuer

    def user(self, login: str) -> LocalUser:
        return user_named(read_users(self.system.settings.data), login)

    def send(self, login: str | LocalUser, method: str, path: str, **sent: Any) -> Any:
        user = self.user(login) if isinstance(login, str) else login
        token = self.issuer.access_token(user, dt.timedelta(hours=1))
        headers = {"authorization": f"Bearer {token}", **sent.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **sent)


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with sample_bank(customers=60, seed=5) as settings:
        system = System(settings.model_copy(update={"sign_in": "local"}))
        issuer = local_issuer(system.settings, system.keyring.master_key, system.clock)
        with TestClient(create_app(system, loops=False), base_url=HERE) as client:
            yield Played(system, client, issuer)
        system.close()


def test_a_branch_manager_approves_a_complaint_of_their_branch(played: Played) -> None:
    case, version = _proposed(played)
    manager = played.user("manager")
    assert {"owner", "branch_manager"} == set(manager.roles)
    seen = played.send("manager", "GET", case)
    assert seen.status_code == 200, seen.text
    assert "approve" in seen.json()["allowed"]
    ask = {"headers": {"If-Match": version}, "json": {}}
    only_owner = LocalUser(login="plans", name="Plans", title="", roles=("owner",), employee_id="bank:x")
    assert played.send(only_owner, "POST", f"{case}/approve", **ask).status_code == 403
    own = played.send("handler", "POST", f"{case}/approve", **ask)
    assert (own.status_code, own.json()["rule"]) == (409, "may-approve")
    done = played.send("manager", "POST", f"{case}/approve", **ask)
    assert done.status_code == 200, done.text
    assert done.json()["state"]["proposal"]["approved_by"] == manager.employee_id


def _proposed(played: Played) -> tuple[str, str]:
    """A complaint of a customer of the manager's branch, with a proposal: its path and its ETag."""
    customer = played.send("manager", "GET", "/customers?limit=1").json()["rows"][0]["subject"]
    received = {
        "legal_entity": "bank-cn",
        "received_by": "own",
        "issue": "fees",
        "customer_id": customer.partition("/")[2],
        "text": "I was charged twice.",
    }
    answer = played.send("handler", "POST", "/complaints", json=received)
    assert answer.status_code == 201, answer.text
    case, handler = answer.headers["Location"], played.user("handler").employee_id
    for login, command, body in (
        ("handler", "acknowledge", {"method": "letter"}),
        ("handler", "triage", TRIAGE),
        ("lead", "assign", {"employee_id": handler}),
        ("handler", "start-investigation", {}),
        ("handler", "propose", {"kind": "reject", "reasons": ["charged once"]}),
    ):
        headers = {"If-Match": answer.headers["ETag"]}
        answer = played.send(login, "POST", f"{case}/{command}", json=body, headers=headers)
        assert answer.status_code == 200, f"{command}: {answer.text}"
    played.system.settle()
    return case, answer.headers["ETag"]
