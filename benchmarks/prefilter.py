"""How often a prefilter drops a family that would have been among the best: over real columns and simulated ones.

    python benchmarks/prefilter.py [SIMULATED]

Every default family is fitted to each column without a prefilter; the families that "safe" and "aggressive" would have
dropped are then looked up in the order by BIC. Real columns are those of `tests/data` and their mirror images.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.families.relations import same_model
from warmfit_fitting.prefilter import ruled_out
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_fitting.tails import mirrored

DATA = Path(__file__).parents[1] / "tests" / "data"
MODES = ("safe", "aggressive")
SIZES = (100, 300, 1_000, 5_000, 20_000)
FAMILIES = tuple(n for n in CATALOGUE.names if n not in DEFAULT_EXCLUSIONS and same_model(n) == n)


def real() -> Iterator[tuple[str, ColumnSummary]]:
    """The columns of `tests/data`, as they are and mirrored."""
    for path in sorted(DATA.glob("*.csv")):
        summary = summarize_values(np.loadtxt(path, skiprows=1))
        yield path.stem, summary
        yield f"-{path.stem}", mirrored(summary)


def simulated(count: int) -> Iterator[tuple[str, ColumnSummary]]:
    """Columns of many shapes and sizes, every other one mirrored: families, mixtures of two, one with far values."""
    rng = np.random.default_rng(20)
    laws = [
        stats.norm(), stats.gamma(0.7), stats.gamma(3), stats.gamma(40), stats.lognorm(0.3), stats.lognorm(1.0),
        stats.weibull_min(0.8), stats.weibull_min(2), stats.weibull_min(6), stats.t(3), stats.t(10), stats.cauchy(),
        stats.pareto(1.5), stats.pareto(4), stats.beta(2, 2), stats.beta(2, 5), stats.beta(0.5, 0.7), stats.skewnorm(3),
        stats.gumbel_r(), stats.logistic(), stats.laplace(), stats.uniform(), stats.invgauss(0.5), stats.johnsonsu(1, 2),
        stats.johnsonsb(1, 1), stats.exponnorm(2), stats.triang(0.8), stats.halfnorm(), stats.loggamma(1), stats.rayleigh(),
        stats.genextreme(0.3), stats.genextreme(-0.3), stats.burr12(2, 1), stats.expon(), stats.levy(),
    ]  # fmt: skip
    for number in range(count):
        n = int(rng.choice(SIZES))
        kind = ("plain", "plain", "mixture", "far values")[number % 4]
        law = laws[rng.integers(len(laws))]
        values = law.rvs(n, random_state=rng)
        if kind == "mixture":
            other = rng.random(n) < rng.uniform(0.02, 0.5)
            second = laws[rng.integers(len(laws))].rvs(n, random_state=rng)
            values = np.where(other, rng.uniform(-5, 5) + rng.uniform(0.2, 3) * second, values)
        if kind == "far values":
            values[: max(n // 200, 1)] -= rng.uniform(5, 50) * np.std(values)
        yield f"{kind} {law.dist.name} {n}", summarize_values(values if number % 2 else -values)


def order(summary: ColumnSummary) -> list[str]:
    """The families by BIC, the best first."""
    problem = prepare(summary, FitSpec(FAMILIES, goodness=False))
    rows = [fit_family(problem, CATALOGUE[name]) for name in FAMILIES]
    return [row.distribution for row in sorted((r for r in rows if r.status == "ok"), key=lambda r: r.bic)]


def measure(columns: Iterator[tuple[str, ColumnSummary]], title: str) -> None:
    """Print how many families each mode drops, and how high the highest of them stood."""
    places: dict[str, list[int]] = {mode: [] for mode in MODES}
    dropped: dict[str, list[int]] = {mode: [] for mode in MODES}
    for name, summary in columns:
        ranked = order(summary)
        for mode in MODES:
            spec = FitSpec(FAMILIES, prefilter=mode)
            out = [family for family in FAMILIES if ruled_out(family, spec, summary)]
            best = min((ranked.index(family) + 1 for family in out if family in ranked), default=len(FAMILIES))
            dropped[mode].append(len(out))
            places[mode].append(best)
            if best <= 5:
                print(f"    {mode}: {name}: {ranked[best - 1]} would have been number {best}", flush=True)
    for mode in MODES:
        n, first = len(places[mode]), places[mode]
        some = sum(d > 0 for d in dropped[mode])
        print(
            f"{title}, {mode}: {n} columns, {some} with families dropped ({sum(dropped[mode]) / max(some, 1):.1f} of "
            f"{len(FAMILIES)} on average); one of the first three dropped on {sum(p <= 3 for p in first)}, "
            f"of the first five on {sum(p <= 5 for p in first)}",
            flush=True,
        )


if __name__ == "__main__":
    measure(real(), "real columns")
    measure(simulated(int(sys.argv[1]) if len(sys.argv) > 1 else 200), "simulated columns")
