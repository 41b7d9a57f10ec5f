from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.methods.logmass import Edges, log_masses
from warmfit_fitting.families.catalogue import CATALOGUE

ZERO, ONE = np.zeros((1, 1)), np.ones((1, 1))


def logs(name: str, lower: list[float], upper: list[float], *shapes: float) -> FloatArray:
    given = tuple(np.array([[shape]]) for shape in shapes)
    with np.errstate(all="ignore"):
        return log_masses(CATALOGUE[name], given, ZERO, ONE, Edges.of(np.array(lower), np.array(upper)))[0]


@pytest.mark.parametrize(
    ("lower", "upper"), [(-1.0, 0.5), (0.3, 0.4), (-9.0, -8.9), (7.0, 7.5), (1.0, 1.0 + 1e-9), (-6.0 - 1e-8, -6.0)]
)
def test_masses_of_a_normal_are_exact_however_narrow_and_far_out(lower: float, upper: float) -> None:
    with mpmath.workdps(60):
        exact = mpmath.log(mpmath.ncdf(-mpmath.mpf(lower)) - mpmath.ncdf(-mpmath.mpf(upper)))
    assert logs("norm", [lower], [upper])[0] == pytest.approx(float(exact), abs=1e-8)


@pytest.mark.parametrize("end", [45.0, 1e3, 1e6])
def test_a_tail_below_the_smallest_float_has_its_logarithm_still(end: float) -> None:
    above, below = logs("norm", [end, -np.inf], [np.inf, -end])
    assert above == pytest.approx(stats.norm.logsf(end), rel=1e-3)
    assert below == pytest.approx(above)


def test_an_interval_far_in_the_tail_has_about_the_mass_of_an_exponential_law() -> None:
    between = logs("norm", [50.0], [60.0])[0]
    assert between == pytest.approx(stats.norm.logsf(50.0), abs=0.5)


def test_the_masses_of_a_partition_add_up_to_one() -> None:
    edges = [-np.inf, -3.0, -0.5, -0.5 + 1e-12, 0.0, 0.2, 4.0, np.inf]
    for name, shapes in (("norm", ()), ("t", (3.0,)), ("norminvgauss", (2.0, 0.5)), ("gumbel_r", ())):
        total = np.exp(logs(name, edges[:-1], edges[1:], *shapes)).sum()
        assert total == pytest.approx(1.0, abs=1e-9)


def test_an_empty_interval_has_no_mass_and_one_beyond_the_support_none_either() -> None:
    assert logs("expon", [0.5, -2.0], [0.5, -1.0]).tolist() == [-np.inf, -np.inf]
    assert logs("expon", [-1.0], [1.0])[0] == pytest.approx(np.log(-np.expm1(-1.0)))


@pytest.mark.parametrize(("name", "shapes"), [("norminvgauss", (2.0, 0.5)), ("rice", (1.5,)), ("nct", (5.0, 1.0))])
def test_families_without_a_closed_distribution_function_have_masses_too(name: str, shapes: tuple[float, ...]) -> None:
    cdf = getattr(stats, name)(*shapes).cdf
    lower, upper = [0.2, 0.9, 1.0], [0.9, 1.0, 3.0]
    expected = np.log(cdf(np.array(upper)) - cdf(np.array(lower)))
    np.testing.assert_allclose(logs(name, lower, upper, *shapes), expected, rtol=1e-6)
