"""The `daybook` command. `main` is its entry point; the commands are in the modules beside it."""

from services.cli.app import app, main

__all__ = ["app", "main"]
