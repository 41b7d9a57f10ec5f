from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.discrete.catalogue import DISCRETE, DISCRETE_EXCLUSIONS
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

TRUTH = {
    "poisson": (4.0,),
    "binom": (12, 0.3),
    "nbinom": (5.0, 0.4),
    "geom": (0.3,),
    "planck": (0.4,),
    "yulesimon": (4.5,),
    "logser": (0.7,),
    "skellam": (6.0, 2.0),
    "dlaplace": (0.8,),
}


def fit(x: np.ndarray, name: str, **spec: object) -> FitRow:
    question = FitSpec((name,), **{"method": "mme", **spec})  # type: ignore[arg-type]
    return fit_family(prepare(summarize_values(x.astype(np.float64)), question), DISCRETE[name])


@pytest.mark.parametrize("name", TRUTH)
def test_the_estimates_have_the_moments_of_the_column(name: str) -> None:
    x = getattr(stats, name).rvs(*TRUTH[name], size=2_000, random_state=6)
    row = fit(x, name)
    assert (row.status, row.method, row.standard_errors) == ("ok", "mme", ())
    mean, variance = getattr(stats, name).stats(*row.parameters)
    if name == "dlaplace":
        assert variance == pytest.approx((x.astype(float) ** 2).mean())
    else:
        assert mean == pytest.approx(x.mean())
    if name in ("nbinom", "skellam"):
        assert variance == pytest.approx(x.var())
    assert row.loglik == pytest.approx(getattr(stats, name).logpmf(x, *row.parameters).sum())


def test_a_zero_inflated_poisson_has_the_mean_and_the_variance_of_the_column() -> None:
    rng = np.random.default_rng(4)
    x = rng.poisson(5.0, 3_000) * (rng.random(3_000) > 0.3)
    mu, share, _ = fit(x, "zi_poisson").parameters
    assert (1 - share) * mu == pytest.approx(x.mean())
    assert (1 - share) * mu * (1 + share * mu) == pytest.approx(x.var())


def test_a_zero_truncated_poisson_has_the_mean_of_the_column() -> None:
    x = np.random.default_rng(4).poisson(1.5, 3_000)
    x = x[x > 0]
    mu = fit(x, "zt_poisson").parameters[0]
    assert mu / -math.expm1(-mu) == pytest.approx(x.mean())


def test_a_number_of_trials_that_is_held_leaves_the_mean_to_the_probability() -> None:
    x = stats.binom.rvs(12, 0.3, size=500, random_state=6)
    assert fit(x, "binom", fixed=(("n", 12.0),)).parameters == pytest.approx((12.0, x.mean() / 12, 0.0))


def test_a_variance_that_no_member_has_fails_with_the_reason() -> None:
    over = stats.nbinom.rvs(5.0, 0.4, size=500, random_state=6)
    row = fit(over, "binom")
    assert row.status == "failed"
    assert "variance is below its mean" in row.reason


def test_counts_have_no_spacings() -> None:
    with pytest.raises(InvalidInput, match="'mse' is for continuous families"):
        fit(np.array([1, 2, 2, 3]), "poisson", method="mse")


def test_auto_is_maximum_likelihood() -> None:
    x = stats.nbinom.rvs(5.0, 0.4, size=500, random_state=6)
    rows = [replace(fit(x, "nbinom", method=m), elapsed=0.0) for m in ("auto", "mle")]
    assert rows[0] == rows[1]
    assert rows[0].method == "mle"


def test_every_family_ends_with_a_row_that_says_what_became_of_it() -> None:
    x = stats.nbinom.rvs(5.0, 0.4, size=500, random_state=6) + 1
    for name in sorted(set(DISCRETE) - DISCRETE_EXCLUSIONS):
        row = fit(x, name)
        assert row.method == "mme"
        assert row.status in ("ok", "failed", "skipped")
        assert row.reason or row.status == "ok"
