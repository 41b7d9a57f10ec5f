"""The command line: reads files, calls the public API, prints; it decides nothing of its own about fits.

This module imports next to nothing, so that Ctrl-C ends the command in one line while the others are imported.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

INTERRUPTED = 130  # the exit code of a command that Ctrl-C ended


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # stderr is for progress, not for gRPC's notes on connections
    usual = signal.signal(signal.SIGINT, _end)
    from warmfit.cli.app import app

    signal.signal(signal.SIGINT, usual)
    app()


def _end(_number: int, _frame: FrameType | None) -> None:
    """End at once: nothing was begun, and a `KeyboardInterrupt` would come out of SciPy's imports as another error."""
    os.write(sys.stderr.fileno(), b"interrupted\n")
    os._exit(INTERRUPTED)
