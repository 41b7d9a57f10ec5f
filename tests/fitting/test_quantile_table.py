"""Quantile tables against the distributions that they hold, and draws through them by exact tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from warmfit_fitting.fitted import fitted
from warmfit_fitting.quantile_table import RELATIVE, TOLERANCE, QuantileTable, StepTable, exact, score_table

SMOOTH = [
    ("norm", (0.0, 1.0)),
    ("gamma", (0.1, 0.0, 2.0)),
    ("norminvgauss", (1.5, 0.5, 3.0, 2.0)),
    ("genhyperbolic", (0.5, 1.5, 0.5, 0.0, 1.0)),
    ("nct", (5.0, 1.0, 0.0, 1.0)),
    ("cauchy", (0.0, 1.0)),
    ("laplace_asymmetric", (2.0, 0.0, 1.0)),
    ("dweibull", (2.5, 0.0, 1.0)),
    ("triang", (0.3, 0.0, 1.0)),
    ("pareto", (0.5, 0.0, 1.0)),
]
DISCRETE = [("poisson", (3.3, 0.0)), ("nbinom", (2.5, 0.1, 0.0)), ("bernoulli", (0.3, 0.0)), ("poisson", (1e9, 0.0))]
SCORES = np.concatenate([[-37.0], np.linspace(-9.0, 9.0, 1801), [37.0]])


@pytest.mark.parametrize(("name", "parameters"), SMOOTH)
def test_a_tabulated_quantile_is_right_in_probability_to_the_stated_error(name, parameters):
    law = fitted(name, parameters)
    x, beyond = QuantileTable(law).at_scores(SCORES), special.ndtr(-np.abs(SCORES))
    error = np.abs(np.where(SCORES < 0, law.cdf(x), law.sf(x)) - beyond)
    rounding = 16 * np.nan_to_num(np.spacing(np.abs(x)) * law.pdf(x), nan=np.inf)
    assert np.all(error <= TOLERANCE)
    assert np.all((error <= RELATIVE * beyond + rounding) | (beyond < 1e-100))


@pytest.mark.parametrize(("name", "parameters"), [*SMOOTH, *DISCRETE])
def test_quantiles_rise_with_the_score(name, parameters):
    assert np.all(np.diff(score_table(fitted(name, parameters)).at_scores(SCORES)) >= 0)


@pytest.mark.parametrize(("name", "parameters"), DISCRETE)
def test_the_quantiles_of_a_discrete_law_are_exact(name, parameters):
    law = fitted(name, parameters)
    z = np.concatenate([SCORES[::5], special.ndtri(law.cdf(law.ppf([0.2, 0.7])))])
    assert np.array_equal(StepTable(law).at_scores(z), exact(law, z))


def test_a_value_does_not_depend_on_those_asked_for_beside_it():
    table = QuantileTable(fitted("laplace_asymmetric", (2.0, 0.0, 1.0)))
    z = np.random.default_rng(3).standard_normal(20_000) * 3
    together = table.at_scores(z)
    assert np.array_equal(together[::-1], table.at_scores(z[::-1]))
    assert np.array_equal(together[7:19], table.at_scores(z[7:19]))


def test_a_score_that_is_no_number_has_no_quantile():
    for name, parameters in (SMOOTH[0], DISCRETE[0]):
        assert np.isnan(score_table(fitted(name, parameters)).at_scores(np.array([np.nan, 0.0]))).tolist() == [
            True,
            False,
        ]


def test_a_window_bounds_the_tabulated_quantiles():
    law = fitted("gamma", (2.5, 0.0, 1.0), (1.0, 4.0))
    x = QuantileTable(law).at_scores(SCORES)
    assert x.min() >= 1.0
    assert x.max() <= 4.0
    assert x[len(SCORES) // 2] == pytest.approx(law.median(), rel=1e-9)


@pytest.mark.parametrize(("name", "parameters"), SMOOTH[1:5])
def test_draws_through_a_table_pass_an_exact_test_of_the_law(name, parameters):
    law = fitted(name, parameters)
    x = QuantileTable(law).ppf(np.random.default_rng(11).random(50_000))
    assert stats.kstest(x, law.cdf).pvalue > 1e-3


def test_only_where_a_quantile_jumps_or_bends_is_it_inverted_value_by_value():
    assert QuantileTable(fitted("gamma", (2.5, 0.0, 1.0))).exact_share == 0.0
    assert 0.0 < QuantileTable(fitted("dweibull", (2.5, 0.0, 1.0))).exact_share < 0.01
