from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from tests.conftest import real_column

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.goodness import information_criteria
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values


def anderson_darling(x: np.ndarray, dist: stats.rv_continuous) -> float:
    """The textbook sum over sorted rows."""
    x, n = np.sort(x), len(x)
    i = np.arange(1, n + 1)
    return float(-n - np.sum((2 * i - 1) * (dist.logcdf(x) + dist.logsf(x[::-1]))) / n)


@pytest.mark.parametrize("family", ["norm", "gamma", "t", "gumbel_r", "lognorm", "rice"])
@pytest.mark.parametrize("column", ["precip", "faithful", "va_stime"])
def test_on_an_exact_summary_the_statistics_are_those_of_the_rows(column: str, family: str) -> None:
    x = real_column(column)
    row = fit_family(prepare(summarize_values(x), FitSpec((family,), bins=13)), CATALOGUE[family])
    dist = getattr(stats, family)(*row.parameters)
    assert row.ks_statistic == pytest.approx(stats.ks_1samp(x, dist.cdf).statistic, rel=1e-6)
    assert row.ks_error_bound == 0
    assert row.cvm_statistic == pytest.approx(stats.cramervonmises(x, dist.cdf).statistic, rel=1e-5)
    assert row.ad_statistic == pytest.approx(anderson_darling(x, dist), rel=1e-5)
    density, edges = np.histogram(x, bins=13, density=True)
    assert row.sse == pytest.approx(np.sum((density - np.diff(dist.cdf(edges)) / np.diff(edges)) ** 2), rel=1e-6)


def test_on_a_binned_summary_ks_lies_within_its_stated_bound_and_ad_is_near(rng: np.random.Generator) -> None:
    x = rng.gamma(1.3, size=60_000)
    row = fit_family(prepare(summarize_values(x), FitSpec(("norm",))), CATALOGUE["norm"])
    dist = stats.norm(*row.parameters)
    exact = stats.ks_1samp(x, dist.cdf).statistic
    assert row.ks_statistic <= exact <= row.ks_statistic + row.ks_error_bound
    assert row.ks_error_bound < 0.01
    assert row.ad_statistic == pytest.approx(anderson_darling(x, dist), rel=1e-3)
    assert row.cvm_statistic == pytest.approx(stats.cramervonmises(x, dist.cdf).statistic, rel=1e-3)


def test_a_histogram_without_a_number_of_bins_follows_the_rice_rule() -> None:
    x = real_column("precip")
    rice = math.ceil(2 * len(x) ** (1 / 3))
    rows = [
        fit_family(prepare(summarize_values(x), FitSpec(("norm",), bins=bins)), CATALOGUE["norm"])
        for bins in (None, rice)
    ]
    assert rows[0].sse == rows[1].sse


def test_information_criteria_are_the_textbook_ones() -> None:
    assert information_criteria(-100.0, 2, 10) == (204.0, 204.0 + 12 / 7, 2 * math.log(10) + 200.0)
    assert information_criteria(-100.0, 3, 4)[1] == math.inf
