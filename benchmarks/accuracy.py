"""How often and how well the truth is found: selection, parameters, optima; writes docs/accuracy.md.

make bench-accuracy, or `python benchmarks/accuracy.py [--replications N] [--oracle DIR]`; DIR holds best_known.json and
data/*.csv with the header `value`, in place of the project's own.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import ledger
import optima
import recovery
import selection

HOW_TO_READ = (
    "Nothing here depends on the machine: columns are seeded, and a fit is a pure function of its column. "
    "`make bench-accuracy` measures all of it again and writes this page."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replications", type=int, default=10, help="columns from each family for the selection")
    parser.add_argument("--oracle", type=Path, help="a folder with best_known.json and data/*.csv")
    given = parser.parse_args()
    oracle = optima.Oracle(given.oracle / "best_known.json", given.oracle / "data") if given.oracle else optima.Oracle()
    warnings.simplefilter("ignore")
    sections = [
        optima.measured(oracle),
        recovery.measured(4 * given.replications),
        selection.measured(given.replications),
    ]
    ledger.write("accuracy.md", "Accuracy", HOW_TO_READ, *reversed(sections))


if __name__ == "__main__":
    main()
