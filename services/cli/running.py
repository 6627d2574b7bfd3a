"""Commands that run Daybook: demo, up, api, worker."""

from typing import Annotated

import typer

from services.cli.opening import settings_for
from services.cli.output import Data, out, print_table, progress
from services.config import Settings
from services.errors import WrongUse
from services.identity.gate import LOOPBACK
from services.telemetry import configure

SHUTDOWN_SECONDS = 3
"""How long streams to browsers may hold up the end of a server."""

Host = Annotated[str, typer.Option(help="Loopback only, unless a provider signs people in.")]
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
    name: Annotated[str, typer.Argument(help="door, projector, watch, relay, view or all")], data: Data = None
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


def check_host(settings: Settings, host: str) -> None:
    """WrongUse for a host beyond loopback unless a provider signs people in, at an address of ours."""
    if host in LOOPBACK or (settings.sign_in == "oidc" and settings.public_url is not None):
        return
    missing = {
        "oidc": "set DAYBOOK_PUBLIC_URL to the https address that browsers use",
        "local": "the local issuer has no passwords",
        "open": "DAYBOOK_SIGN_IN=open asks nobody who they are",
    }[settings.sign_in]
    raise WrongUse(
        f"{host} is reachable from outside, and nothing listens beyond loopback without sign-in; {missing}. "
        "Set DAYBOOK_OIDC_ISSUER, DAYBOOK_OIDC_CLIENT_ID and DAYBOOK_PUBLIC_URL, or use 127.0.0.1"
    )


def _serve(data: Data, host: str, port: int, *, loops: bool) -> None:
    """Serve HTTP until interrupted; with `loops`, post and judge in the same process."""
    settings = settings_for(data)
    check_host(settings, host)
    import uvicorn

    from services.bootstrap import System
    from services.console.app import create_site

    configure(settings.log_level)
    system = System(settings)
    try:
        app = create_site(system, loops=loops)
        out.print(f"Daybook listens on http://{host}:{port}  (console: /console)")
        uvicorn.run(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    finally:
        system.close()
