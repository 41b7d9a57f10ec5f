"""Virtual environments of their own for what a benchmark compares with, made on first use and kept."""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

CACHE = Path(__file__).parents[1] / ".venv-peer"


def interpreter(name: str, *requirements: str) -> Path:
    """The Python of the environment `name` with those requirements, and NumPy and SciPy in the versions used here."""
    home = CACHE / name
    python = home / "bin" / "python"
    ready = home / ".ready"
    wanted = [*requirements, *(f"{package}=={metadata.version(package)}" for package in ("numpy", "scipy"))]
    if not ready.exists() or ready.read_text() != " ".join(wanted):
        print(f"setting up an environment with {', '.join(wanted)} (once)", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
        ready.write_text(" ".join(wanted))
    return python


def installed_bytes(python: Path, *packages: str) -> int:
    """What these packages take on disk."""
    (site,) = python.parents[1].glob("lib/python*/site-packages")
    return sum(path.stat().st_size for package in packages for path in (site / package).rglob("*") if path.is_file())
