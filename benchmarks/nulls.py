"""Whether bootstrap p-values are uniform where the family fitted is the one that the column was drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

import ledger
from covering import TRUTHS, simulated, written
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.spec import FitSpec

ROWS, REFITS = 100, 99
LEVEL = 0.01
STATISTICS = ("KS", "AD", "CvM")
APART = 1_000_000  # of the seeds from those of the coverage


def pvalues(job: tuple[str, range]) -> list[list[float]]:
    """The p-values of KS, AD and CvM, of a column for each of the seeds."""
    name, seeds = job
    found = []
    for seed in seeds:
        spec = FitSpec((name,), fixed=TRUTHS[name].fixed, n_bootstrap=REFITS, seed=seed)
        row = fit_family(prepare(simulated(name, False, APART + seed, ROWS), spec), EVERY[name])
        found.append([row.pvalue, row.ad_pvalue, row.cvm_pvalue])
    return found


def uniformity(p: np.ndarray, seed: int = 0) -> float:
    """The p-value of the KS test that p-values (R,) on the grid 1/(B + 1), …, 1 are uniform.

    Each is moved down by a random part of a step of the grid, which makes it uniform on (0, 1) where it was on the grid.
    """
    spread = p - np.random.default_rng(seed).random(len(p)) / (REFITS + 1)
    return float(stats.kstest(spread, "uniform").pvalue)


def section(columns: int, families: Sequence[str], found: dict[str, list[list[float]]]) -> list[str]:
    """The ledger's section: tests of uniformity, and how often a test at 5 % rejects."""
    rows, rejected = [], 0
    for family in families:
        p = np.array(found[family])
        tests = [uniformity(p[:, i]) for i in range(len(STATISTICS))]
        rejected += sum(test < LEVEL for test in tests)
        share = ", ".join(f"{100 * (p[:, i] <= 0.05).mean():.1f}" for i in range(len(STATISTICS)))
        rows.append((written(family), *(f"{test:.3f}" for test in tests), share))
    n = len(STATISTICS) * len(families)
    text = (
        f"{columns} columns of {ROWS} rows from each family, which is fitted to them; p-values of KS, AD and CvM from "
        f"{REFITS} refits. Given is the p-value of the Kolmogorov–Smirnov test that they are uniform, and the share in per "
        f"cent at or below 0.05, by statistic. **At the level {LEVEL:g} uniformity is rejected in {rejected} of {n}** "
        f"({LEVEL * n:.1f} are expected by chance)."
    )
    header = ("truth", *(f"{name}: uniform?" for name in STATISTICS), "at or below 0.05")
    return [ledger.section("p-values under the null hypothesis", text, ledger.table(header, rows))]
