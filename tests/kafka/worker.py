"""A worker process for tests: `run_worker` on settings from the environment, as the command line runs it."""

import sys

from events.errors import DaybookError
from services.bootstrap import System
from services.config import Settings
from services.telemetry import configure
from services.workers.running import run_worker


def main() -> int:
    configure("INFO")
    try:
        run_worker(sys.argv[1], Settings(), System)
    except DaybookError as error:
        print(f"{error.code}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
