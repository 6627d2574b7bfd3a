"""Who gets in: tokens that prove nothing, roles, publishers' sources, other sites' tricks, other hosts."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from services.bootstrap import System, utc_now
from services.config import Settings
from services.console.app import create_site
from services.door.cloudevents import STRUCTURED
from services.identity.gate import local_issuer
from services.identity.local_issuer import LocalIssuer
from services.identity.local_users import BUILT_IN, LocalUser, user_with
from services.identity.who import ROLES
from tests.cli.events import SALE
from tests.data_folder import folder_for_servers

HOST = "http://127.0.0.1"
HOUR = dt.timedelta(hours=1)


class Guarded(NamedTuple):
    """An API behind the local issuer."""

    client: TestClient
    issuer: LocalIssuer

    def as_a(self, role: str) -> dict[str, str]:
        """The headers of somebody with a role."""
        return self.bearer(self.issuer.access_token(user_with(BUILT_IN, role), HOUR))

    @staticmethod
    def bearer(token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    with folder_for_servers() as folder:
        system = System(Settings(data=folder))
        issuer = local_issuer(system.settings, system.keyring.master_key, utc_now)
        with TestClient(create_site(system, loops=False), base_url=HOST) as client:
            yield Guarded(client, issuer)
        system.close()


def test_without_a_token_nothing_is_answered(guarded: Guarded) -> None:
    answer = guarded.client.get("/status")
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert guarded.client.get("/healthz").status_code == 200


def test_tokens_that_prove_nothing(guarded: Guarded) -> None:
    good = guarded.issuer.access_token(user_with(BUILT_IN, "auditor"), HOUR)
    late = guarded.issuer.access_token(user_with(BUILT_IN, "auditor"), -HOUR)
    head, body, signature = good.split(".")
    claims = jwt.decode(good, guarded.issuer._key).claims
    other_key = jwt.encode({"alg": "ES256"}, claims, ECKey.generate_key("P-256"))
    shared_secret = jwt.encode({"alg": "HS256"}, claims, OctKey.generate_key(256), algorithms=["HS256"])
    elsewhere = jwt.encode(
        {"alg": "ES256", "kid": guarded.issuer._key.kid}, {**claims, "aud": "other"}, guarded.issuer._key
    )
    foreign = jwt.encode(
        {"alg": "ES256", "kid": guarded.issuer._key.kid}, {**claims, "iss": "https://x"}, guarded.issuer._key
    )
    assert guarded.client.get("/status", headers=guarded.bearer(good)).status_code == 200
    for token in (late, other_key, shared_secret, elsewhere, foreign, f"{head}.{body}x.{signature}", "x"):
        answer = guarded.client.get("/status", headers=guarded.bearer(token))
        assert answer.status_code == 401, token
        assert answer.json()["type"] == "urn:daybook:problem:invalid_token"


@pytest.mark.parametrize(
    "path, may",
    [
        ("/figures", {"agent", "complaint_handler", "owner", "compliance", "auditor", "operator"}),
        ("/complaints", {"agent", "complaint_handler", "owner", "compliance", "auditor"}),
        ("/ledgers/signals", {"compliance", "auditor"}),
        ("/status", {"publisher", "compliance", "auditor", "operator"}),
        ("/digests", {"compliance", "auditor", "operator"}),
        ("/quarantine", {"publisher", "compliance", "auditor", "operator"}),
    ],
)
def test_a_role_sees_what_it_may_and_no_more(guarded: Guarded, path: str, may: set[str]) -> None:
    assert may < set(ROLES)
    for role in ROLES:
        status = guarded.client.get(path, headers=guarded.as_a(role)).status_code
        assert status == (200 if role in may else 403), (path, role)


def test_a_publisher_publishes_under_its_own_sources_only(guarded: Guarded) -> None:
    own = LocalUser(login="p", name="P", title="", roles=("publisher",), sources=("urn:bank:branch-12",))
    headers = guarded.bearer(guarded.issuer.access_token(own, HOUR)) | {"content-type": STRUCTURED}
    other = re.sub(r'"source": ?"[^"]+"', '"source":"urn:bank:branch-99"', SALE)
    assert guarded.client.post("/events", content=other, headers=headers).status_code == 403
    assert guarded.client.post("/events", content=SALE, headers=guarded.as_a("agent")).status_code == 403


def test_other_sites_and_other_hosts_get_nothing(guarded: Guarded) -> None:
    signed_in = _signed_in(guarded)
    token = re.search(r'name="csrf" value="([^"]+)"', signed_in.get("/console/figures").text)
    assert token is not None
    ours, foreign = {"origin": HOST}, {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    leave = "/sign-out"
    for data, headers in (({}, ours), ({"csrf": "guess"}, ours), ({"csrf": token[1]}, foreign)):
        assert signed_in.post(leave, data=data, headers=headers).status_code == 403
    assert signed_in.get("/console/figures", follow_redirects=False).status_code == 200
    assert guarded.client.get("/status", headers={"host": "evil.example"}).status_code in (400, 421)
    assert signed_in.post(leave, data={"csrf": token[1]}, headers=ours).status_code in (200, 303)
    assert signed_in.get("/console/figures", follow_redirects=False).status_code == 303


def test_a_session_that_was_changed_is_none(guarded: Guarded) -> None:
    signed_in = _signed_in(guarded)
    name, value = next((one.name, one.value or "") for one in signed_in.cookies.jar)
    changed = value[:-3] + ("AAA" if not value.endswith("AAA") else "BBB")
    answer = guarded.client.get(
        "/console/figures", headers={"cookie": f"{name}={changed}"}, follow_redirects=False
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_stays_on_this_site(guarded: Guarded, place: str) -> None:
    found = _signed_in(guarded, place)
    assert str(found.get("/console/figures").url).startswith(HOST)


def _signed_in(guarded: Guarded, place: str = "/console/figures") -> TestClient:
    """A browser that chose the complaint handler on the sign-in page."""
    browser = TestClient(guarded.client.app, base_url=HOST)
    chosen = browser.get("/sign-in", params={"next": place})
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', chosen.text))
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    arrived = browser.post("/issuer/authorize", data={**fields, "user": "handler"}, headers={"origin": HOST})
    assert str(arrived.url).startswith(HOST), arrived.url
    assert arrived.status_code == 200, arrived.text
    return browser
