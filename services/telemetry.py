"""Logs: one JSON object a line on standard error, never with personal data.

The composition root calls `configure` once; everybody else uses `logging.getLogger("daybook.<part>")`.
"""

import json
import logging
import sys


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, part, message, and the error if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "part": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        return json.dumps(line, ensure_ascii=False)


def configure(level: str) -> None:
    """Send Daybook's log lines to standard error, at `level` and above."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger("daybook")
    root.handlers = [handler]
    root.setLevel(level.upper())
    root.propagate = False
