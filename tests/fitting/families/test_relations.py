"""Other names of the same distributions: their densities agree, and so do the models while parameters are fixed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.relations import REPARAMETRIZATIONS, Parameters, same_model
from warmfit_fitting.fitted import fitted

PLACES = ((0.0, 1.0), (3.0, 0.5), (-40.0, 7.0))  # location and scale
PROBABILITIES = np.array([1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999])
BACK: dict[str, Callable[..., Parameters]] = {
    "erlang": lambda a, loc, scale: (a, loc, scale),
    "chi2": lambda df, loc, scale: (df / 2, loc, 2 * scale),
    "f": lambda dfn, dfd, loc, scale: (dfn / 2, dfd / 2, loc, scale * dfd / dfn),
    "mielke": lambda k, s, loc, scale: (s, k / s, loc, scale),
    "nakagami": lambda nu, loc, scale: (2 * nu, loc, scale / np.sqrt(2 * nu)),
    "reciprocal": lambda a, b, loc, scale: (a, b, loc, scale),
    "pareto": lambda b, loc, scale: (b, loc + scale, scale),
}
names = pytest.mark.parametrize("name", REPARAMETRIZATIONS)


def parameter_grid(name: str) -> list[Parameters]:
    return [(*shapes, loc, scale) for shapes in CATALOGUE[name].shape_starts() for loc, scale in PLACES]


def logpdf(name: str, x: np.ndarray, parameters: Parameters) -> np.ndarray:
    *shapes, loc, scale = parameters
    return CATALOGUE[name].logpdf((x - loc) / scale, *map(np.asarray, shapes)) - np.log(scale)


@names
def test_the_same_distribution_has_the_same_density_and_support_under_both_names(name: str) -> None:
    same = REPARAMETRIZATIONS[name]
    for parameters in parameter_grid(same.name):
        one, other = fitted(same.name, parameters), fitted(name, same.translate(parameters))
        inside = one.low + (np.asarray(one.ppf(PROBABILITIES)) - one.low)
        # near a singular end the rounding of x is all that is left of its distance from there
        x = inside[inside - one.low > 1e-6 * (abs(one.low) + parameters[-1])]
        assert len(x) >= 4
        np.testing.assert_allclose(
            logpdf(name, x, same.translate(parameters)), logpdf(same.name, x, parameters), rtol=1e-8, atol=1e-8
        )
        np.testing.assert_allclose((other.low, other.high), (one.low, one.high), rtol=1e-12, atol=1e-12)


@names
def test_translation_can_be_undone(name: str) -> None:
    same = REPARAMETRIZATIONS[name]
    for parameters in parameter_grid(same.name):
        np.testing.assert_allclose(BACK[name](*same.translate(parameters)), parameters, rtol=1e-14, atol=1e-14)


@names
def test_translation_moves_the_location_only_where_that_is_declared(name: str) -> None:
    same = REPARAMETRIZATIONS[name]
    moved = any(same.translate(p)[-2] != p[-2] for p in parameter_grid(same.name))
    assert moved is not same.keeps_loc


@names
def test_no_family_is_another_name_of_another_name(name: str) -> None:
    assert REPARAMETRIZATIONS[name].name not in REPARAMETRIZATIONS


def test_two_names_are_one_model_as_long_as_nothing_is_held_that_differs_between_them() -> None:
    assert same_model("norm") == "norm"
    assert same_model("chi2") == same_model("gamma") == "gamma"
    assert same_model("chi2", ["loc"]) == "gamma"
    assert same_model("chi2", ["scale"]) == same_model("chi2", ["loc", "scale"]) == "chi2"
    assert same_model("pareto") == "lomax"
    assert same_model("pareto", ["loc"]) == "pareto"
