"""kstwo: its exact forms against polynomials in closed form and SciPy, and the joints between them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.kolmogorov import FEW, KSTwo
from warmfit_fitting.families.statistics import KSTwoBign
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

KSTWO = KSTwo()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def logpdf(x: np.ndarray, n: float) -> np.ndarray:
    return KSTWO.logpdf(x, np.array(float(n)))


def derivative(x: np.ndarray, n: int) -> np.ndarray:
    """The log of the sixth-order difference quotient of SciPy's distribution function, from its smaller side."""
    step = 1e-3 / math.sqrt(n)
    weights = {-3: -1 / 60, -2: 9 / 60, -1: -45 / 60, 1: 45 / 60, 2: -9 / 60, 3: 1 / 60}
    lower = sum(w * stats.kstwo.cdf(x + k * step, n) for k, w in weights.items()) / step
    upper = -sum(w * stats.kstwo.sf(x + k * step, n) for k, w in weights.items()) / step
    return np.asarray(np.log(np.where(x * math.sqrt(n) < 0.8, lower, upper)))


def test_one_point_is_uniform_and_two_are_piecewise_linear() -> None:
    assert logpdf(np.array([0.501, 0.75, 0.999]), 1) == pytest.approx([math.log(2.0)] * 3, rel=1e-12)
    x = np.array([0.3, 0.45, 0.55, 0.9])
    exact = np.where(x < 0.5, 4 * (4 * x - 1), 4 * (1 - x))
    assert logpdf(x, 2) == pytest.approx(np.log(exact), abs=1e-12)


@pytest.mark.parametrize("n", [3, 12, FEW - 1, FEW, FEW + 1, 60, 100, 140])
def test_the_density_is_the_derivative_of_scipys_distribution_function(n: int) -> None:
    t = np.array([0.312, 0.443, 0.457, 0.511, 0.533, 0.67, 0.81, 1.02, 1.33, 1.57, 1.61, 2.1, 2.6])
    x = t[(t / math.sqrt(n) > 0.6 / n) & (t / math.sqrt(n) < 0.95)] / math.sqrt(n)
    assert logpdf(x, n) == pytest.approx(derivative(x, n), abs=3e-6 if n <= FEW else 4e-5)


@pytest.mark.parametrize("n", [300, 3_000, 30_000])
def test_many_points_come_near_scipys_expansion(n: int) -> None:
    x = np.array([0.35, 0.44, 0.511, 0.533, 0.67, 1.02, 1.61, 2.6]) / math.sqrt(n)
    assert logpdf(x, n) == pytest.approx(derivative(x, n), abs=1e-4)


def test_the_limit_is_kstwobign() -> None:
    t = np.array([0.3, 0.6, 1.0, 2.0, 4.0])
    limit = KSTwoBign().logpdf(t) + 0.5 * math.log(1e12)
    assert logpdf(t / 1e6, 1e12) == pytest.approx(limit, abs=3e-5)


@pytest.mark.parametrize("n", [1, 2, 5, 20, FEW, FEW + 1, 90, 700, 100_000])
def test_the_density_integrates_to_one(n: int) -> None:
    nodes, weights = np.polynomial.legendre.leggauss(12)
    ends = np.unique(np.concatenate([np.arange(1, 12) / (2 * n), np.linspace(0.5 / n, min(1.0, 4 / math.sqrt(n)), 80)]))
    ends = ends[ends <= 1.0]
    half = np.diff(ends)[:, None] / 2
    x = ends[:-1, None] + half * (1 + nodes)
    assert float((np.exp(logpdf(x, n)) * half * weights).sum()) == pytest.approx(1.0, abs=2e-6)


@pytest.mark.parametrize("n", [1, 7, FEW, FEW + 1, 150, 10_000])
def test_there_is_nothing_outside_the_support_and_something_at_every_value_inside(n: int) -> None:
    assert np.isneginf(logpdf(np.array([-1.0, 0.5 / n, 1.0, 2.0]), n)).all()
    assert np.isfinite(logpdf(np.linspace(0.55 / n, 0.999, 400), n)).all()
    low, high = KSTWO.support(np.array(float(n)))
    assert (float(low), float(high)) == stats.kstwo.support(n)


def test_a_count_given_as_a_real_means_the_nearest_whole_number() -> None:
    x = np.array([0.2, 0.7])
    assert np.array_equal(logpdf(x, 3.4), logpdf(x, 3))


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    n = np.array([3.0, 20.0, 20.2, 50.0, 180.0, 2_000.0])[:, None]
    x = np.linspace(0.01, 0.6, 48)
    together = KSTWO.logpdf(x, n)
    for i in range(len(n)):
        assert np.array_equal(together[i], KSTWO.logpdf(x, n[i : i + 1])[0])


@pytest.mark.parametrize("n", [5, 20, 100])
def test_a_fit_to_a_simulated_column_is_at_least_as_likely_as_the_truth(n: int) -> None:
    order = np.arange(1, n + 1) / n
    u = np.sort(np.random.default_rng(1).random((2_000, n)), axis=1)
    x = 3.0 + 2.0 * np.maximum((order - u).max(axis=1), (u - order + 1 / n).max(axis=1))
    row = fit_family(prepare(summarize_values(x), FitSpec(("kstwo",))), KSTWO)
    assert row.status == "ok"
    assert row.loglik > float((logpdf((x - 3.0) / 2.0, n) - math.log(2.0)).sum())
    assert row.parameters[0] == round(row.parameters[0])
