"""Keys ready for use, and the bounded store in memory that saves unwrapping them again.

The keyring asks `OpenKeys` with rows it has just read, never without: what this store holds says nothing of
whether a key may still be used.
"""

import enum
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from services.privacy.wrapping import KeyWrap

OPEN_KEYS = 50_000
OPEN_SECONDS = 600
"""After this long every unwrapped key is forgotten, so one shredded elsewhere does not linger."""


class KeyState(enum.StrEnum):
    """active → restricted (no ordinary reads) and back; → shredded, for ever."""

    ACTIVE = "active"
    RESTRICTED = "restricted"
    SHREDDED = "shredded"


class HeldKey(NamedTuple):
    """A key as the database has it now; `cipher` is None once the key was destroyed."""

    key_id: str
    state: KeyState
    cipher: AESSIV | None


class OpenKeys:
    """Unwrapped keys by subject, least recently used out first; shared by threads."""

    def __init__(self, wrap: KeyWrap, limit: int = OPEN_KEYS) -> None:
        self._wrap = wrap
        self._limit = limit
        self._lock = threading.Lock()
        self._ciphers: OrderedDict[str, tuple[str, AESSIV]] = OrderedDict()
        self._forget_at = time.monotonic() + OPEN_SECONDS

    def held(self, row: Sequence[object]) -> HeldKey:
        """The key in a row (subject, key id, state, wrapped) that was read just now."""
        subject, key_id, state, wrapped = str(row[0]), str(row[1]), KeyState(str(row[2])), row[3]
        if wrapped is None:
            self.drop(subject)
            return HeldKey(key_id, state, None)
        assert isinstance(wrapped, bytes)
        return HeldKey(key_id, state, self._cipher(subject, key_id, wrapped))

    def drop(self, subject: str) -> None:
        with self._lock:
            self._ciphers.pop(subject, None)

    def __len__(self) -> int:
        return len(self._ciphers)

    def _cipher(self, subject: str, key_id: str, wrapped: bytes) -> AESSIV:
        with self._lock:
            if time.monotonic() > self._forget_at:
                self._ciphers.clear()
                self._forget_at = time.monotonic() + OPEN_SECONDS
            known = self._ciphers.get(subject)
            if known is not None and known[0] == key_id:
                self._ciphers.move_to_end(subject)
                return known[1]
        cipher = AESSIV(self._wrap.unwrap(wrapped, owner=subject, key_id=key_id))
        with self._lock:
            self._ciphers[subject] = (key_id, cipher)
            while len(self._ciphers) > self._limit:
                self._ciphers.popitem(last=False)
        return cipher
