"""How much memory a fit takes of rows that are read in batches: a Parquet file of 10⁸ rows, and a Ray Dataset.

Each is fitted in a process of its own, whose peak resident memory (ru_maxrss) is what the system says at its end; what the
same process takes before it has read anything is printed beside it. The verdict comes last.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS = 100_000_000
PIECE = 1 << 22  # rows written at a time
BLOCK = 1 << 20  # rows of a block of the Ray Dataset
LIMIT = 1 << 30  # bytes
FAMILIES = ["norm", "gamma", "lognorm", "weibull_min", "logistic"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", choices=["parquet", "ray"])
    parser.add_argument("--read", nargs=2, metavar=("KIND", "PATH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        kind, path = arguments.read
        print(json.dumps(measured(kind, path)))
        return 0
    with tempfile.TemporaryDirectory(prefix="warmfit-") as folder:
        path = Path(folder) / "rows.parquet"
        write(path, arguments.rows)
        print(
            f"{arguments.rows} rows in {path.stat().st_size / 2**20:.0f} MB of Parquet, in one row group a {PIECE} rows"
        )
        kinds = [arguments.only] if arguments.only else ["parquet", "ray"]
        within = [told(kind, path) for kind in kinds]
    print(
        "PASS" if all(within) else "FAIL", f"fits of {arguments.rows} rows stay below {LIMIT / 2**20:.0f} MB resident"
    )
    return 0 if all(within) else 1


def write(path: Path, rows: int) -> None:
    """A file of gamma variates, written a piece at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    with parquet.ParquetWriter(path, pa.schema([("x", pa.float64())])) as file:
        for begin in range(0, rows, PIECE):
            file.write_table(pa.table({"x": rng.gamma(2.5, size=min(PIECE, rows - begin))}), row_group_size=PIECE)


def told(kind: str, path: Path) -> bool:
    """Whether the fit stays within the limit; what it took is printed."""
    command = [sys.executable, __file__, "--read", kind, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stderr)
        return False
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{kind}: {found['rows']} rows fitted to {found['best']}; {found['peak'] / 2**20:.0f} MB resident at most, "
        f"{found['before'] / 2**20:.0f} MB before the first row; {found['seconds']:.0f} s, "
        f"of which {found['processor']:.0f} s on this process's processor"
    )
    return int(found["peak"]) < LIMIT


def measured(kind: str, path: str) -> dict[str, object]:
    """The fit of the file, or of a Ray Dataset of it, in this process."""
    from warmfit import DistributionFitter

    data: object = path if kind == "parquet" else dataset(path)
    before, started = peak(), time.perf_counter()
    results = DistributionFitter().fit(data, column="x", included_distributions=FAMILIES)
    seconds, best = time.perf_counter() - started, results.best()[0]
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "rows": int(best.data_count or 0), "best": best.distribution, "before": before, "peak": peak(),
        "seconds": seconds, "processor": usage.ru_utime + usage.ru_stime,
    }  # fmt: skip


def dataset(path: str) -> object:
    """The file as a Ray Dataset, on a Ray of this process's own."""
    from warmfit.backends.ray import start_on_loopback

    start_on_loopback(2, object_store_memory=400 * 2**20)
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray.data.read_parquet(path, override_num_blocks=max(2, ROWS // BLOCK))


def peak() -> int:
    """The most memory that this process had resident, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    sys.exit(main())
