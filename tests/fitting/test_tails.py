"""Heavy tails: the index is that of the law, and neither exponential nor lognormal columns are called heavy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_fitting.tails import Tail, mirrored, pareto_index, tails

LIGHT = {
    "exponential": stats.expon(),
    "lognormal(1)": stats.lognorm(1.0),
    "normal": stats.norm(),
    "gamma(2)": stats.gamma(2.0),
    "Weibull(0.7)": stats.weibull_min(0.7),
    "uniform": stats.uniform(),
    "Laplace": stats.laplace(),
}
HEAVY = {
    "t(3)": stats.t(3.0),
    "Pareto(2)": stats.pareto(2.0),
    "Cauchy": stats.cauchy(),
    "Burr(2, 1)": stats.burr12(2.0, 1.0),
}


def column(law: object, n: int, seed: int = 0) -> ColumnSummary:
    return summarize_values(law.rvs(n, random_state=np.random.default_rng(seed)))  # type: ignore[attr-defined]


def sides(summary: ColumnSummary) -> dict[str, Tail]:
    return {tail.side: tail for tail in tails(summary)}


@pytest.mark.parametrize("law", LIGHT)
@pytest.mark.parametrize("n", [1_000, 20_000])
def test_light_tails_are_not_called_heavy(law: str, n: int) -> None:
    called = [any(tail.is_heavy for tail in tails(column(LIGHT[law], n, seed))) for seed in range(12)]
    assert sum(called) == 0


@pytest.mark.parametrize("law", HEAVY)
def test_power_tails_are_called_heavy(law: str) -> None:
    called = [any(tail.is_heavy for tail in tails(column(HEAVY[law], 5_000, seed))) for seed in range(8)]
    assert sum(called) >= 7


@pytest.mark.parametrize("index", [-0.3, 0.0, 0.4, 1.0])
def test_the_index_of_a_generalized_pareto_sample_is_the_maximum_likelihood_one(index: float) -> None:
    excess = np.sort(stats.genpareto(index).rvs(800, random_state=1))
    found = pareto_index(excess, np.ones(800))
    assert found == pytest.approx(stats.genpareto.fit(excess, floc=0.0)[0], abs=2e-3)


def test_weights_count_like_rows() -> None:
    excess = np.sort(stats.genpareto(0.5).rvs(300, random_state=2))
    weight = np.arange(1.0, 301.0)[::-1] % 4 + 1
    assert pareto_index(excess, weight) == pytest.approx(
        pareto_index(np.repeat(excess, weight.astype(int)), np.ones(int(weight.sum())))
    )


def test_the_error_is_that_of_the_index() -> None:
    found = [sides(column(stats.genpareto(0.4), 5_000, seed))["upper"] for seed in range(60)]
    spread = np.std([tail.index for tail in found])
    assert spread == pytest.approx(np.mean([tail.error for tail in found]), rel=0.35)


def test_bins_give_the_index_of_the_rows() -> None:
    values = stats.t(3.0).rvs(60_000, random_state=3)
    summary = summarize_values(values)
    assert not summary.is_exact
    tail = sides(summary)["upper"]
    excess = np.sort(values[values > tail.threshold]) - tail.threshold
    assert tail.rows == len(excess)
    assert tail.index == pytest.approx(pareto_index(excess, np.ones(len(excess))), abs=0.05 * tail.error)


def test_a_lower_tail_is_the_upper_one_of_the_mirrored_column() -> None:
    summary = column(stats.pareto(2.0), 5_000)
    here, there = sides(summary)["upper"], sides(mirrored(summary))["lower"]
    assert there.is_heavy
    assert (there.index, there.threshold) == pytest.approx((here.index, -here.threshold))


def test_the_mirrored_summary_is_that_of_the_values_with_the_other_sign() -> None:
    values = stats.gamma(2.0).rvs(3_000, random_state=5)
    turned, other = mirrored(summarize_values(values)), summarize_values(-values)
    assert (turned.minimum, turned.maximum, turned.mean) == (other.minimum, other.maximum, pytest.approx(other.mean))
    assert turned.skewness == pytest.approx(other.skewness)
    np.testing.assert_array_equal(turned.observed.atoms, other.observed.atoms)


def test_shift_and_unit_change_nothing_but_the_threshold() -> None:
    values = stats.t(2.0).rvs(4_000, random_state=4)
    here, there = (sides(summarize_values(v))["upper"] for v in (values, 1e6 + 1e3 * values))
    assert there.index == pytest.approx(here.index, abs=1e-3)
    assert there.threshold == pytest.approx(1e6 + 1e3 * here.threshold)


@pytest.mark.parametrize("values", [np.arange(40.0), np.full(10, 3.0), np.tile(np.arange(5.0), 400)])
def test_nothing_is_said_of_columns_with_too_few_values(values: np.ndarray) -> None:
    assert tails(summarize_values(values)) == ()


def test_nothing_is_said_of_censored_columns() -> None:
    values = stats.expon().rvs(500, random_state=0)
    assert tails(summarize_values(values, censoring=np.arange(500) % 2)) == ()
