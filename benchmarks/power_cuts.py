"""What a power cut leaves of a data directory: a writer that is killed again and again, and files that are damaged.

What the writer said was acknowledged must be there once, and what is damaged must never be served. Every step at which
power can fail is tried in `tests/server/test_power_cuts.py`; here a process dies at any moment.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from warmfit_fitting.errors import DataLost
from warmfit_fitting.summary import summarize_values
from warmfit_server.store import DatasetStore

NAME = "cut"
DEATHS = 12
DAMAGES = 200
LONGEST = 0.4  # seconds that a writer lives once it writes


def write(root: Path, first: int) -> None:
    """Append one number after the other, and say each when it is acknowledged."""
    store = DatasetStore(root, "default")
    for number in range(first, first + 100_000):
        store.append(NAME, {"x": summarize_values(np.array([float(number)]))}, f"r{number}")
        print(number, flush=True)


def killed(root: Path, first: int, seconds: float) -> list[int]:
    """The numbers that a writer acknowledged before it was killed."""
    command = [sys.executable, __file__, str(root), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline()]
        time.sleep(seconds)
        writer.kill()
        told += writer.stdout.read().splitlines()
    return [int(line) for line in told if line.strip()]


def power_cuts(seed: int) -> list[str]:
    """Problems that deaths of a writer and damaged files bring to light; prints what was tried."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory(prefix="warmfit-power-") as folder:
        root = Path(folder)
        store = DatasetStore(root, "default")
        store.put(NAME, {"x": summarize_values(np.array([0.0]))}, overwrite=False)
        expected, problems = [0.0], []
        for _ in range(DEATHS):
            acknowledged = killed(root, int(expected[-1]) + 1, float(rng.random()) * LONGEST)
            expected += map(float, acknowledged)
            last = expected[-1] + 1.0  # which may have been written, and not acknowledged
            kept = store.summary(store.get(NAME).columns[0].fingerprint)
            if kept == summarize_values(np.array([*expected, last])):
                expected.append(last)
            elif kept != summarize_values(np.array(expected)):
                problems.append(f"{len(expected)} appends were acknowledged and {kept.n if kept else 0} are there")
        served = sum(map(int, (_is_served(store, rng, path) for path in _files(root, store) for _ in range(DAMAGES))))
    print(
        f"power cuts: a writer killed {DEATHS} times, {len(expected)} appends; {2 * DAMAGES} damaged files, {served} served"
    )
    return problems + ([f"{served} damaged files were served"] if served else [])


def _files(root: Path, store: DatasetStore) -> list[Path]:
    """The files of the latest version."""
    record, kept = store.get(NAME), root / "default"
    return [
        kept / "datasets" / NAME / f"{record.version}.json",
        kept / "summaries" / record.columns[0].fingerprint,
    ]


def _is_served(store: DatasetStore, rng: np.random.Generator, path: Path) -> bool:
    """Whether a file that is cut short, or has one bit turned over, is served as if nothing were wrong."""
    content = path.read_bytes()
    at = int(rng.integers(len(content)))
    turned = content[:at] + bytes([content[at] ^ 1 << int(rng.integers(8))]) + content[at + 1 :]
    path.write_bytes(content[:at] if rng.random() < 0.3 else turned)
    try:
        store.summary(store.get(NAME).columns[0].fingerprint)
        return True
    except DataLost:
        return False
    finally:
        path.write_bytes(content)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
