"""The local issuer: OpenID Connect for a demo, a test or a machine of one's own, without passwords.

The API serves it on loopback only; `daybook token` mints with it. Its key is derived from the master key, so
every process of a system has the same, and a code carries what it stands for; only which codes were used is
remembered, and by this process alone. It must never be offered beyond loopback.
"""

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.identity.local_users import LocalUser, user_named
from services.identity.oidc import challenge_of
from services.identity.sealed import Box
from services.identity.sessions import same
from services.identity.tokens import BadToken, claims_of
from services.privacy.master_key import derive

LOCAL_ISSUER = "urn:daybook:local-issuer"
"""Its name in tokens: fixed, since a data folder may be served at any port."""

CLIENT_ID = "daybook-console"
AUTHORIZE, TOKEN, KEYS = "/issuer/authorize", "/issuer/token", "/issuer/keys"
CODE_LIFE = dt.timedelta(seconds=60)
TOKEN_LIFE = dt.timedelta(hours=1)
USED_CODES_AT_MOST = 10_000
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks the authorization endpoint for, as far as it goes into the code."""

    redirect_uri: str
    nonce: str
    code_challenge: str


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorization code stands for."""

    login: str
    asked: Asked
    made: dt.datetime


class LocalIssuer:
    """Signs tokens about its users; they are read anew each time, so that a file of them may change."""

    name = LOCAL_ISSUER

    def __init__(
        self,
        master_key: bytes,
        users: Callable[[], Sequence[LocalUser]],
        audience: str,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self.users = users
        self._audience = audience
        self._clock = clock
        self._key = _signing_key(master_key)
        self._codes = Box(master_key, "local issuer code 1")
        self._used: dict[str, dt.datetime] = {}
        self._lock = threading.Lock()

    def authorize_url(self) -> str:
        return AUTHORIZE

    def keys(self) -> Mapping[str, Any]:
        return KeySet([self._key]).as_dict(private=False)

    def code(self, login: str, asked: Asked) -> str:
        """An authorization code for a user; NotFound for one who is not there."""
        user_named(self.users(), login)
        return self._codes.seal(_Code(login=login, asked=asked, made=self._clock()))

    def redeem(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Tokens for a code, once; BadToken says why not."""
        if form.get("grant_type") != "authorization_code" or form.get("client_id") != CLIENT_ID:
            raise BadToken(f"only {CLIENT_ID} is served here, and only with an authorization_code")
        text = form.get("code", "")
        code, now = self._codes.open(text, _Code), self._clock()
        if code is None or now - code.made >= CODE_LIFE:
            raise BadToken("the code is none of ours, or too old: sign in again")
        if form.get("redirect_uri") != code.asked.redirect_uri:
            raise BadToken("the code was given for another redirect_uri")
        if not same(challenge_of(form.get("code_verifier", "")), code.asked.code_challenge):
            raise BadToken("the code_verifier is not the one of the challenge")
        self._use(text, now)
        user = user_named(self.users(), code.login)
        return {
            "access_token": self.access_token(user, TOKEN_LIFE),
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LIFE.total_seconds()),
            "id_token": self._signed(user, CLIENT_ID, TOKEN_LIFE, nonce=code.asked.nonce),
        }

    def access_token(self, user: LocalUser, life: dt.timedelta) -> str:
        """A bearer token for the API."""
        return self._signed(user, self._audience, life)

    def _use(self, text: str, now: dt.datetime) -> None:
        with self._lock:
            self._used = {one: made for one, made in self._used.items() if now - made < CODE_LIFE}
            if text in self._used or len(self._used) >= USED_CODES_AT_MOST:
                raise BadToken("the code has been used: sign in again")
            self._used[text] = now

    def _signed(self, user: LocalUser, audience: str, life: dt.timedelta, **more: str) -> str:
        now = self._clock()
        claims = {
            **claims_of(user.who()),
            "iss": LOCAL_ISSUER,
            "aud": audience,
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
            **more,
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key, ("ES256",))


def _signing_key(master_key: bytes) -> ECKey:
    """A P-256 key from 64 derived bytes, so that no part of the range is favoured."""
    parts = (derive(master_key, f"local issuer signing key 1 {half}") for half in ("a", "b"))
    secret = int.from_bytes(b"".join(parts), "big") % (_P256_ORDER - 1) + 1
    key = ECKey.import_key(ec.derive_private_key(secret, ec.SECP256R1()), {"use": "sig", "alg": "ES256"})
    key.ensure_kid()
    return key
