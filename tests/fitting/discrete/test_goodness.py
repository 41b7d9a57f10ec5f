"""Distances between counts and their fitted law: exact on ties, and known up to a stated bound where counts are binned."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.fitting.discrete.table import draws

from warmfit_fitting.discrete.engine import pearson
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.discrete.catalogue import DISCRETE
from warmfit_fitting.fitted import fitted
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values


def fit(x: np.ndarray, name: str) -> FitRow:
    return fit_family(prepare(summarize_values(x), FitSpec((name,))), DISCRETE[name])


def by_hand(x: np.ndarray, law: Any) -> tuple[float, float, float, float]:
    """KS, A², W² and SSE over every integer from far below to far above the values."""
    k = np.arange(min(law.ppf(1e-16), x.min()) - 1, max(law.isf(1e-17), x.max()) + 2)
    empirical = np.searchsorted(np.sort(x), k, side="right") / len(x)
    f, s, p = law.cdf(k), law.sf(k), law.pmf(k)
    gap = (empirical - f) ** 2 * p
    inside = (f > 0) & (s > 0)
    within = (k >= x.min()) & (k <= x.max())
    share = np.array([(x == v).mean() for v in k])
    return (
        float(np.abs(empirical - f).max()), len(x) * float((gap[inside] / (f * s)[inside]).sum()), len(x) * float(gap.sum()),
        float(((share - p)[within] ** 2).sum()),
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["poisson", "nbinom", "binom", "zi_poisson", "skellam", "planck", "randint", "hypergeom"]
)
def test_distances_of_exact_columns_are_those_of_the_definitions(name: str) -> None:
    x = draws("binom", (14, 0.4), 250, seed=3)
    row = fit(x, name)
    ks, anderson, cramer, sse = by_hand(x, fitted(name, row.parameters))
    assert row.ks_error_bound == 0
    assert row.ks_statistic == pytest.approx(ks, rel=1e-9)
    assert row.ad_statistic == pytest.approx(anderson, rel=1e-6)
    assert row.cvm_statistic == pytest.approx(cramer, rel=1e-8)
    assert row.sse == pytest.approx(sse, rel=1e-9)


def test_ties_do_not_make_a_good_fit_look_bad() -> None:
    """SciPy's KS for continuous laws, taken on the same rows, calls the distance of a true Poisson a quarter."""
    x = draws("poisson", (1.3,), 4_000, seed=2)
    row = fit(x, "poisson")
    assert row.ks_statistic < 0.012
    assert stats.kstest(x, lambda v: stats.poisson.cdf(v, row.parameters[0])).statistic > 0.25


def test_gaps_between_values_count() -> None:
    x = np.array([0.0] * 50 + [100.0] * 50)
    row = fit(x, "planck")
    law = fitted("planck", row.parameters)
    assert row.ks_statistic == pytest.approx(max(abs(0.5 - law.cdf(0)), abs(0.5 - law.cdf(99))))


def test_the_distance_of_a_binned_column_lies_within_its_bound() -> None:
    x = draws("nbinom", (2.0, 1e-3), 60_000, seed=4)
    summary = summarize_values(x)
    assert not summary.is_exact
    row = fit_family(prepare(summary, FitSpec(("nbinom",))), DISCRETE["nbinom"])
    ks, anderson, cramer, _ = by_hand(x, fitted("nbinom", row.parameters))
    assert row.ks_statistic - 1e-12 <= ks <= row.ks_statistic + row.ks_error_bound
    assert row.ad_statistic == pytest.approx(anderson, rel=0.05)
    assert row.cvm_statistic == pytest.approx(cramer, rel=0.05)


def test_distances_over_a_thousand_million_integers_are_those_of_the_continuous_limit() -> None:
    x = draws("geom", (1e-9,), 400, seed=5)
    row = fit(x, "geom")
    law, n = fitted("geom", row.parameters), len(x)
    f, rank = law.cdf(np.sort(x)), np.arange(1, n + 1)
    assert row.ks_statistic == pytest.approx(max((rank / n - f).max(), (f - (rank - 1) / n).max()), abs=1e-8)
    assert row.cvm_statistic == pytest.approx(((f - (2 * rank - 1) / (2 * n)) ** 2).sum() + 1 / (12 * n), rel=1e-6)
    anderson = -n - ((2 * rank - 1) / n * (np.log(f) + np.log(law.sf(np.sort(x))[::-1]))).sum()
    assert row.ad_statistic == pytest.approx(anderson, rel=1e-5)


def test_a_law_that_is_nowhere_near_the_rows_has_distances_that_say_so() -> None:
    x = np.array([0.0] * 50 + [5.0, 7.0, 1e6, 1e9])
    for name in ("poisson", "zi_poisson", "planck", "nbinom"):
        row = fit(x, name)
        assert 0 <= row.ks_statistic <= 1
        assert not math.isnan(row.ad_statistic)
        assert math.isfinite(row.cvm_statistic)
        assert math.isfinite(row.sse)


def test_chi_square_is_that_of_cells_with_five_expected_rows() -> None:
    x = np.repeat(np.arange(5.0), [109, 65, 22, 3, 1])
    found = pearson(summarize_values(x), DISCRETE["poisson"], (0.61, 0.0), 1)
    p = stats.poisson.pmf([0, 1], 0.61) * 200
    cells = np.array([*p, 200 - p.sum()])  # 2, 3 and 4 are one cell: 4.1 rows are expected from 3 on
    assert (found.cells, found.degrees_of_freedom) == (3, 1)
    assert found.statistic == pytest.approx(((np.array([109, 65, 26]) - cells) ** 2 / cells).sum(), rel=1e-9)


def test_chi_square_of_rows_from_the_law_is_about_its_degrees_of_freedom() -> None:
    statistics = []
    for seed in range(30):
        x = draws("nbinom", (2.5, 0.2), 500, seed)
        row = fit(x, "nbinom")
        found = pearson(summarize_values(x), DISCRETE["nbinom"], row.parameters, row.n_parameters)
        statistics.append(found.statistic - found.degrees_of_freedom)
    assert abs(np.mean(statistics)) < 3 * math.sqrt(2 * 22 / 30)
