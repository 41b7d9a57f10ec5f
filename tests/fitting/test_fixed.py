"""Held at its own maximum a parameter changes nothing but the count of the free ones: of every family, every parameter."""

from __future__ import annotations

import math

import numpy as np
import pytest

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.family import Cost, Family
from warmfit_fitting.fitted import Fitted
from warmfit_fitting.likelihood.objective import SPIKE
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

N = 200
LOSS = 0.01  # nats of all rows by which a fit with a parameter held may fall short of one with it free
AT_KINKS = 0.15  # the same where the likelihood has kinks or singular ends, or shapes are whole numbers
ROUGH = {
    "arcsine",
    "loglaplace",
    "triang",
    "trapezoid",
    "gennorm",
    "dgamma",
    "dweibull",
    "kstwo",
    "irwinhall",
    "genhalflogistic",
}
# levy_stable and ksone are slow and rough, and the others take half a second for each parameter
QUICK = [
    name
    for name, family in CATALOGUE.items()
    if not family.refusal and family.cost is not Cost.SLOW and not family.off_by_default and len(family.shapes) < 4
]


def sample(family: Family) -> np.ndarray:
    """Rows of a usual member of the family."""
    shapes = family.shape_starts()[len(family.shape_starts()) // 2]
    return Fitted(family, (*shapes, 10.0, 3.0)).ppf(np.random.default_rng(3).random(N))


def fit(x: np.ndarray, name: str, **fixed: float) -> FitRow:
    spec = FitSpec((name,), fixed=tuple(fixed.items()), goodness=False)
    return fit_family(prepare(summarize_values(x), spec), CATALOGUE[name])


@pytest.mark.parametrize("name", QUICK)
def test_a_parameter_held_at_its_maximum_leaves_the_likelihood_and_lowers_the_count(name: str) -> None:
    family = CATALOGUE[name]
    x = sample(family)
    best = fit(x, name)
    estimates = dict(zip(family.parameters, best.parameters, strict=True))
    for parameter, value in estimates.items():
        row = fit(x, name, **{parameter: value})
        assert row.status == "ok", row.reason
        assert row.parameters[family.parameters.index(parameter)] == value
        assert row.n_parameters == len(estimates) - 1
        assert row.loglik > best.loglik - (AT_KINKS if name in ROUGH else LOSS), parameter
        assert row.aic == pytest.approx(2 * row.n_parameters - 2 * row.loglik)
        assert row.bic == pytest.approx(math.log(N) * row.n_parameters - 2 * row.loglik)
    everything = fit(x, name, **estimates)
    assert everything.parameters == best.parameters
    assert everything.n_parameters == 0
    ends = sum(math.isfinite(end) for end in (family.low, family.high))
    unbounded = ends * SPIKE  # what a density at the extremes may gain where the ends are held, and cannot move there
    assert best.loglik - 1e-5 < everything.loglik < best.loglik + unbounded + 1e-5
    assert everything.aic == everything.bic == -2 * everything.loglik
    assert everything.standard_errors == (0.0,) * len(estimates)


@pytest.mark.parametrize(
    ("name", "fixed", "reason"),
    [
        ("truncnorm", {"a": 2.0, "b": 1.0}, "a=2 lies outside"),
        ("trapezoid", {"c": 0.5, "d": 0.2}, "c=0.5 lies outside"),
        ("norminvgauss", {"a": 1.0, "b": -2.0}, "a=1 lies outside"),
        ("gamma", {"shape": 2.0}, "no parameter 'shape'"),
        ("gamma", {"scale": 0.0}, "scale=0 lies outside"),
    ],
)
def test_values_that_no_member_of_the_family_has_are_named(name: str, fixed: dict[str, float], reason: str) -> None:
    row = fit(sample(CATALOGUE[name]), name, **fixed)
    assert row.status == "skipped"
    assert reason in row.reason


@pytest.mark.parametrize(
    ("name", "fixed"),
    [("truncnorm", {"a": -1.0}), ("truncnorm", {"b": 1.5}), ("norminvgauss", {"b": 0.7}), ("genhyperbolic", {"a": 1.0}),
     ("trapezoid", {"d": 0.4}), ("loguniform", {"a": 0.3}), ("truncweibull_min", {"b": 2.0})],
)  # fmt: skip
def test_shapes_that_bound_each_other_keep_to_what_is_held(name: str, fixed: dict[str, float]) -> None:
    family = CATALOGUE[name]
    row = fit(sample(family), name, **fixed)
    assert row.status == "ok"
    *shapes, _, _ = row.parameters
    found = dict(zip(family.parameters, shapes, strict=False))
    assert fixed.items() <= found.items()
    lower, upper = family.ordered or family.leaning
    assert abs(found[upper]) < found[lower] if family.leaning else found[lower] < found[upper]


@pytest.mark.parametrize(
    ("other", "name"), [("erlang", "gamma"), ("chi2", "gamma"), ("nakagami", "chi"), ("f", "betaprime")]
)
def test_other_names_of_a_family_are_the_same_law_with_the_location_held(other: str, name: str) -> None:
    x = sample(CATALOGUE["gamma"]) - 9.0
    mine, theirs = fit(x, name, loc=0.0), fit(x, other, loc=0.0)
    assert (theirs.loglik, theirs.n_parameters) == (mine.loglik, mine.n_parameters)
    np.testing.assert_allclose(
        Fitted(CATALOGUE[other], theirs.parameters).cdf(x), Fitted(CATALOGUE[name], mine.parameters).cdf(x)
    )


def test_a_location_is_held_inside_a_window_too() -> None:
    x = sample(CATALOGUE["gamma"]) - 9.0
    x = x[(x > 2.0) & (x < 12.0)]
    spec = FitSpec(("gamma",), fixed=(("loc", 0.0),), lower_bound=2.0, upper_bound=12.0)
    row = fit_family(prepare(summarize_values(x), spec), CATALOGUE["gamma"])
    assert (row.status, row.parameters[1], row.n_parameters) == ("ok", 0.0, 2)
    free = fit_family(
        prepare(summarize_values(x), FitSpec(("gamma",), lower_bound=2.0, upper_bound=12.0)), CATALOGUE["gamma"]
    )
    assert row.loglik <= free.loglik + 1e-3


def test_the_scale_of_a_uniform_law_may_be_held_at_the_range() -> None:
    x = np.array([0.1, 0.7, 1.3, 1.9])
    row = fit(x, "uniform", scale=1.9 - 0.1)
    assert (row.status, row.n_parameters) == ("ok", 1)
    assert row.loglik == pytest.approx(fit(x, "uniform").loglik, abs=1e-9)
