"""The master key: 32 bytes that wrap every data key, from a setting or from a file in the data folder.

The composition root calls `load_master_key` once. The key is never logged, never stored in the database
and never used itself: everything is done with keys derived from it for one purpose.
"""

import os
import secrets
import stat
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.errors import WrongUse

MASTER_KEY_BYTES = 32
MASTER_KEY_FILE = Path("keys") / "master.key"
"""Where the key lives inside the data folder."""


def load_master_key(data: Path, setting: str | None = None) -> bytes:
    """The key in `setting` (64 hex digits) if given, else in the data folder's file, made at first use.

    Raises WrongUse for a setting or a file that holds no such key, or a file that others may read.
    """
    if setting is not None:
        return _from_hex(setting)
    path = data / MASTER_KEY_FILE
    if not path.exists():
        _create(path)
    return _read(path)


def derive(master_key: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose, by HKDF-SHA256 (RFC 5869); different purposes tell nothing of each other."""
    if len(master_key) != MASTER_KEY_BYTES:
        raise WrongUse(
            f"a master key of {len(master_key)} bytes: it must have {MASTER_KEY_BYTES}; see load_master_key"
        )
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"daybook {purpose}".encode())
    return hkdf.derive(master_key)


def _from_hex(text: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise WrongUse(
            f"the master key setting is not {MASTER_KEY_BYTES * 2} hex digits: "
            "make one with `openssl rand -hex 32`"
        )
    return key


def _read(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise WrongUse(f"{path} can be read by others (mode {mode:04o}): run `chmod 600 {path}`")
    key = path.read_bytes()
    if len(key) != MASTER_KEY_BYTES:
        raise WrongUse(
            f"{path} holds {len(key)} bytes and a master key has {MASTER_KEY_BYTES}: restore it from your "
            "backup; without it nothing sealed can be read again"
        )
    return key


def _create(path: Path) -> None:
    """Write a new key under another name, then link it into place: of two first starts one key wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(MASTER_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
