"""Logs as JSON, one object a line, so that they can be searched by request, caller and dataset."""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from warmfit_fitting.errors import InvalidInput

ROOT = "warmfit"
FIELDS = ("request_id", "method", "code", "seconds", "caller", "namespace", "dataset")


class JsonLines(logging.Formatter):
    """A record as one line of JSON; the fields of a call stand beside the message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) not in (None, "")}
        if record.exc_info:
            line["error"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, default=str)


def check_log_file(file: Path | None) -> None:
    """Raise `InvalidInput` where logs cannot be added to a file."""
    try:
        if file is not None:
            file.open("ab").close()
    except OSError as error:
        raise InvalidInput(f"log_file {file}: {error.strerror}") from None


def write_logs(level: str, file: Path | None) -> None:
    """Have this process add its logs to `file`, or write them to its standard error, which Ray keeps.

    A file that was renamed or removed, as log rotation does, is begun anew.
    """
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        handler = logging.handlers.WatchedFileHandler(file, encoding="utf-8")
    handler.setFormatter(JsonLines())
    root = logging.getLogger(ROOT)
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level.upper())
    root.propagate = False
