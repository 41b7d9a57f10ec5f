"""The generic path: a user's own family is fitted as well as the one of ours that is the same."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.families.every import of_scipy
from warmfit_fitting.fitted import fitted
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values

WEIBULL = 3.0 * stats.weibull_min(1.7).rvs(1_000, random_state=1)


class Density(stats.rv_continuous):  # type: ignore[misc]
    """Weibull's law by its density alone."""

    def _pdf(self, x: Any, c: Any) -> Any:
        return c * x ** (c - 1) * np.exp(-(x**c))


class Both(Density):
    """The same with its distribution function."""

    def _cdf(self, x: Any, c: Any) -> Any:
        return -np.expm1(-(x**c))


class ByCdf(stats.rv_continuous):  # type: ignore[misc]
    """The log-logistic law by its distribution function alone."""

    def _cdf(self, x: Any, c: Any) -> Any:
        return 1.0 / (1.0 + x**-c)


class Ending(stats.rv_continuous):  # type: ignore[misc]
    """The generalized Pareto law with an upper end at 1/k."""

    def _get_support(self, k: Any) -> Any:
        return np.zeros_like(k), 1.0 / k

    def _pdf(self, x: Any, k: Any) -> Any:
        return (1.0 - k * x) ** (1.0 / k - 1.0)


class Beginning(stats.rv_continuous):  # type: ignore[misc]
    """Pareto's law that begins at a shape."""

    def _get_support(self, b: Any, s: Any) -> Any:  # noqa: ARG002 - SciPy's signature
        return s, np.full_like(s, np.inf)

    def _pdf(self, x: Any, b: Any, s: Any) -> Any:
        return b * s**b * x ** (-b - 1.0)


class Twins(stats.rv_continuous):  # type: ignore[misc]
    """Two normal laws, m apart, which no generic start comes near; `_fitstart` knows where they are."""

    def _pdf(self, x: Any, m: Any) -> Any:
        return 0.5 * stats.norm.pdf(x) + 0.5 * stats.norm.pdf(x - m)

    def _fitstart(self, data: Any, args: Any = None) -> Any:  # noqa: ARG002 - SciPy's signature
        return 60.0, np.quantile(data, 0.25), np.std(data) / 30


class Geometric(stats.rv_discrete):  # type: ignore[misc]
    """The geometric law from 0, its shape declared by `_argcheck` alone."""

    def _argcheck(self, p: Any) -> Any:
        return (p > 0) & (p <= 1)

    def _pmf(self, k: Any, p: Any) -> Any:
        return p * (1 - p) ** k


class Undeclared(stats.rv_discrete):  # type: ignore[misc]
    """Poisson's law, nothing declared of its shape."""

    def _pmf(self, k: Any, mu: Any) -> Any:
        return stats.poisson.pmf(k, mu)


def own(dist: Any, summary: ColumnSummary, **spec: Any) -> FitRow:
    family = of_scipy("own", dist)
    discrete = isinstance(dist, stats.rv_discrete)
    return fit_family(prepare(summary, FitSpec(("own",), **spec), discrete), family)


def ours(name: str, summary: ColumnSummary, **spec: Any) -> FitRow:
    family: Any = {**CATALOGUE, **DISCRETE}[name]
    return fit_family(prepare(summary, FitSpec((name,), **spec)), family)


def assert_alike(row: FitRow, other: FitRow, nats: float = 0.02) -> None:
    assert row.status == other.status == "ok", row.reason
    assert row.loglik == pytest.approx(other.loglik, abs=nats)
    assert row.n_parameters == other.n_parameters


@pytest.mark.parametrize("dist", [Density(a=0.0), Both(a=0.0)], ids=["density", "density and cdf"])
@pytest.mark.parametrize(
    "fixed", [(), (("loc", 0.0),), (("c", 2.0),), (("c", 2.0), ("loc", 0.0)), (("scale", 3.0),)], ids=str
)
def test_a_density_is_fitted_as_ours_is_whatever_is_fixed(dist: Any, fixed: Any) -> None:
    summary = summarize_values(WEIBULL)
    row, other = own(dist, summary, fixed=fixed), ours("weibull_min", summary, fixed=fixed)
    assert_alike(row, other)
    assert row.parameters == pytest.approx(other.parameters, rel=2e-3, abs=2e-3)
    assert row.ks_statistic == pytest.approx(other.ks_statistic, abs=1e-4)


