"""What deploy/ says is what the code does: every worker, topic and setting; nothing open to the network."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.config import Settings
from services.journal.topics import topics_of
from services.workers.running import WORKERS

DEPLOY = Path(__file__).parent.parent.parent / "deploy"


@pytest.fixture
def services() -> dict[str, Any]:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    found: dict[str, Any] = composed["services"]
    return found


def test_every_worker_has_a_service(services: dict[str, Any]) -> None:
    commands = [service.get("command") for service in services.values()]
    assert all(["worker", name] in commands for name in WORKERS)


def test_no_port_is_open_beyond_this_machine(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_brokers_keep_three_copies_and_need_two(services: dict[str, Any]) -> None:
    brokers = [service for name, service in services.items() if name.startswith("kafka-")]
    assert len(brokers) == 3
    for broker in brokers:
        assert broker["environment"]["KAFKA_DEFAULT_REPLICATION_FACTOR"] == 3
        assert broker["environment"]["KAFKA_MIN_INSYNC_REPLICAS"] == 2


def test_the_readme_names_every_setting_and_topic() -> None:
    readme = (DEPLOY / "README.md").read_text()
    missing = [name for name in Settings.model_fields if f"`DAYBOOK_{name.upper()}`" not in readme]
    assert missing == []
    settings = Settings(kafka="127.0.0.1:1")
    rows = [line for line in readme.splitlines() if line.startswith("| `daybook.")]
    assert [row.split("`")[1] for row in rows] == [topic.name for topic in topics_of(settings)]
    for row, topic in zip(rows, topics_of(settings), strict=True):
        assert row.split("|")[3].split(",")[0].strip() == str(topic.partitions)
