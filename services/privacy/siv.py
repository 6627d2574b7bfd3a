"""One sealed value: JSON under AES-SIV (RFC 5297), bound to the source, event, type and field it stands in.

Sealing is deterministic: the same value in the same place under the same key is the same token, so a
repeated event has the same stored bytes. The sealer calls this; it must never see a keyring.
"""

import base64
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from events.sealing import Token
from services.errors import CheckFailed

ALGORITHM = "siv1"
DATA_KEY_BYTES = 64
"""AES-SIV takes two AES-256 keys in one."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def seal(
    value: Any, *, key: AESSIV, key_id: str, source: str, event_id: str, type_name: str, field: str
) -> str:
    """The token that stands for `value` in field `field` of the event `event_id` of `source`."""
    names = [source.encode(), event_id.encode(), type_name.encode(), field.encode()]
    ciphertext = base64.urlsafe_b64encode(key.encrypt(_encode(value), names)).rstrip(b"=").decode()
    return f"{ALGORITHM}.{key_id}.{type_name}.{field}.{ciphertext}"


def unseal(token: Token, *, key: AESSIV, source: str, event_id: str) -> Any:
    """The value behind a token, as plain JSON; type and field are the ones that the token names.

    Raises CheckFailed for a token that was changed or moved here from another event.
    """
    names = [source.encode(), event_id.encode(), token.type_name.encode(), token.field.encode()]
    padding = "=" * (-len(token.ciphertext) % 4)
    try:
        clear = key.decrypt(base64.urlsafe_b64decode(token.ciphertext + padding), names)
    except (InvalidTag, ValueError) as error:
        raise CheckFailed(
            f"{token.type_name}.{token.field} of event {event_id!r} from {source!r} was not sealed there: "
            "the token was changed or moved; run `daybook doctor`"
        ) from error
    return _decode(clear)
