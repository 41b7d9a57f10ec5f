"""A fit from a summary is the fit of the raw rows: against the plain likelihood of each row, maximized by SciPy.

Exact summaries to a millionth of max(|estimate|, standard error), binned ones to 2 % of a standard error. The laws are such
that the plain likelihood is the bounded one: their densities vanish at the ends of their supports.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import optimize, stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_intervals
from warmfit_fitting.summary.intervals import MAX_PAIRS

LAWS: dict[str, tuple[float, ...]] = {  # shapes, loc, scale; a loc of 0 is held
    "norm": (5.0, 2.0),
    "logistic": (5.0, 2.0),
    "gumbel_r": (5.0, 2.0),
    "gumbel_l": (5.0, 2.0),
    "lognorm": (0.4, 0.0, 5.0),
    "weibull_min": (5.0, 0.0, 5.0),
    "gamma": (12.0, 0.0, 0.5),
    "fisk": (6.0, 0.0, 5.0),
    "moyal": (5.0, 2.0),
}
FREE: dict[str, tuple[float, ...]] = {  # the same with all parameters free, of which some are hard to tell apart
    "t": (2.5, 5.0, 2.0),
    "invgauss": (0.5, 1.0, 5.0),
    "genextreme": (-0.1, 5.0, 2.0),
}
TRUTH = LAWS | FREE
KINDS = ("plain", "right", "left", "interval", "window", "windows", "frequency", "analytic", "combined")


@dataclass
class Rows:
    """Rows known to lie in [`lower`, `upper`], seen because they lie in (`entry`, `exit`), with their `weight` (N,)."""

    lower: np.ndarray
    upper: np.ndarray
    entry: np.ndarray
    exit: np.ndarray
    weight: np.ndarray
    analytic: bool = False
    window: dict[str, float] = field(default_factory=dict)

    def summary(self) -> ColumnSummary:
        weight = None if (self.weight == 1).all() else self.weight
        windows = None if np.isinf(self.entry).all() and np.isinf(self.exit).all() else (self.entry, self.exit)
        return summarize_intervals(self.lower, self.upper, weight, truncation=windows, analytic=self.analytic)

    def loglik(self, family: str, parameters: np.ndarray) -> float:
        law = getattr(stats, family)(*parameters)
        entry = np.maximum(self.entry, self.window.get("lower_bound", -math.inf))
        exit_ = np.minimum(self.exit, self.window.get("upper_bound", math.inf))
        known = self.lower == self.upper
        terms = np.empty(len(known))
        terms[known] = law.logpdf(self.lower[known])
        a, b = (np.clip(end[~known], entry[~known], exit_[~known]) for end in (self.lower, self.upper))
        terms[~known] = np.log(mass(law, a, b))
        weight = self.weight * (len(known) / self.weight.sum() if self.analytic else 1.0)
        return float(weight @ (terms - np.log(mass(law, entry, exit_))))


def mass(law: stats.distributions.rv_frozen, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    upper = a > law.median()
    return np.where(upper, law.sf(a) - law.sf(b), law.cdf(b) - law.cdf(a))


def rows(family: str, kind: str, n: int) -> Rows:
    """Rows of one kind, or with everything `combined`."""
    rng = np.random.default_rng([n, KINDS.index(kind), *family.encode()])
    law = getattr(stats, family)(*TRUTH[family])
    everything = kind == "combined"
    low, high = (float(law.ppf(p)) for p in (0.05, 0.98))
    x = law.rvs(2 * n, random_state=rng)
    entry, exit_ = np.full((2, 2 * n), [[-math.inf], [math.inf]])
    window: dict[str, float] = {}
    if kind == "window" or everything:
        window = {"lower_bound": low, "upper_bound": high}
        x = x[(x > low) & (x < high)]
    if kind == "windows" or everything:
        late, early = rng.random((2, len(x))) < 0.4
        entry = np.where(late, law.ppf(rng.uniform(0.05, 0.5, len(x))), -math.inf)
        exit_ = np.where(early, law.ppf(rng.uniform(0.6, 0.98, len(x))), math.inf)
        seen = (x > entry) & (x < exit_)
        x, entry, exit_ = x[seen], entry[seen], exit_[seen]
    x, entry, exit_ = x[:n], entry[:n], exit_[:n]
    lower, upper = x.copy(), x.copy()
    which = rng.integers(0, 8, len(x))
    at = rng.uniform(0.0, 0.5, len(x)) * law.std()
    if kind == "right" or everything:
        lower[which == 0], upper[which == 0] = (x - at)[which == 0], math.inf
    if kind == "left" or everything:
        lower[which == 1], upper[which == 1] = -math.inf, (x + at)[which == 1]
    if kind == "interval" or everything:
        step = law.std() / 2
        cell = np.floor(x / step) * step
        lower[which == 2], upper[which == 2] = cell[which == 2], (cell + step)[which == 2]
    inside = (
        np.maximum(entry, window.get("lower_bound", -math.inf)),
        np.minimum(exit_, window.get("upper_bound", math.inf)),
    )
    lower, upper = (
        np.maximum(lower, np.where(lower > -math.inf, inside[0], lower)),
        np.minimum(upper, np.where(upper < math.inf, inside[1], upper)),
    )
    weight = np.ones(len(x))
    if kind in ("frequency", "combined"):
        weight = rng.integers(1, 4, len(x)).astype(float)
    if kind == "analytic":
        weight = rng.uniform(0.2, 3.0, len(x))
    return Rows(lower, upper, entry, exit_, weight, kind == "analytic", window)


def best(data: Rows, family: str) -> np.ndarray:
    """All parameters at the maximum of the plain likelihood: the root of its differences, from the truth."""
    truth = np.array(LAWS[family])
    free = np.flatnonzero(truth != 0.0)

    def parameters(u: np.ndarray) -> np.ndarray:
        whole = truth.copy()
        whole[free] = truth[free] * np.exp(0.1 * u)
        return whole

    def slope(u: np.ndarray) -> np.ndarray:
        h = 1e-3 * np.eye(len(u))
        return np.array([data.loglik(family, parameters(u + d)) - data.loglik(family, parameters(u - d)) for d in h])

    found = optimize.root(slope, np.zeros(len(free)), method="hybr", tol=1e-12)
    assert np.abs(found.fun).max() < 1e-5
    return parameters(found.x)


def fitted(data: Rows, family: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Estimates, standard errors and log-likelihood from the summary."""
    held = (("loc", 0.0),) if 0.0 in TRUTH[family] else ()
    problem = prepare(data.summary(), FitSpec((family,), fixed=held, goodness=False, **data.window))
    row = fit_family(problem, CATALOGUE[family])
    assert row.status == "ok", row.reason
    assert len(row.standard_errors) == len(row.parameters)
    return np.array(row.parameters), np.array(row.standard_errors), row.loglik


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", LAWS)
def test_an_exact_summary_gives_the_estimates_of_the_rows(family: str, kind: str) -> None:
    data = rows(family, kind, 400)
    found, error, loglik = fitted(data, family)
    theirs = best(data, family)
    assert (np.abs(found - theirs) <= 1e-6 * np.maximum(np.abs(theirs), error)).all(), found - theirs
    assert loglik == pytest.approx(data.loglik(family, theirs), abs=1e-6)


