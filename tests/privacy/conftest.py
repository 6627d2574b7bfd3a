"""A keyring in a fresh database, a second one on it as another process would have, and their sealers."""

from collections.abc import Iterator

import pytest

from services.privacy.keyring import Keyring
from services.privacy.sealer import Sealer
from tests.privacy.people import MASTER_KEY


@pytest.fixture
def keyring(database_url: str) -> Iterator[Keyring]:
    with Keyring(database_url, MASTER_KEY) as keyring:
        keyring.create()
        yield keyring


@pytest.fixture
def elsewhere(database_url: str, keyring: Keyring) -> Iterator[Keyring]:
    """The same keyring as another process has it: nothing shared in memory."""
    with Keyring(database_url, MASTER_KEY) as other:
        yield other


@pytest.fixture
def sealer(keyring: Keyring) -> Sealer:
    return Sealer(keyring)
