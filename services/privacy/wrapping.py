"""Data keys as they rest in the database: wrapped by AES-256-GCM under a key derived from the master key.

The keyring calls this. A wrapped key is bound to its owner and key id, so rows cannot be swapped.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.errors import CheckFailed
from services.privacy.master_key import derive

_FORMAT = b"\x01"
_NONCE_BYTES = 12


class KeyWrap:
    """Wraps and unwraps data keys; `check` is a value by which a database knows its master key again."""

    def __init__(self, master_key: bytes) -> None:
        self._gcm = AESGCM(derive(master_key, "key wrap 1"))
        self.check = derive(master_key, "key check 1")[:16]

    def wrap(self, key: bytes, *, owner: str, key_id: str) -> bytes:
        """Format byte, nonce, ciphertext and tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._gcm.encrypt(nonce, key, _bound_to(owner, key_id))

    def unwrap(self, wrapped: bytes, *, owner: str, key_id: str) -> bytes:
        """The data key; CheckFailed if the row was changed or belongs to another master key."""
        nonce, body = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        try:
            if wrapped[:1] != _FORMAT:
                raise ValueError("unknown format")
            return self._gcm.decrypt(nonce, body, _bound_to(owner, key_id))
        except (InvalidTag, ValueError) as error:
            raise CheckFailed(
                f"key {key_id} of {owner} cannot be unwrapped: its row was changed or another master key "
                "made it; restore the keyring from a backup"
            ) from error


def _bound_to(owner: str, key_id: str) -> bytes:
    return f"{key_id}\n{owner}".encode()
