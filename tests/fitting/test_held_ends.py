"""Where the end of the support is held clear of the values, fits are those of the plain likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

HALF_BOUNDED = ["gamma", "lognorm", "weibull_min", "invgauss", "fisk", "lomax", "rayleigh", "invweibull"]


def fit(name: str, x: np.ndarray, **spec: object) -> FitRow:
    row = fit_family(prepare(summarize_values(x), FitSpec((name,), **spec)), CATALOGUE[name])  # type: ignore[arg-type]
    assert row.status == "ok", row.reason
    return row


def plain(row: FitRow, x: np.ndarray) -> float:
    return float(getattr(stats, row.distribution).logpdf(x, *row.parameters).sum())


@pytest.mark.parametrize("name", HALF_BOUNDED)
@pytest.mark.parametrize("how", [{"fixed": (("loc", 0.0),)}, {"support_at_zero": True}])
def test_the_log_likelihood_is_the_plain_one_for_few_rows(name: str, how: dict[str, object]) -> None:
    for seed in range(5):
        x = stats.lognorm.rvs(1.0, scale=5.0, size=15, random_state=seed)
        row = fit(name, x, **how)
        assert row.loglik == pytest.approx(plain(row, x), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_lognormal_has_the_mean_and_the_deviation_of_the_logarithms(seed: int) -> None:
    x = stats.lognorm.rvs(1.0, scale=5.0, size=15, random_state=seed)
    s, _, scale = fit("lognorm", x, fixed=(("loc", 0.0),)).parameters
    assert s == pytest.approx(np.log(x).std(), rel=1e-4)
    assert np.log(scale) == pytest.approx(np.log(x).mean(), abs=1e-4)


def test_a_value_almost_at_the_held_end_wins_no_spike() -> None:
    x = np.append(stats.gamma.rvs(0.4, size=200, random_state=1), 1e-14)
    row = fit("gamma", x, fixed=(("loc", 0.0),))
    assert row.loglik < plain(row, x) - 2.0


@pytest.mark.parametrize("name", ["gamma", "weibull_min", "lognorm", "expon"])
@pytest.mark.parametrize("how", [{"fixed": (("loc", 0.0),)}, {"support_at_zero": True}])
def test_a_value_lost_in_the_unit_of_the_column_is_fitted(name: str, how: dict[str, object]) -> None:
    x = stats.gamma.rvs(2.0, scale=0.05, size=500, random_state=0)
    x[0] = 1e-30
    law = getattr(stats, name)
    row = fit(name, x, **how)
    assert row.loglik == pytest.approx(law.logpdf(x, *law.fit(x, floc=0)).sum(), abs=1e-4)
    assert row.parameters[-2] == 0.0


def test_a_value_lost_in_the_unit_of_a_location_elsewhere_is_fitted() -> None:
    x = stats.gamma.rvs(2.0, scale=0.05, size=500, random_state=0)
    x[0] = 1e-14
    here = fit("gamma", x, fixed=(("loc", 0.0),))
    there = fit("gamma", 4.0 * x, fixed=(("loc", 0.0),))
    assert there.loglik == pytest.approx(here.loglik - 500 * np.log(4.0), abs=1e-8)
