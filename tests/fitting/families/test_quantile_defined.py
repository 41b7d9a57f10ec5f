"""tukeylambda by inversion and kappa4 at its limits."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath as mp
import numpy as np
import pytest

from warmfit_fitting.families.quantile_defined import Kappa4, TukeyLambda


@pytest.fixture(autouse=True)
def exact_digits() -> Iterator[None]:
    with mp.workdps(400), np.errstate(all="ignore"):
        yield


TAILS = [(p, lam) for p in (1e-300, 1e-12, 0.01, 0.4999) for lam in (-20.0, -0.6, -0.1, -1e-8, 0.0, 1e-8)]
TAILS += [(0.01, 0.14), (0.4999, 0.14)]  # further out, the support ends before floats can tell quantiles apart
TAILS.remove((1e-300, -20.0))  # a quantile beyond the largest float


@pytest.mark.parametrize(("p", "lam"), TAILS)
def test_tukeylambda_inverts_its_quantile_function_in_the_tails(p: float, lam: float) -> None:
    q, shape = mp.mpf(p), mp.mpf(lam)
    z = float(((1 - q) ** shape - q**shape) / shape if lam else mp.log((1 - q) / q))
    exact = -mp.log(q ** (shape - 1) + (1 - q) ** (shape - 1))
    assert float(TukeyLambda().logpdf(np.array(z), np.array(lam))) == pytest.approx(float(exact), rel=1e-10)
    assert float(TukeyLambda().sf(np.array(z), np.array(lam))) == pytest.approx(p, rel=1e-8)
    assert float(TukeyLambda().cdf(np.array(-z), np.array(lam))) == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize("h", [0.0, 1e-14, -1e-14])
@pytest.mark.parametrize("k", [0.0, 1e-14, -1e-14])
def test_kappa4_is_continuous_with_the_gumbel_limit(h: float, k: float) -> None:
    z = np.array([-3.0, 0.0, 2.0, 30.0])
    value = Kappa4().logpdf(z, np.array([h]), np.array([k]))
    assert value == pytest.approx(-z - np.exp(-z), rel=1e-11)
    assert Kappa4().sf(z, np.array([h]), np.array([k])) == pytest.approx(-np.expm1(-np.exp(-z)), rel=1e-11)


def test_kappa4_lower_tail_does_not_overflow_for_negative_h_next_to_a_point_outside_the_support() -> None:
    value = Kappa4().logpdf(np.array([-1000.0, 1.0]), np.array([-0.5]), np.array([[0.0], [2.0]]))
    assert value[0, 0] == pytest.approx(1000.0 - 3.0 * (1000.0 + np.log(0.5)), rel=1e-13)


@pytest.mark.parametrize("h", [-1.0, 0.0, 0.5])
@pytest.mark.parametrize("k", [-0.5, 0.0, 0.5])
def test_kappa4_distribution_reaches_zero_and_one_at_its_ends(h: float, k: float) -> None:
    low, high = (np.clip(v, -1e9, 1e290) for v in Kappa4().support(np.array([h]), np.array([k])))
    below, above = Kappa4().cdf(low, np.array([h]), np.array([k])), Kappa4().sf(high, np.array([h]), np.array([k]))
    assert below == pytest.approx([0.0], abs=1e-7)
    assert above == pytest.approx([0.0], abs=1e-7)
