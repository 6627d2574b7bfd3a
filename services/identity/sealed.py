"""Values that we hand out and take back: sealed for one purpose, so that nobody reads, makes or alters one.

Sessions, sign-ins under way and authorization codes are such values, so no process remembers them. A box
must never open what another purpose sealed; whoever opens one checks the time in it.
"""

from typing import TypeVar

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from services.privacy.master_key import derive

SEALED_CHARS_AT_MOST = 8_000
_HEADER = {"alg": "dir", "enc": "A256GCM"}
_ALGORITHMS = ("dir", "A256GCM")

Value = TypeVar("Value", bound=msgspec.Struct)


class Box:
    """Seals structs under a key of one purpose, derived from the master key (JWE, direct, A256GCM)."""

    def __init__(self, master_key: bytes, purpose: str) -> None:
        self._key = OctKey.import_key(derive(master_key, purpose))

    def seal(self, value: msgspec.Struct) -> str:
        """The value as text that only this purpose opens."""
        return jwe.encrypt_compact(_HEADER, msgspec.json.encode(value), self._key, _ALGORITHMS)

    def open(self, text: str, kind: type[Value]) -> Value | None:
        """The value; None for anything that this box did not seal."""
        if len(text) > SEALED_CHARS_AT_MOST:
            return None
        try:
            plain = jwe.decrypt_compact(text, self._key, _ALGORITHMS).plaintext
            return msgspec.json.decode(plain or b"", type=kind)
        except (JoseError, msgspec.MsgspecError, ValueError):
            return None
