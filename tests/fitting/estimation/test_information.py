"""Standard errors against the textbook ones, and none where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

N = 20_000


def fit(x: np.ndarray, name: str, **fixed: float) -> FitRow:
    spec = FitSpec((name,), fixed=tuple(fixed.items()), goodness=False)
    return fit_family(prepare(summarize_values(x), spec), CATALOGUE[name])


@pytest.mark.parametrize(("unit", "offset"), [(1.0, 0.0), (1e-9, 0.0), (3.0, 1e7)])
def test_errors_of_the_normal_are_sd_over_root_n_and_root_2n(
    unit: float, offset: float, rng: np.random.Generator
) -> None:
    row = fit(offset + unit * rng.normal(size=N), "norm")
    sd = row.parameters[1]
    np.testing.assert_allclose(row.standard_errors, (sd / np.sqrt(N), sd / np.sqrt(2 * N)), rtol=2e-3)


def test_error_of_an_exponential_mean_is_the_mean_over_root_n(rng: np.random.Generator) -> None:
    row = fit(rng.exponential(4.0, N), "expon", loc=0.0)
    assert row.standard_errors == pytest.approx((0.0, row.parameters[1] / np.sqrt(N)), rel=2e-3)


def test_errors_of_the_gumbel_are_those_of_its_expected_information(rng: np.random.Generator) -> None:
    row = fit(rng.gumbel(5.0, 2.0, N), "gumbel_r")
    expected = np.sqrt([1.1087, 0.6079]) * row.parameters[1] / np.sqrt(N)  # Johnson et al. 1995, ch. 22
    np.testing.assert_allclose(row.standard_errors, expected, rtol=0.03)


def test_errors_of_gamma_with_its_end_known_are_those_of_its_information(rng: np.random.Generator) -> None:
    row = fit(rng.gamma(2.5, 3.0, N), "gamma", loc=0.0)
    a, _, scale = row.parameters
    information = N * np.array([[special.polygamma(1, a), 1 / scale], [1 / scale, a / scale**2]])
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    np.testing.assert_allclose(np.array(row.standard_errors)[[0, 2]], expected, rtol=0.01)
    assert row.standard_errors[1] == 0.0
    assert row.ending == "converged"


@pytest.mark.parametrize("name", ["uniform", "laplace"])
def test_there_are_none_where_the_likelihood_has_an_edge_at_its_maximum(name: str, rng: np.random.Generator) -> None:
    row = fit(rng.exponential(size=500), name)
    assert row.standard_errors == ()
    assert row.ending == "closed_form"


def test_a_family_that_ends_at_its_limit_says_so(rng: np.random.Generator) -> None:
    row = fit(-rng.gamma(3.0, size=2_000), "weibull_min")  # skewed to the left: its shape goes to infinity
    assert row.ending == "boundary"
    assert row.standard_errors == ()
    limit = fit(-rng.gamma(3.0, size=2_000), "gumbel_l")
    assert limit.ending == "converged"


@pytest.mark.parametrize("name", ["expon", "halfnorm", "halflogistic", "genpareto", "lomax", "weibull_min", "gamma"])
def test_beside_an_end_that_has_none_the_others_have_the_errors_they_have_with_it_known(
    name: str, rng: np.random.Generator
) -> None:
    shapes = {"genpareto": (0.2,), "lomax": (3.0,), "weibull_min": (0.9,), "gamma": (0.9,)}.get(name, ())
    x = getattr(stats, name).rvs(*shapes, 5.0, 2.0, size=3_000, random_state=rng)
    row = fit(x, name)
    *others, loc, scale = row.standard_errors
    assert row.ending in ("boundary", "closed_form")
    assert np.isnan(loc)
    held = fit(x, name, loc=5.0)
    assert held.ending == "converged"
    np.testing.assert_allclose([*others, scale], np.delete(held.standard_errors, -2), rtol=0.1)


def test_the_location_of_a_pareto_is_as_well_known_as_its_scale_its_end_being_their_sum(
    rng: np.random.Generator,
) -> None:
    row = fit(stats.pareto.rvs(2.5, 3.0, 2.0, size=3_000, random_state=rng), "pareto")
    b, loc, scale = row.standard_errors
    assert b > 0
    assert loc == pytest.approx(scale, rel=1e-6)


def test_with_both_ends_at_the_extremes_only_the_shape_has_an_error(rng: np.random.Generator) -> None:
    c, loc, scale = fit(stats.bradford.rvs(3.0, 5.0, 2.0, size=3_000, random_state=rng), "bradford").standard_errors
    assert c > 0
    assert np.isnan([loc, scale]).all()


def test_a_known_end_leaves_the_scale_its_error_and_the_other_end_none(rng: np.random.Generator) -> None:
    x = stats.powerlaw.rvs(1.5, 5.0, 2.0, size=3_000, random_state=rng)
    a, loc, scale = fit(x, "powerlaw", loc=5.0).standard_errors
    assert a == pytest.approx(1.5 / np.sqrt(3_000), rel=0.1)
    assert (loc, np.isnan(scale)) == (0.0, True)


@pytest.mark.parametrize(("name", "shapes"), [("expon", ()), ("lomax", (3.0,)), ("genpareto", (0.2,))])
def test_errors_beside_an_unknown_end_cover_the_truth_too(
    name: str, shapes: tuple[float, ...], rng: np.random.Generator
) -> None:
    truth, inside = np.array([*shapes, 5.0, 2.0]), []
    for _ in range(60):
        row = fit(getattr(stats, name).rvs(*truth, size=1_000, random_state=rng), name)
        inside.append(np.abs(np.array(row.parameters) - truth) < 1.96 * np.array(row.standard_errors))
    assert (np.delete(np.mean(inside, axis=0), -2) > 0.85).all()


def test_other_names_of_a_distribution_have_the_errors_of_their_own_parameters(rng: np.random.Generator) -> None:
    x = rng.gamma(2.5, 3.0, N)
    gamma, chi2 = fit(x, "gamma"), fit(x, "chi2")
    np.testing.assert_allclose(chi2.standard_errors, np.array(gamma.standard_errors) * [2.0, 1.0, 0.5], rtol=0.01)


def test_errors_cover_the_truth_as_often_as_they_should(rng: np.random.Generator) -> None:
    truth, inside = np.array([4.0, 10.0, 2.0]), []
    for _ in range(40):
        row = fit(10.0 + 2.0 * rng.standard_t(4.0, size=2_000), "t")
        inside.append(np.abs(np.array(row.parameters) - truth) < 1.96 * np.array(row.standard_errors))
    assert (np.mean(inside, axis=0) > 0.8).all()
