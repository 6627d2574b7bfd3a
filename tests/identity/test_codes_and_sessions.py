"""Codes of the local issuer count once, for their verifier; sessions end; who listens beyond loopback."""

import datetime as dt
import secrets

import pytest

from services.cli.running import check_host
from services.config import Settings
from services.errors import WrongUse
from services.identity.local_issuer import CLIENT_ID, Asked, LocalIssuer
from services.identity.local_users import BUILT_IN
from services.identity.oidc import OidcClient, challenge_of
from services.identity.sessions import Sessions, SignInUnderWay
from services.identity.tokens import BadToken
from services.identity.who import Who

BACK = "http://127.0.0.1/sign-in/callback"


class Clock:
    """A clock that a test moves."""

    now = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now


class Desk:
    """Both sides of a local sign-in."""

    def __init__(self) -> None:
        self.clock, key = Clock(), secrets.token_bytes(32)
        self.sessions = Sessions(key, self.clock)
        self.issuer = LocalIssuer(key, lambda: BUILT_IN, "daybook", self.clock)
        self.client = OidcClient(self.issuer, CLIENT_ID, None, "daybook", self.clock)

    def code(self, under_way: SignInUnderWay, nonce: str | None = None) -> str:
        challenge = challenge_of(under_way.verifier)
        asked = Asked(redirect_uri=BACK, nonce=nonce or under_way.nonce, code_challenge=challenge)
        return self.issuer.code("handler", asked)


def test_a_code_counts_once() -> None:
    desk = Desk()
    under_way, _ = desk.sessions.set_out("/console")
    code = desk.code(under_way)
    assert desk.client.arrived(under_way, code, BACK).roles == {"complaint_handler"}
    with pytest.raises(BadToken, match="has been used"):
        desk.client.arrived(under_way, code, BACK)


def test_a_code_is_for_its_verifier_its_nonce_its_address_and_a_minute() -> None:
    desk = Desk()
    under_way, _ = desk.sessions.set_out("/console")
    other, _ = desk.sessions.set_out("/console")
    with pytest.raises(BadToken, match="code_verifier"):
        desk.client.arrived(other, desk.code(under_way), BACK)
    with pytest.raises(BadToken, match="nonce"):
        desk.client.arrived(under_way, desk.code(under_way, nonce="another"), BACK)
    with pytest.raises(BadToken, match="redirect_uri"):
        desk.client.arrived(under_way, desk.code(under_way), "http://127.0.0.1:9/sign-in/callback")
    late = desk.code(under_way)
    desk.clock.now += dt.timedelta(seconds=60)
    with pytest.raises(BadToken, match="too old"):
        desk.client.arrived(under_way, late, BACK)


def test_a_session_ends_idle_or_at_its_end_and_opens_with_its_own_key_only() -> None:
    desk = Desk()
    sealed = desk.sessions.begin(Who(subject="u", name="U"))
    session = desk.sessions.read(sealed)
    assert session is not None
    assert Desk().sessions.read(sealed) is None
    assert desk.sessions.come_back(sealed) is None  # sealed for another purpose
    assert desk.sessions.renewed(session) is None  # fresh enough
    for _ in range(17):
        desk.clock.now += dt.timedelta(minutes=28)
        session = desk.sessions.read(sealed)
        assert session is not None
        sealed = desk.sessions.renewed(session) or sealed
    desk.clock.now += dt.timedelta(minutes=5)
    assert desk.sessions.read(sealed) is None  # eight hours are over, however busy
    idle = desk.sessions.begin(Who(subject="u", name="U"))
    desk.clock.now += dt.timedelta(minutes=30)
    assert desk.sessions.read(idle) is None


@pytest.mark.parametrize("mode", ["local", "open", "oidc"])
def test_nothing_listens_beyond_loopback_without_a_provider(mode: str) -> None:
    settings = Settings.model_validate({"sign_in": mode})
    check_host(settings, "127.0.0.1")
    with pytest.raises(WrongUse, match="DAYBOOK_PUBLIC_URL"):
        check_host(settings, "0.0.0.0")
    if mode == "oidc":
        check_host(settings.model_copy(update={"public_url": "https://crm.bank.example"}), "0.0.0.0")
