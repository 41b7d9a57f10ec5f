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


@pytest.mark.parametrize("name", ["uniform", "expon", "laplace"])
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


@pytest.mark.parametrize("name", ["halfnorm", "halflogistic", "genpareto"])
def test_an_end_that_the_density_does_not_fall_towards_has_no_error(name: str, rng: np.random.Generator) -> None:
    shapes = (0.2,) if name == "genpareto" else ()
    x = getattr(stats, name).rvs(*shapes, 5.0, 2.0, size=3_000, random_state=rng)
    row = fit(x, name)
    assert (row.ending, row.standard_errors) == ("boundary", ())
    held = fit(x, name, loc=5.0)
    assert held.ending == "converged"
    assert held.standard_errors[-1] > 0


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
