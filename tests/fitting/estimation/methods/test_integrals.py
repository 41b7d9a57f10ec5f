from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.estimation.methods.integrals import StandardMoments, standard_moments
from warmfit_fitting.families.catalogue import CATALOGUE

SMOOTH = {
    "norm": (), "logistic": (), "gumbel_l": (), "expon": (), "maxwell": (), "anglit": (), "hypsecant": (), "uniform": (),
    "gamma": (0.3,), "weibull_min": (0.6,), "lognorm": (0.9,), "invgauss": (2.0,), "beta": (0.4, 3.0), "t": (4.5,),
    "genextreme": (0.2,), "genpareto": (0.15,), "pareto": (5.5,), "skewnorm": (3.0,), "exponnorm": (2.0,), "nct": (6.0, 1.0),
    "norminvgauss": (2.0, 1.0), "johnsonsu": (-0.5, 1.5), "ncx2": (3.0, 2.0), "betaprime": (2.0, 6.0), "rice": (1.5,),
    "fatiguelife": (0.8,), "laplace": (), "laplace_asymmetric": (2.0,), "truncnorm": (-1.0, 2.5), "loguniform": (0.5, 4.0),
}  # fmt: skip


def moments(name: str, *shapes: float) -> tuple[float, ...]:
    m: StandardMoments = standard_moments(CATALOGUE[name], np.array([shapes], dtype=np.float64).reshape(1, len(shapes)))
    return tuple(float(v[0]) for v in (m.mean, m.variance, m.skewness, m.kurtosis))


@pytest.mark.parametrize("name", SMOOTH)
def test_moments_are_those_that_scipy_has_in_closed_form(name: str) -> None:
    expected = getattr(stats, name).stats(*SMOOTH[name], moments="mvsk")
    np.testing.assert_allclose(moments(name, *SMOOTH[name]), expected, rtol=2e-6, atol=2e-6)


def test_a_law_that_sits_on_an_end_has_its_moments_all_the_same() -> None:
    assert moments("gamma", 0.05) == pytest.approx((0.05, 0.05, 2 / math.sqrt(0.05), 120.0), rel=5e-5)


def test_a_law_far_from_zero_has_the_moments_of_its_limit() -> None:
    assert moments("gamma", 1e8) == pytest.approx((1e8, 1e8, 2e-4, 6e-8), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "shapes", "exist"),
    [("cauchy", (), 0), ("levy", (), 0), ("t", (1.5,), 1), ("t", (2.5,), 2), ("t", (3.5,), 3), ("pareto", (3.5,), 3)],
)
def test_moments_that_do_not_exist_are_nan(name: str, shapes: tuple[float, ...], exist: int) -> None:
    assert [math.isfinite(m) for m in moments(name, *shapes)] == [True] * exist + [False] * (4 - exist)


def test_many_shapes_at_once_are_the_same_as_one_by_one() -> None:
    shapes = np.linspace(0.5, 8.0, 40)
    together = standard_moments(CATALOGUE["gamma"], shapes[:, None])
    np.testing.assert_allclose(together.skewness, [moments("gamma", a)[2] for a in shapes], rtol=1e-12)