def left_over(data: Rows, family: str, at: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Newton's step of the plain likelihood from `at`: what is left to its maximum, in standard errors."""

    def value(*moved: np.ndarray) -> float:
        return data.loglik(family, at + error * np.sum(moved, axis=0))

    h, axes = 0.02, 0.02 * np.eye(len(at))
    here, up, down = value(0 * at), np.array([value(d) for d in axes]), np.array([value(-d) for d in axes])
    wide = np.array([value(2 * d) - value(-2 * d) for d in axes])
    slope = (8 * (up - down) - wide) / (12 * h)
    curvature = np.diag(up + down - 2 * here) / h**2
    for i, j in zip(*np.triu_indices(len(at), 1), strict=True):
        curvature[i, j] = curvature[j, i] = (value(axes[i], axes[j]) - up[i] - up[j] + here) / h**2
    assert np.linalg.eigvalsh(curvature)[-1] < 0
    return np.linalg.solve(-curvature, slope)


@pytest.mark.parametrize(("family", "kind"), [*itertools.product(("t", "invgauss"), KINDS), ("genextreme", "combined")])
def test_with_every_parameter_free_nothing_is_left_to_the_maximum_of_the_rows(family: str, kind: str) -> None:
    data = rows(family, kind, 400)
    found, error, loglik = fitted(data, family)
    far = np.abs(left_over(data, family, found, error)) * error
    assert (far <= 1e-6 * np.maximum(np.abs(found), error)).all(), far
    assert loglik == pytest.approx(data.loglik(family, found), abs=1e-6)
    assert loglik > data.loglik(family, np.array(FREE[family]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", ["norm", "lognorm", "weibull_min"])
def test_a_binned_summary_gives_them_to_a_fiftieth_of_a_standard_error(family: str, kind: str) -> None:
    data = rows(family, kind, 20_000)
    found, error, _ = fitted(data, family)
    theirs = best(data, family)
    assert (np.abs(found - theirs) <= 0.02 * error).all(), (found - theirs)[error > 0] / error[error > 0]


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("family", ["lognorm", "weibull_min"])
def test_more_intervals_than_are_kept_cost_a_hundredth_of_a_standard_error_at_most(family: str, windows: bool) -> None:
    """Some of them a thousandth as long as others, or as many windows as rows; the log-likelihood stays, too."""
    rng = np.random.default_rng(7)
    law, n, none = getattr(stats, family)(*LAWS[family]), 20_000, np.full(20_000, math.inf)
    if windows:
        entry, exit_ = law.ppf(rng.uniform(0.0, 0.5, 3 * n)), law.ppf(rng.uniform(0.5, 1.0, 3 * n))
        x = law.rvs(3 * n, random_state=rng)
        x, entry, exit_ = (part[(x > entry) & (x < exit_)][:n] for part in (x, entry, exit_))
        data = Rows(x, x, entry, exit_, np.ones(len(x)))
    else:
        x, short = law.rvs(n, random_state=rng), rng.random(n) < 0.5
        below, above = rng.random((2, n)) * np.where(short, 1e-3, 1.0) * law.std()
        data = Rows(x - np.minimum(below, x / 2), x + above, -none, none, np.ones(n))
    summary = data.summary().incomplete
    assert summary is not None
    assert len(summary.truncated.between if windows else summary.censored.between) <= MAX_PAIRS < n
    found, error, loglik = fitted(data, family)
    theirs = best(data, family)
    assert (np.abs(found - theirs) <= 0.01 * error).all(), (found - theirs)[error > 0] / error[error > 0]
    assert loglik == pytest.approx(data.loglik(family, theirs), abs=0.001 * n)
