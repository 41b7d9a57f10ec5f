"""The command line: reads files, calls the public API, prints; it decides nothing of its own about fits."""

from __future__ import annotations

from warmfit.cli.app import app, main

__all__ = ["app", "main"]
