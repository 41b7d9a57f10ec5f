"""How many of the best optima known are reached, on real columns."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.integrate import quad

import ledger
from warmfit import DistributionFitter

HERE = Path(__file__).parent
TOLERANCE = 0.5  # nats


@dataclass(frozen=True)
class Oracle:
    """Where the columns and the best log-likelihoods known are."""

    best_known: Path = HERE / "data" / "best_known.json"
    columns: Path = HERE.parent / "tests" / "data"


def gaps(x: np.ndarray, floors: dict[str, float]) -> dict[str, float]:
    """How far each family's fit ends below its floor on the rows, in nats; infinite where it is no density at all."""
    rows = (
        DistributionFitter(excluded_distributions=())
        .fit(x, included_distributions=sorted(floors), lazy_metrics=True)
        .df
    )
    found = {}
    for name, status, parameters in zip(rows["distribution"], rows["status"], rows["parameters"], strict=True):
        dist = getattr(stats, name)
        with np.errstate(all="ignore"):
            loglik = float(dist.logpdf(x, *parameters).sum()) if status == "ok" else -math.inf
        gap = floors[name] - loglik if math.isfinite(loglik) else math.inf
        above = gap < -TOLERANCE and abs(mass(dist, parameters, x) - 1) > 0.05
        found[name] = math.inf if above else gap
    return found


def mass(dist: stats.rv_continuous, parameters: list[float], x: np.ndarray) -> float:
    """The integral of SciPy's density, in pieces cut at quantiles of the rows."""
    low, high = dist.support(*parameters)
    inner = [q for q in np.unique(np.quantile(x, np.linspace(0, 1, 17))) if low < q < high]
    return float(
        sum(quad(dist.pdf, a, b, args=tuple(parameters), limit=200)[0] for a, b in pairwise([low, *inner, high]))
    )


def measured(oracle: Oracle) -> str:
    """The ledger's section: the share of optima reached by column, beside that of SciPy's own `fit`."""
    scipy_share = json.loads((HERE / "data" / "scipy_fit.json").read_text())
    rows, missed, above, reached, total = [], [], 0, 0, 0
    for column, floors in json.loads(oracle.best_known.read_text()).items():
        found = gaps(np.loadtxt(oracle.columns / f"{column}.csv", skiprows=1), floors)
        short = {name: gap for name, gap in found.items() if not gap < TOLERANCE}
        missed += [f"{name} on {column} ({gap:.1f})" for name, gap in short.items()]
        above += sum(gap < -TOLERANCE for gap in found.values())
        reached, total = reached + len(found) - len(short), total + len(found)
        theirs = f"{scipy_share[column]:.0%}" if column in scipy_share else "—"
        rows.append((column, len(found), len(found) - len(short), f"{1 - len(short) / len(found):.1%}", theirs))
    text = (
        "Real columns, and for each family the highest log-likelihood known from long searches (benchmarks/data). Reached "
        f"means that SciPy's density at the estimates, summed over the rows, comes within {TOLERANCE} nat. "
        f"**{reached} of {total} are reached ({reached / total:.1%})**; {above} fits end more than {TOLERANCE} nat above "
        "what was known, with a density that integrates to one. SciPy's own `fit` reaches 72.3 % on the twelve small "
        "columns (measured with SciPy 1.17.1)."
    )
    header = ("column", "families", "reached", "share", "SciPy's `fit`")
    short_of = f"Missed, with the nats that they lack: {', '.join(missed)}." if missed else "None is missed."
    return ledger.section("Optima reached", text, ledger.table(header, rows), short_of)
