"""What it costs to fit a Spark frame: against spark-bestfit on its SparkBackend, beside a plain aggregate, and how exactly.

make bench-spark, or `python benchmarks/spark.py [--rows N] [--turns N] [--quick]`; it writes its section of
docs/performance.md, unless --quick. Every measurement runs in a process and a session of its own, all with the same
settings; the last line is the verdict.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import ledger
from environments import interpreter

PEER = "spark-bestfit==3.0.3"
HERE = Path(__file__).parent
COLUMN_ROWS = 2_000_000
BARS = {"one": 6.0, "eight": 1.2, "distance": 0.02, "race": 15.0}


def measured(what: str, given: object, python: Path | None = None) -> dict[str, Any]:
    """What `timed_spark.py` measures, in a fresh process."""
    command = [str(python or sys.executable), str(HERE / "timed_spark.py"), what, str(given)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(what, answer, flush=True)
    return answer


def race(folder: Path, turns: int) -> tuple[str, float]:
    """The peer and warmfit in turns; the section's text, and the ratio of their times."""
    same = [f"{package}=={metadata.version(package)}" for package in ("pyspark", "pandas", "pyarrow")]
    python = interpreter("spark-bestfit-spark", PEER, *same, "psutil")
    path = folder / "column.parquet"
    draws = np.random.default_rng(20240101).gamma(2.5, 3.0, size=COLUMN_ROWS)
    pd.DataFrame({"value": draws}).to_parquet(path)
    runs = [(measured("peer", path, python), measured("warmfit", path)) for _ in range(turns)]
    ratio = {figure: statistics.median(p[figure] / w[figure] for p, w in runs) for figure in ("wall", "cpu")}
    names = (PEER.replace("==", " ") + ", SparkBackend", "warmfit")
    rows = [
        (name, side[0]["families"], *(f"{statistics.median(run[f] for run in side):.2f}" for f in ("wall", "cpu")))
        for name, side in zip(names, zip(*runs, strict=True), strict=True)
    ]
    text = (
        f"A cached frame of {COLUMN_ROWS} rows, the default catalogue and all metrics of both; the better of two fits in "
        f"a session, medians of {turns} turn(s). The peer counts a histogram of all rows and fits a sample of 10 000; "
        f"warmfit fits the summary of all rows. **warmfit is {ratio['wall']:.1f} × as fast (by processor time "
        f"of all processes {ratio['cpu']:.1f} ×).**"
    )
    return f"{text}\n\n" + ledger.table(("", "families fitted", "s", "processor s"), rows), ratio["wall"]


def passes(rows: int) -> tuple[str, float, float]:
    """Summaries beside a plain aggregate; the text, and the two ratios of processor time."""
    found = measured("passes", rows)
    agg, one, eight = (found[name] for name in ("agg", "one", "eight"))
    lines = [
        (
            name,
            f"{run['wall']:.2f}",
            f"{run['cpu']:.2f}",
            f"{run['wall'] / agg['wall']:.1f}",
            f"{run['cpu'] / agg['cpu']:.1f}",
        )
        for name, run in (("`agg(count, min, max)`", agg), ("summary of one column", one), ("summary of eight", eight))
    ]
    share = eight["cpu"] / (8 * one["cpu"])
    text = (
        f"{rows} cached rows, lognormal columns. Three queries make a summary: extremes, a sample by hash, counts in bins. "
        f"Eight columns, the first query for all and two more for each, cost {share:.2f} × 8 × one."
    )
    header = ("", "s", "processor s", "× agg", "× agg, processor")
    return f"{text}\n\n" + ledger.table(header, lines), one["cpu"] / agg["cpu"], share


def shapes(rows: int) -> tuple[str, float]:
    """How far estimates lie from those of the exact rows; the text, and the largest distance."""
    found = measured("shapes", rows)
    text = (
        f"{rows} rows of each shape, summarized by Spark and fitted; how far one Newton step over the exact rows moves the "
        "estimates, in standard errors."
    )
    lines = [(shape, entry["bins"], f"{entry['distance']:.5f}") for shape, entry in found.items()]
    worst = max(entry["distance"] for entry in found.values())
    return f"{text}\n\n" + ledger.table(("column", "bins", "distance"), lines), worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000_000, help="of the columns that are summarized")
    parser.add_argument("--turns", type=int, default=3, help="of the race with the peer")
    parser.add_argument("--quick", action="store_true", help="write no page")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        costs, one, eight = passes(given.rows)
        exact, distance = shapes(500_000)
        against, ratio = race(Path(name), given.turns)
    if not given.quick:
        ledger.put("performance.md", "spark", ledger.section("Spark frames", against, costs, exact))
    met = one <= BARS["one"] and eight <= BARS["eight"] and distance <= BARS["distance"] and ratio >= BARS["race"]
    print(
        f"{'met' if met else 'NOT MET'}: {ratio:.1f} x as fast as {PEER.replace('==', ' ')} (at least {BARS['race']:.0f}); "
        f"one column {one:.1f} x agg (at most {BARS['one']:.0f}); eight {eight:.2f} x 8 x one (at most {BARS['eight']}); "
        f"estimates within {distance:.5f} standard errors of those of the exact rows (at most {BARS['distance']})"
    )


if __name__ == "__main__":
    main()
