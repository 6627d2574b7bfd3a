"""OpenID Connect: signing in with an issuer by authorization code and PKCE, and bearer tokens that it gave.

The gate makes one client, for a provider over HTTP or for the issuer of our own; both are verified alike.
Every call has a time limit, and keys are fetched again only so often, whatever a stranger's token says.
"""

import base64
import datetime as dt
import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx2
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.errors import Stopped
from services.identity.sessions import SignInUnderWay, same
from services.identity.tokens import BadToken, Verifier, who_from
from services.identity.who import Who

CALL_TIMEOUT_SECONDS = 10.0
KEYS_KEPT_SECONDS = 3_600.0
KEYS_AGAIN_AFTER_SECONDS = 30.0
FIRST_KEYS_AGAIN_AFTER_SECONDS = 5.0
ANSWER_BYTES_AT_MOST = 1_000_000
SCOPE = "openid profile"
DISCOVERY = "/.well-known/openid-configuration"


class IssuerUnavailable(Stopped):
    """An issuer that gives no answer, or none that can be used."""

    code = "issuer_unavailable"


class Endpoints(msgspec.Struct, frozen=True):
    """What the discovery document must say."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Tokens(msgspec.Struct, frozen=True):
    """The answer to an authorization code, as far as it is used."""

    id_token: str


class Issuer(Protocol):
    """Where people sign in: a provider over HTTP, or our own."""

    name: str

    def authorize_url(self) -> str:
        """Where a browser is sent to."""

    def keys(self) -> Mapping[str, Any]:
        """The JSON Web Key Set."""

    def redeem(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """The token endpoint's answer; BadToken if it refuses."""


