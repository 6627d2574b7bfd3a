"""A bench for each fault test, on the session's broker and database or on ones that it may kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka.rig import Bench, bench


@pytest.fixture
def shop_bench(kafka_bootstrap: str, kafka_topic: str, database_url: str, tmp_path: Path) -> Iterator[Bench]:
    with bench(kafka_bootstrap, kafka_topic, database_url, tmp_path) as made:
        yield made
