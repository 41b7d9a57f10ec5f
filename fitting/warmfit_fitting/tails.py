"""Whether a column's tails are heavy: a tail index with its error, and whether a power law describes the column better.

Above a high threshold exceedances of nearly every law are about generalized Pareto (Balkema & de Haan 1974; Pickands
1975, Ann. Statist. 3): P(X − u > y | X > u) = (1 + ξy/σ)^(−1/ξ). ξ is the tail index; moments of order 1/ξ and above are
infinite, ξ = 0 for exponential tails, ξ < 0 where the support ends. No finite threshold tells it well: at the level of
one row in a hundred, a lognormal law of σ = 1 looks like ξ = 0.25, Student's t of 3 degrees of freedom like 0.30. So a tail
is called heavy on two grounds at once: its index is above 0 and large (`SIGNIFICANT`, `LARGE`), and of the families
fitted to the whole column one with a power tail is better, by `EVIDENCE` nats of BIC/2, than all those with every moment
finite, lognormal, Johnson SU and Weibull among them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.likelihood.view import View, view
from warmfit_fitting.problem import Problem
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, Moments, Tally

LEAST_ROWS = 50.0  # above the threshold
LEAST_VALUES = 20  # different ones above the threshold
SIGNIFICANT = 2.33  # standard errors of an exponential tail that the index must be above 0
LARGE = 0.15  # what the index must be at least
LEAST_MIDDLE = 1e-100  # share of the largest excess below which a middle one is a row at the threshold
EVIDENCE = 3.0  # nats: odds of twenty to one
FINITE = ("laplace", "weibull_min", "lognorm", "johnsonsu")  # every moment is finite, whatever the shapes
POWER = ("t", "jf_skew_t", "genpareto", "invgamma", "burr12")  # moments from some order on are infinite
_GRID = np.concatenate([-np.geomspace(0.999, 1e-3, 40), np.geomspace(1e-3, 1e3, 120)])  # of θ, in units of its scale
_FINER = np.linspace(-1.0, 1.0, 61)

Side = Literal["lower", "upper"]


@dataclass(frozen=True)
class Tail:
    """One tail of a column: beyond `threshold`, in the data's unit, `rows` lie about as a generalized Pareto law has them.

    `index`: ξ by maximum likelihood; `error`: its standard error, (1 + ξ)/√rows (Smith 1987, Ann. Statist. 15).
    `evidence`: nats by which the best family with a power tail describes the column better than the best one whose moments
    are all finite; NaN where the index alone says that the tail is not heavy.
    """

    side: Side
    index: float
    error: float
    threshold: float
    rows: float
    evidence: float = math.nan

    @property
    def is_suspect(self) -> bool:
        """Whether the index is above 0 beyond its error, and large."""
        return self.index > max(LARGE, SIGNIFICANT / math.sqrt(self.rows))

    @property
    def is_heavy(self) -> bool:
        """Whether moments beyond some order are likely to be infinite."""
        return self.is_suspect and self.evidence > EVIDENCE


def tails(summary: ColumnSummary) -> tuple[Tail, ...]:
    """The lower and the upper tail, as far as there are rows enough; none where rows are censored or truncated.

    Families are fitted only where an index is suspect; once for both tails, as the heavier of them lies.
    """
    if summary.incomplete is not None or not summary.minimum < summary.maximum:
        return ()
    columns: dict[Side, ColumnSummary] = {"lower": mirrored(summary), "upper": summary}
    both = (_index(side, view(column)) for side, column in columns.items())
    found = [tail for tail in both if tail is not None]
    suspect = [tail for tail in found if tail.is_suspect]
    if suspect:
        heavier = max(suspect, key=lambda tail: tail.index)
        evidence = _evidence(columns[heavier.side])
        found = [replace(tail, evidence=evidence) if tail.is_suspect else tail for tail in found]
    return tuple(found)


def _index(side: Side, data: View) -> Tail | None:
    """The upper tail of a view, which is the `side` tail of the column; None where there are too few rows."""
    n = data.total
    wanted = min(n / 10, 3.0 * n**0.55)  # ever more rows, and an ever smaller share of them
    upto = np.cumsum(data.weight[::-1])[::-1]
    at = int(np.searchsorted(-upto, -wanted, side="right")) - 1
    start = int(np.searchsorted(data.lower, data.lower[max(at, 0)]))  # where the bin begins
    excess, weight = data.x[start:] - data.lower[start], data.weight[start:]
    rows = float(weight.sum())
    if rows < LEAST_ROWS or len(excess) < LEAST_VALUES:
        return None
    index = pareto_index(excess, weight)
    threshold = data.shift + data.scale * float(data.lower[start])
    threshold = -threshold if side == "lower" else threshold
    return Tail(side, index, (1 + index) / math.sqrt(rows), threshold, rows)


def pareto_index(excess: FloatArray, weight: FloatArray) -> float:
    """The maximum-likelihood ξ of the generalized Pareto law of `excess` (N,) ≥ 0, which count `weight` (N,).

    With θ = ξ/σ the likelihood is highest at ξ(θ) = mean log(1 + θy), where it is −log(ξ/θ) − ξ − 1 a row (Davison 1984;
    Grimshaw 1993, Technometrics 35). It is unbounded as θ nears −1/max y, so ξ is held above −1/2.
    """
    upto = np.cumsum(weight)
    total, middle = float(upto[-1]), float(excess[np.searchsorted(upto, upto[-1] / 2)])
    middle = max(middle, LEAST_MIDDLE * float(excess[-1]))
    grid = np.where(_GRID < 0, _GRID / float(excess[-1]), _GRID / middle)

    def best(theta: FloatArray) -> int:
        xi = np.log1p(theta[:, None] * excess) @ weight / total
        return int(np.argmax(np.where(xi > -0.5, -np.log(xi / theta) - xi, -np.inf)))

    at = best(grid)
    for _ in range(2):
        low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
        grid = low + (high - low) * (_FINER + 1.0) / 2
        grid = grid[grid != 0.0]
        at = best(grid)
    return float(np.log1p(grid[at] * excess) @ weight) / total


def _evidence(summary: ColumnSummary) -> float:
    """Half of what the least BIC of families with a power tail lies below that of those whose moments are finite.

    No more families are fitted than it takes to know that it is above `EVIDENCE`.
    """
    try:
        problem = prepare(summary, FitSpec((*FINITE, *POWER), goodness=False))
    except InvalidInput:
        return math.nan
    finite = min(_criterion(problem, name) for name in FINITE)
    evidence = -math.inf
    for name in POWER:
        evidence = max(evidence, (finite - _criterion(problem, name)) / 2)
        if evidence > EVIDENCE:
            break
    return evidence


def _criterion(problem: Problem, name: str) -> float:
    row = fit_family(problem, CATALOGUE[name])
    return row.bic if row.status == "ok" else math.inf


def mirrored(summary: ColumnSummary) -> ColumnSummary:
    """The summary of −x, for a column whose values are all known."""
    m, t = summary.moments, summary.observed
    turned = Tally(-t.atoms[::-1], t.atom_count[::-1], -t.edges[::-1], t.count[::-1], -t.mean[::-1], t.m2[::-1])
    moments = Moments(m.weight, -m.mean, m.m2, -m.m3, m.m4)
    return replace(summary, moments=moments, minimum=-summary.maximum, maximum=-summary.minimum, observed=turned)
