"""Signing in with a provider over HTTP: a whole sign-in, keys that turn, tokens of the wrong kind."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from services.bootstrap import System
from services.config import Settings
from services.console.app import create_site
from tests.console.site import free_socket, serving
from tests.data_folder import HERE, folder_for_servers
from tests.identity.foreign import CLIENT_ID, SECRET, Foreign


class Signing(NamedTuple):
    """A Daybook whose people sign in with the foreign provider."""

    system: System
    foreign: Foreign


@pytest.fixture(scope="module")
def signing() -> Iterator[Signing]:
    foreign = Foreign()
    with serving(foreign.app, free_socket()) as address, folder_for_servers() as folder:
        foreign.name = f"{address}/realm"
        settings = Settings(
            data=folder, oidc_issuer=foreign.name, oidc_client_id=CLIENT_ID, oidc_client_secret=SECRET
        )
        assert settings.sign_in == "oidc"
        assert SECRET not in repr(settings)
        system = System(settings)
        yield Signing(system, foreign)
        system.close()


@pytest.fixture
def browser(signing: Signing) -> Iterator[TestClient]:
    app = create_site(signing.system, loops=False)
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        yield client


def test_a_whole_sign_in(signing: Signing, browser: TestClient) -> None:
    asked = _set_out(browser, "/console/figures?by=unit")
    assert asked["code_challenge_method"] == "S256"
    signing.foreign.codes["c1"] = (asked["code_challenge"], asked["nonce"])
    back = browser.get("/sign-in/callback", params={"code": "c1", "state": asked["state"]})
    assert (back.status_code, back.headers["location"]) == (303, "/console/figures?by=unit"), back.text
    session = next(value for value in back.headers.get_list("set-cookie") if "session" in value)
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert browser.get("/digests").status_code == 200  # an auditor may
    again = browser.get("/sign-in/callback", params={"code": "c1", "state": asked["state"]})
    assert again.status_code == 401  # the sign-in is over


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # by RFC 9864; providers still say it
@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
def test_a_sign_in_and_a_bearer_signed_with_ed25519(
    signing: Signing, browser: TestClient, algorithm: str
) -> None:
    foreign = signing.foreign
    foreign.turn_keys(algorithm)
    asked = _set_out(browser)
    foreign.codes["c4"] = (asked["code_challenge"], asked["nonce"])
    back = browser.get("/sign-in/callback", params={"code": "c4", "state": asked["state"]})
    assert (back.status_code, back.headers["location"]) == (303, "/console"), back.text
    assert browser.get("/digests").status_code == 200
    browser.cookies.clear()
    token = foreign.token("daybook")
    assert browser.get("/digests", headers=_bearer(token)).status_code == 200
    head, body, _ = token.split(".")
    foreign.turn_keys(algorithm)
    forged = f"{head}.{body}.{foreign.token('daybook').rpartition('.')[2]}"
    assert browser.get("/digests", headers=_bearer(forged)).status_code == 401


def test_another_state_or_nonce_lets_nobody_in(signing: Signing, browser: TestClient) -> None:
    asked = _set_out(browser)
    signing.foreign.codes["c2"] = (asked["code_challenge"], asked["nonce"])
    assert browser.get("/sign-in/callback", params={"code": "c2", "state": "x"}).status_code == 401
    assert "c2" in signing.foreign.codes  # not even asked for
    asked = _set_out(browser)
    signing.foreign.codes["c3"] = (asked["code_challenge"], "another")
    assert browser.get("/sign-in/callback", params={"code": "c3", "state": asked["state"]}).status_code == 401
    assert browser.get("/digests").status_code == 401


def test_keys_that_turn_are_asked_for_again_but_not_for_every_stranger(
    signing: Signing, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = signing.foreign
    old = foreign.token("daybook")
    assert browser.get("/digests", headers=_bearer(old)).status_code == 200
    asked = foreign.key_requests
    foreign.turn_keys()
    fresh = foreign.token("daybook")
    assert browser.get("/digests", headers=_bearer(fresh)).status_code == 401  # asked half a minute ago
    assert foreign.key_requests == asked
    monkeypatch.setattr("services.identity.oidc.KEYS_AGAIN_AFTER_SECONDS", 0.0)
    assert browser.get("/digests", headers=_bearer(fresh)).status_code == 200
    assert foreign.key_requests == asked + 1
    assert browser.get("/digests", headers=_bearer(old)).status_code == 401


def test_an_id_token_is_no_bearer_token(signing: Signing, browser: TestClient) -> None:
    for token in (signing.foreign.token(CLIENT_ID), signing.foreign.token("daybook", typ="ID")):
        answer = browser.get("/digests", headers=_bearer(token))
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def _set_out(browser: TestClient, following: str = "/console") -> dict[str, str]:
    """What the browser is sent to the provider with."""
    away = browser.get("/sign-in", params={"next": following})
    assert away.status_code == 303, away.text
    return {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
