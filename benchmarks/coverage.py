"""Whether 95 % intervals cover the truth as often as they say, and p-values are uniform; writes into docs/accuracy.md.

make bench-coverage, or `python benchmarks/coverage.py [--columns N] [--rows N] [--families NAME ...] [--processes N]
[--keep DIR]`. What a family has come to is kept in DIR, so that a run that was cut short goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ledger
import nulls
from covering import BOUNDS, METHODS, TRUTHS, Cell, covered, written

STEP = 25  # columns that a process is given at a time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=1000, help="columns simulated from each family")
    parser.add_argument("--rows", type=int, default=1000, help="rows of a column whose intervals are looked at")
    parser.add_argument("--refits", type=int, default=199, help="refits behind a bootstrap interval")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--families", nargs="+", choices=list(TRUTHS), default=list(TRUTHS))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="a folder for what is finished")
    given = parser.parse_args()
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # of the processes that are started, one a processor
    cells = _coverage(given)
    tests = _uniformity(given)
    ledger.put(
        "accuracy.md",
        "coverage",
        *_intervals_section(given, cells),
        *nulls.section(given.columns, given.families, tests),
    )


def _coverage(given: argparse.Namespace) -> list[Cell]:
    """The coverage of every parameter of every family, with and without censored rows, by every method."""
    found = []
    for family in given.families:
        for censored in (False, True):
            name = f"{family}{'-censored' if censored else ''}-{given.columns}x{given.rows}-{given.refits}"
            work = [
                (family, censored, share, given.rows, given.refits, tuple(given.methods)) for share in _shares(given)
            ]
            columns = _kept(given, "-".join([name, *given.methods]), covered, work)
            found += Cell.of(family, censored, given.methods, columns)
            for cell in found[-len(TRUTHS[family].free) * len(given.methods) :]:
                print("  ", cell, flush=True)
    return found


def _uniformity(given: argparse.Namespace) -> dict[str, list[list[float]]]:
    """The p-values of KS, AD and CvM on columns of every family, fitted to themselves."""
    return {
        family: _kept(given, f"{family}-pvalues-{given.columns}", nulls.pvalues, [(family, s) for s in _shares(given)])
        for family in given.families
    }


def _shares(given: argparse.Namespace) -> Iterator[range]:
    return (range(i, min(i + STEP, given.columns)) for i in range(0, given.columns, STEP))


def _kept(
    given: argparse.Namespace, name: str, work: Callable[[Any], list[Any]], jobs: Sequence[tuple[Any, ...]]
) -> list[Any]:
    """What `work` makes of all jobs, a list each, joined; read from the folder of what is finished where it is there."""
    place = given.keep / f"{name}.json" if given.keep else None
    if place is not None and place.exists():
        return list(json.loads(place.read_text(encoding="utf-8")))
    started = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        found = [column for part in pool.imap(work, jobs) for column in part]
    print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(found), encoding="utf-8")
    return found


def _intervals_section(given: argparse.Namespace, cells: list[Cell]) -> list[str]:
    outside = [cell for cell in cells if not BOUNDS[0] <= cell.share <= BOUNDS[1]]
    chance = 100 * (0.95 * 0.05 / given.columns) ** 0.5
    text = (
        f"{given.columns} columns of {given.rows} rows from each family, complete and with about 30 % of the rows censored "
        f"on the right at uniformly distributed times; the family is fitted to its own columns, loc held at 0 where its "
        f"support begins there. The share of columns, in per cent, whose nominal 95 % interval holds the true parameter; by chance "
        f"alone it varies by ±{1.96 * chance:.1f}. Bootstrap intervals are percentiles of {given.refits} refits. "
        f"**{len(outside)} of {len(cells)} cells lie outside {BOUNDS[0]:.0%} to {BOUNDS[1]:.0%}** (target: 2 %)."
    )
    rows = []
    for key in dict.fromkeys((cell.family, cell.parameter, cell.censored) for cell in cells):
        shares = {cell.method: cell for cell in cells if (cell.family, cell.parameter, cell.censored) == key}
        unknown = sum(cell.n_unknown for cell in shares.values())
        numbers = [f"{100 * shares[method].share:.1f}" for method in given.methods]
        rows.append((written(key[0]), key[1], "yes" if key[2] else "no", *numbers, unknown))
    header = ("truth", "parameter", "censored", *given.methods, "without an interval")
    return [ledger.section("Coverage of intervals", text, ledger.table(header, rows))]


if __name__ == "__main__":
    main()
