"""Sessions of the console, and sign-ins under way: both live in sealed cookies, and no process remembers any.

The API makes and reads them. A session ends after eight hours, or half an hour without a request. It cannot
be called back before that: signing out takes the cookie away, and roles are those of the sign-in.
"""

import datetime as dt
import hmac
import secrets
from collections.abc import Callable

import msgspec

from services.errors import Refused
from services.identity.sealed import Box
from services.identity.who import Who

SESSION_LIFE = dt.timedelta(hours=8)
SESSION_IDLE = dt.timedelta(minutes=30)
RENEWED_AFTER = dt.timedelta(minutes=1)
SIGN_IN_LIFE = dt.timedelta(minutes=10)
COOKIE_CHARS_AT_MOST = 3_800
"""What a browser surely keeps, with the cookie's name and attributes."""


class TooMuchToCarry(Refused):
    """Somebody with so many roles and units that a browser would not keep the session."""

    code = "too_much_to_carry"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody signed in with a browser. `csrf` proves that a form is ours."""

    who: Who
    csrf: str
    began: dt.datetime
    seen: dt.datetime


class SignInUnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser must bring back from the issuer, and where it wanted to go."""

    state: str
    nonce: str
    verifier: str
    following: str
    began: dt.datetime


class Sessions:
    """Makes and reads the cookies' values."""

    def __init__(self, master_key: bytes, clock: Callable[[], dt.datetime]) -> None:
        self._sessions = Box(master_key, "session 1")
        self._under_way = Box(master_key, "sign-in under way 1")
        self._clock = clock

    def begin(self, who: Who) -> str:
        """A new session; TooMuchToCarry if no browser would keep it."""
        now = self._clock()
        sealed = self._sessions.seal(Session(who=who, csrf=secrets.token_urlsafe(32), began=now, seen=now))
        if len(sealed) > COOKIE_CHARS_AT_MOST:
            raise TooMuchToCarry(
                f"{who.name} has so many roles and units that a session would take {len(sealed)} characters, "
                f"and browsers keep {COOKIE_CHARS_AT_MOST}: name fewer units, or none at all for every unit"
            )
        return sealed

    def read(self, sealed: str) -> Session | None:
        """The session; None if it is not ours, or over."""
        session, now = self._sessions.open(sealed, Session), self._clock()
        if session is None or now - session.began >= SESSION_LIFE or now - session.seen >= SESSION_IDLE:
            return None
        return session

    def renewed(self, session: Session) -> str | None:
        """The session as of now; None while it is fresh enough."""
        now = self._clock()
        if now - session.seen < RENEWED_AFTER:
            return None
        return self._sessions.seal(msgspec.structs.replace(session, seen=now))

    def set_out(self, following: str) -> tuple[SignInUnderWay, str]:
        """A sign-in that begins, and its cookie's value."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        under_way = SignInUnderWay(
            state=state, nonce=nonce, verifier=verifier, following=following, began=self._clock()
        )
        return under_way, self._under_way.seal(under_way)

    def come_back(self, sealed: str) -> SignInUnderWay | None:
        """The sign-in that a browser set out for; None if it is not ours, or too old."""
        found = self._under_way.open(sealed, SignInUnderWay)
        if found is None or self._clock() - found.began >= SIGN_IN_LIFE:
            return None
        return found


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
