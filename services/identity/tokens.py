"""Tokens: a signed JWT of the issuer that we trust, checked, and its claims as a `Who`.

The guard checks bearer tokens here, the sign-in ID tokens. Algorithms are fixed, never the token's choice;
what is wrong with a token is said, what stands in it never is.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec
from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet

from services.errors import Refused
from services.identity.who import Who

ALGORITHMS = ("RS256", "ES256", "EdDSA", "Ed25519")
"""The last two are one: RFC 9864 says Ed25519 where providers still say EdDSA."""
LEEWAY_SECONDS = 30
TOKEN_CHARS_AT_MOST = 16_000
CLAIM_VALUES_AT_MOST = 500
EMPLOYEE, ROLES, UNITS, SOURCES = "daybook_employee", "daybook_roles", "daybook_units", "daybook_sources"


class BadToken(Refused):
    """A token that proves nothing."""

    code = "invalid_token"


class Keys(Protocol):
    """The keys of an issuer; with `unknown`, a key id that was not among them, they are asked for again."""

    def __call__(self, *, unknown: bool = False) -> KeySet: ...


class _Claims(msgspec.Struct, frozen=True):
    """The claims that make a `Who`; of another shape they are refused."""

    sub: str
    name: str | None = None
    preferred_username: str | None = None
    daybook_employee: str | None = None
    daybook_roles: tuple[str, ...] | str = ()
    daybook_units: tuple[str, ...] | str | None = None
    daybook_sources: tuple[str, ...] | str = ()


class Verifier:
    """Checks tokens of one issuer that are meant for one audience."""

    def __init__(self, issuer: str, audience: str, keys: Keys, clock: Callable[[], dt.datetime]) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._clock = clock

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token; BadToken says what is wrong with it."""
        if len(token) > TOKEN_CHARS_AT_MOST:
            raise BadToken(f"the token is over {TOKEN_CHARS_AT_MOST} characters")
        try:
            found = self._read(token).claims
            self._registry().validate(found)
        except JoseError as error:
            raise BadToken(self._wrong(error)) from error
        return found

    def _read(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._keys(), ALGORITHMS)
        except InvalidKeyIdError:
            return jwt.decode(token, self._keys(unknown=True), ALGORITHMS)
        except ValueError as error:
            raise BadToken("it is no JWT: send the access token as the issuer gave it") from error

    def _registry(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )

    def _wrong(self, error: JoseError) -> str:
        match error:
            case ExpiredTokenError():
                return "the token has expired: sign in again, or fetch a new one"
            case BadSignatureError() | InvalidKeyIdError():
                return f"its signature is not by a key of {self._issuer}"
            case UnsupportedAlgorithmError():
                return f"it is not signed with one of {', '.join(ALGORITHMS)}"
            case MissingClaimError():
                return f"it lacks a claim: {error.description}"
            case InvalidClaimError():
                return self._wrong_claim(error)
        return "it is no signed JWT: send the access token as the issuer gave it"

    def _wrong_claim(self, error: InvalidClaimError) -> str:
        if error.claim == "iss":
            return f"it is not by {self._issuer}"
        if error.claim == "aud":
            return f"it is not meant for {self._audience!r}: have the issuer put that into its audience"
        return f"its claim {error.claim} does not hold: {error.description}"


def who_from(claims: Mapping[str, Any]) -> Who:
    """Who the claims are about; BadToken for claims of another shape, or too many of them.

    `daybook_roles`, `daybook_units` and `daybook_sources` are lists or texts with commas or spaces; without
    `daybook_units` somebody sees every unit.
    """
    try:
        found = msgspec.convert(dict(claims), _Claims)
    except msgspec.ValidationError as error:
        raise BadToken(f"its claims cannot be read: {error}") from error
    return Who(
        subject=found.sub,
        name=found.name or found.preferred_username or found.sub,
        employee_id=found.daybook_employee or None,
        roles=_several(found.daybook_roles, ROLES),
        units=None if found.daybook_units is None else _several(found.daybook_units, UNITS),
        sources=_several(found.daybook_sources, SOURCES),
    )


def claims_of(who: Who) -> dict[str, Any]:
    """The claims that say who somebody is: what an issuer puts into a token."""
    found: dict[str, Any] = {"sub": who.subject, "name": who.name, ROLES: sorted(who.roles)}
    if who.employee_id is not None:
        found[EMPLOYEE] = who.employee_id
    if who.units is not None:
        found[UNITS] = sorted(who.units)
    if who.sources:
        found[SOURCES] = sorted(who.sources)
    return found


def _several(value: tuple[str, ...] | str, claim: str) -> frozenset[str]:
    values = frozenset(value.replace(",", " ").split() if isinstance(value, str) else value)
    if len(values) > CLAIM_VALUES_AT_MOST:
        raise BadToken(f"its claim {claim} has {len(values)} values, and {CLAIM_VALUES_AT_MOST} are the most")
    return values
