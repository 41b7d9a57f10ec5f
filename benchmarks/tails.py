"""How often a column is called heavy-tailed that is, and one that is not.

python benchmarks/tails.py [COLUMNS]
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from scipy import stats

from warmfit_fitting.summary import summarize_values
from warmfit_fitting.tails import tails

LIGHT: dict[str, Any] = {
    "exponential": stats.expon(), "lognormal(1)": stats.lognorm(1.0), "lognormal(1.5)": stats.lognorm(1.5),
    "normal": stats.norm(), "gamma(0.5)": stats.gamma(0.5), "gamma(2)": stats.gamma(2.0),
    "Weibull(0.5)": stats.weibull_min(0.5), "Weibull(0.7)": stats.weibull_min(0.7), "uniform": stats.uniform(),
    "Laplace": stats.laplace(), "logistic": stats.logistic(),
}  # fmt: skip
HEAVY: dict[str, Any] = {
    "t(3)": stats.t(3.0), "t(4)": stats.t(4.0), "Pareto(1.2)": stats.pareto(1.2), "Pareto(2)": stats.pareto(2.0),
    "Cauchy": stats.cauchy(), "Burr XII(2, 1)": stats.burr12(2.0, 1.0), "Lévy": stats.levy(),
    "generalized Pareto(0.4)": stats.genpareto(0.4),
}  # fmt: skip
SIZES = {"light": (1_000, 10_000, 100_000), "heavy": (1_000, 5_000, 100_000)}


def share(law: Any, n: int, columns: int, rng: np.random.Generator) -> float:
    """The share of simulated columns of `n` rows that are called heavy."""
    drawn = (summarize_values(law.rvs(n, random_state=rng)) for _ in range(columns))
    return sum(any(tail.is_heavy for tail in tails(summary)) for summary in drawn) / columns


def main(columns: int) -> None:
    """Print the shares."""
    rng = np.random.default_rng(14)
    for kind, laws in (("light", LIGHT), ("heavy", HEAVY)):
        for name, law in laws.items():
            shares = [f"n = {n:6d}: {share(law, n, columns, rng):6.1%}" for n in SIZES[kind]]
            print(f"{name:24s}", *shares, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