@pytest.mark.parametrize(
    ("rows", "spec"),
    [
        ({"values": np.minimum(WEIBULL, 4.0), "censoring": np.where(WEIBULL > 4.0, 1, 0)}, {}),
        ({"values": WEIBULL, "weights": np.arange(1_000) % 4 + 0.0}, {}),
        ({"values": WEIBULL, "weights": np.arange(1_000) % 4 + 0.5, "analytic": True}, {}),
        ({"values": WEIBULL[WEIBULL > 1.0]}, {"lower_bound": 1.0, "fixed": (("loc", 0.0),)}),
    ],
    ids=["censored", "weighted", "analytic weights", "truncated"],
)
def test_a_distribution_function_serves_rows_of_all_kinds(rows: Any, spec: Any) -> None:
    summary = summarize_values(**rows)
    assert_alike(own(Both(a=0.0), summary, **spec), ours("weibull_min", summary, **spec))


def test_a_distribution_function_alone_is_enough() -> None:
    summary = summarize_values(2.0 * stats.fisk(3.0).rvs(2_000, random_state=2))
    row = own(ByCdf(a=0.0), summary)
    assert_alike(row, ours("fisk", summary))
    law = fitted("own", row.parameters, custom=ByCdf(a=0.0))
    same = stats.fisk(*row.parameters)
    np.testing.assert_allclose(law.pdf([0.5, 2.0, 30.0]), same.pdf([0.5, 2.0, 30.0]), rtol=1e-6)
    np.testing.assert_allclose(law.ppf([0.01, 0.5, 0.999]), same.ppf([0.01, 0.5, 0.999]), rtol=1e-6)


@pytest.mark.parametrize("fixed", [(), (("loc", 0.0),), (("loc", 0.0), ("scale", 1.0))], ids=str)
def test_an_upper_end_that_follows_the_shape_holds_the_data(fixed: Any) -> None:
    summary = summarize_values(stats.genpareto(-0.3).rvs(1_000, random_state=3))
    assert_alike(own(Ending(), summary, fixed=fixed), ours("genpareto", summary, fixed=fixed))


def test_a_lower_end_that_follows_the_shape_holds_the_data() -> None:
    summary = summarize_values(3.0 * stats.pareto(2.5).rvs(1_000, random_state=3))
    assert own(Beginning(), summary).loglik == pytest.approx(ours("pareto", summary).loglik, abs=0.05)


def test_a_fitstart_of_its_own_is_where_the_search_begins() -> None:
    rng = np.random.default_rng(4)
    values = 5.0 + 2.0 * np.concatenate([rng.normal(0.0, 1.0, 500), rng.normal(60.0, 1.0, 500)])
    row = own(Twins(), summarize_values(values))
    assert row.status == "ok", row.reason
    assert row.parameters == pytest.approx((60.0, 5.0, 2.0), rel=0.05)


@pytest.mark.parametrize(
    ("dist", "name", "counts"),
    [
        (Geometric(), "planck", np.random.default_rng(5).geometric(0.3, 500) - 1),
        (Undeclared(), "poisson", np.random.default_rng(5).poisson(4.0, 500)),
    ],
)
def test_counts_are_fitted_as_by_ours(dist: Any, name: str, counts: Any) -> None:
    summary = summarize_values(counts.astype(float))
    assert_alike(own(dist, summary), ours(name, summary))


@pytest.mark.parametrize(
    ("density", "says"),
    [
        (lambda _self, x: np.full_like(x, np.nan), "no parameters were found that give every row a density"),
        (lambda _self, x: 2.0 * np.exp(-x), r"its density integrates to 2(\.00)? there, not to 1"),
        (lambda _self, x: _raise(ValueError(f"{len(x)} is not nice")), "numerical failure: [0-9]+ is not nice"),
    ],
    ids=["NaN", "mass of 2", "error"],
)
def test_a_density_that_is_none_is_a_failed_row(density: Any, says: str) -> None:
    dist = type("Odd", (stats.rv_continuous,), {"_pdf": density})(a=0.0)
    row = own(dist, summarize_values(WEIBULL))
    assert row.status == "failed"
    assert re.search(says, row.reason), row.reason


def _raise(error: Exception) -> Any:
    raise error
