"""Commands that run Daybook: demo, up, api, worker."""

from typing import Annotated

import typer

from services.cli.opening import settings_for
from services.cli.output import Data, out, print_table, progress
from services.errors import WrongUse
from services.telemetry import configure

LOOPBACK = ("127.0.0.1", "::1", "localhost")

Host = Annotated[str, typer.Option(help="Loopback only, until sign-in is configured.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")]


def up(data: Data = None, host: Host = "127.0.0.1", port: Port = 8484) -> None:
    """The embedded system in one process: journal, workers, API. No Docker, no JVM.

    Examples:

    - `daybook up`
    - `daybook up --data ./bank --port 9000`
    """
    _serve(data, host, port, loops=True)


def api(data: Data = None, host: Host = "127.0.0.1", port: Port = 8484) -> None:
    """The HTTP API alone, for Kafka mode, where workers are processes of their own.

    Example: `DAYBOOK_KAFKA=localhost:9092 DAYBOOK_DATABASE_URL=postgresql://… daybook api`
    """
    _serve(data, host, port, loops=False)


def worker(
    name: Annotated[str, typer.Argument(help="door, projector, watch, relay or all")], data: Data = None
) -> None:
    """A worker of Kafka mode, until it is told to stop.

    Examples:

    - `daybook worker projector`
    - `daybook worker all`
    """
    from services.bootstrap import System
    from services.workers.running import run_worker

    settings = settings_for(data)
    configure(settings.log_level)
    run_worker(name, settings, System)


def demo(
    customers: Annotated[int, typer.Option(min=100, max=1_000_000)] = 1_000,
    seed: Annotated[int, typer.Option()] = 2026,
    once: Annotated[bool, typer.Option("--once", help="Print figures and score, and end.")] = False,
    data: Data = None,
    port: Port = 8484,
) -> None:
    """Play the sample bank's year through the front door, then print its figures and its score.

    Examples:

    - `daybook demo`
    - `daybook demo --customers 10000 --seed 7 --once`
    """
    from services.demo.running import run_demo

    settings = settings_for(data)
    configure("WARNING")
    with progress("Playing the bank's year") as advance:
        result = run_demo(settings, customers, seed, progress=advance)
    for title, columns, rows in result.tables:
        print_table(title, columns, rows)
    if not once:
        _serve(result.folder, "127.0.0.1", port, loops=True)


def _serve(data: Data, host: str, port: int, *, loops: bool) -> None:
    """Serve HTTP until interrupted; with `loops`, post and judge in the same process."""
    if host not in LOOPBACK:
        raise WrongUse(
            f"{host} is reachable from outside, and nothing listens beyond loopback without sign-in: "
            "use 127.0.0.1 behind a proxy that authenticates"
        )
    import uvicorn

    from services.bootstrap import System
    from services.console.app import create_site

    settings = settings_for(data)
    configure(settings.log_level)
    system = System(settings)
    try:
        app = create_site(system, loops=loops)
        out.print(f"Daybook listens on http://{host}:{port}  (console: /console)")
        uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)
    finally:
        system.close()
