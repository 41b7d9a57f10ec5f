"""The command line: reads files, calls the public API, prints; it decides nothing of its own about fits.

This module imports next to nothing, so that Ctrl-C ends the command in one line while the others are imported.
"""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130  # the exit code of a command that Ctrl-C ended


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # stderr is for progress, not for gRPC's notes on connections
    try:
        from warmfit.cli.app import app

        app()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        raise SystemExit(INTERRUPTED) from None
