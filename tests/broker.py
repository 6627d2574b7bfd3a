"""A Kafka broker of our own for tests: one JVM on loopback, that a fault test may kill and start again.

Only tests use it. It runs the jars that deploy/local-kafka/pom.xml names and keeps its data in the folder
it is given, so that a restart finds what was acknowledged before a kill.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

LOCAL_KAFKA = Path(__file__).parent.parent / "deploy" / "local-kafka"

_STARTING = Path(tempfile.gettempdir()) / f"daybook-broker-{os.getuid()}.lock"
_UP_SECONDS = 90
_DOWN_SECONDS = 30


class LocalBroker:
    """One broker in one data folder; `start` returns when it answers."""

    def __init__(self, data: Path, port: int | None = None) -> None:
        self.data = data
        self.port = port or free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it on its data folder, which is formatted the first time; one at a time, as the first one
        of all fetches the jars."""
        self.data.mkdir(parents=True, exist_ok=True)
        with _STARTING.open("w") as turn, (self.data / "broker.log").open("ab") as log:
            fcntl.flock(turn, fcntl.LOCK_EX)
            self._process = subprocess.Popen(
                [str(LOCAL_KAFKA / "start.sh"), str(self.port), str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            self._wait_until_up(self._process)

    def kill(self) -> None:
        """kill -9: nothing is flushed or said."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_DOWN_SECONDS)

    def stop(self) -> None:
        """Stop it in order; does nothing if it does not run."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_DOWN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def pid(self) -> int:
        """Process id of the broker's JVM, for SIGSTOP and SIGCONT."""
        assert self._process is not None
        return self._process.pid

    def _wait_until_up(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _UP_SECONDS
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.list_topics(timeout=1)
            except KafkaException:
                continue
            return
        self.stop()
        tail = (self.data / "broker.log").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"the local broker did not come up in {_UP_SECONDS} s:\n{tail}")


def missing_for_local_broker() -> str | None:
    """Why the local broker cannot run on this machine; None if it can."""
    if shutil.which("java") is None:
        return "no java"
    jars = Path(os.environ.get("DAYBOOK_KAFKA_JARS", LOCAL_KAFKA / "target" / "jars"))
    if not list(jars.glob("kafka_*.jar")) and shutil.which("mvn") is None:
        return "no mvn to fetch Kafka's jars with"
    return None


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