class OidcClient:
    """Our side of the sign-in with one issuer."""

    def __init__(
        self,
        issuer: Issuer,
        client_id: str,
        client_secret: str | None,
        audience: str,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        keys = KeptKeys(issuer)
        self._id_tokens = Verifier(issuer.name, client_id, keys, clock)
        self._bearers = Verifier(issuer.name, audience, keys, clock)

    def where_to(self, under_way: SignInUnderWay, redirect_uri: str) -> str:
        """The address that the browser goes to in order to sign in."""
        address = self.issuer.authorize_url()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": under_way.state,
            "nonce": under_way.nonce,
            "code_challenge": challenge_of(under_way.verifier),
            "code_challenge_method": "S256",
        }
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def arrived(self, under_way: SignInUnderWay, code: str, redirect_uri: str) -> Who:
        """Who signed in, by the code that the browser brought back; BadToken if it proves nothing."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._client_id,
            "code_verifier": under_way.verifier,
        }
        if self._client_secret is not None:
            form["client_secret"] = self._client_secret
        answer = self.issuer.redeem(form)
        try:
            token = msgspec.convert(dict(answer), Tokens).id_token
        except msgspec.ValidationError as error:
            raise BadToken(f"{self.issuer.name} gave no ID token: ask it for the scope openid") from error
        claims = self._id_tokens.claims(token)
        self._check_id_token(claims, under_way)
        return who_from(claims)

    def bearer(self, token: str) -> Who:
        """Who a bearer token is about; BadToken says what is wrong with it."""
        claims = self._bearers.claims(token)
        if claims.get("typ") == "ID" or "at_hash" in claims:
            raise BadToken("it is an ID token: send the access token")
        return who_from(claims)

    def _check_id_token(self, claims: Mapping[str, Any], under_way: SignInUnderWay) -> None:
        if not same(str(claims.get("nonce", "")), under_way.nonce):
            raise BadToken("its nonce is not the one of this sign-in")
        authorized = claims.get("azp")
        audiences = claims["aud"]
        several = isinstance(audiences, list) and len(audiences) > 1
        if (several or authorized is not None) and authorized != self._client_id:
            raise BadToken(f"it was given to another client than {self._client_id}")


class KeptKeys:
    """An issuer's keys, kept for an hour, and asked for again when a token names one that is not there.

    While the issuer gives none, those that are kept go on counting, and it is asked every half minute.
    """

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._kept: KeySet | None = None
        self._asked_at = 0.0
        self._failed: IssuerUnavailable | None = None

    def __call__(self, *, unknown: bool = False) -> KeySet:
        """The keys; IssuerUnavailable if there are none and the issuer gives none."""
        with self._lock:
            if self._due(unknown):
                self._ask()
            if self._kept is None:
                raise IssuerUnavailable(str(self._failed))
            return self._kept

    def _due(self, unknown: bool) -> bool:
        age = time.monotonic() - self._asked_at
        if self._kept is None:
            return self._failed is None or age >= FIRST_KEYS_AGAIN_AFTER_SECONDS
        hurried = unknown or self._failed is not None
        return age >= (KEYS_AGAIN_AFTER_SECONDS if hurried else KEYS_KEPT_SECONDS)

    def _ask(self) -> None:
        try:
            self._kept, self._failed = self._fetched(), None
        except IssuerUnavailable as error:
            self._failed = error
        self._asked_at = time.monotonic()

    def _fetched(self) -> KeySet:
        try:
            return KeySet.import_key_set(_public_keys(self._issuer.keys()))
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise IssuerUnavailable(f"the keys of {self._issuer.name} cannot be read: {error}") from error


class Provider:
    """An OpenID provider over HTTP, found by its discovery document."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._endpoints: Endpoints | None = None
        self._client = httpx2.Client(timeout=CALL_TIMEOUT_SECONDS, follow_redirects=False)

    def close(self) -> None:
        self._client.close()

    def authorize_url(self) -> str:
        return self._discovered().authorization_endpoint

    def keys(self) -> Mapping[str, Any]:
        status, answer = self._asked("GET", self._discovered().jwks_uri)
        if status != 200:
            raise IssuerUnavailable(f"{self.name} answers {status} for its keys")
        return answer

    def redeem(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        status, answer = self._asked("POST", self._discovered().token_endpoint, form)
        if status in (400, 401, 403):
            raise BadToken(f"{self.name} does not take the code: {str(answer.get('error', status))[:100]}")
        if status != 200:
            raise IssuerUnavailable(f"{self.name} answers {status} for a code")
        return answer

    def _discovered(self) -> Endpoints:
        with self._lock:
            if self._endpoints is None:
                self._endpoints = self._discover()
            return self._endpoints

    def _discover(self) -> Endpoints:
        address = f"{self.name.rstrip('/')}{DISCOVERY}"
        status, answer = self._asked("GET", address)
        try:
            found = msgspec.convert(dict(answer), Endpoints)
        except msgspec.ValidationError as error:
            raise IssuerUnavailable(
                f"{address} (status {status}) is no discovery document: {error}"
            ) from error
        if found.issuer != self.name:
            raise IssuerUnavailable(
                f"{address} calls its issuer {found.issuer!r}: set DAYBOOK_OIDC_ISSUER to exactly that"
            )
        return found

    def _asked(
        self, method: str, address: str, form: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, Any]]:
        try:
            answer = self._client.request(
                method,
                address,
                data=None if form is None else dict(form),
                headers={"Accept": "application/json"},
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise IssuerUnavailable(f"{self.name} gives no answer at {address}: {error}") from error
        try:
            body = msgspec.json.decode(answer.content[:ANSWER_BYTES_AT_MOST], type=dict[str, Any])
        except msgspec.MsgspecError:
            body = {}
        return answer.status_code, body


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _public_keys(answer: Mapping[str, Any]) -> Any:
    """The keys that sign, of kinds that we take: a symmetric key is never one of an issuer."""
    keys = [key for key in answer["keys"] if key.get("kty") in ("RSA", "EC", "OKP")]
    return {"keys": [key for key in keys if key.get("use", "sig") == "sig"]}
