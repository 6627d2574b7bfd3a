"""Opening a System for a command, from `--data` and the environment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.bootstrap import System
from services.config import Settings
from services.telemetry import configure


def settings_for(data: Path | None) -> Settings:
    """Settings from the environment, with the data folder of the command line."""
    settings = Settings()
    return settings if data is None else settings.model_copy(update={"data": data})


@contextmanager
def opened(data: Path | None, *, post: bool = False) -> Iterator[System]:
    """A System; with `post`, everything in the journal is posted before the command reads."""
    settings = settings_for(data)
    configure(settings.log_level)
    system = System(settings)
    try:
        system.prepare()
        if post:
            system.settle()
        yield system
    finally:
        system.close()
