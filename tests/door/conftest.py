"""A door on a fresh database for each test."""

from collections.abc import Iterator

import pytest

from services.privacy.keyring import Keyring
from tests.door.rig import Rig


@pytest.fixture
def rig(database_url: str) -> Iterator[Rig]:
    with Keyring(database_url, bytes(range(32))) as keyring:
        rig = Rig.open(database_url, keyring)
        yield rig
        rig.close()
