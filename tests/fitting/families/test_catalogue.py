"""One table drives every family, with SciPy as the oracle; where SciPy errs, the family's own tests use mpmath."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from warmfit_fitting.distribution import Distribution
from warmfit_fitting.errors import InvalidInput, UnknownDistribution, UnsupportedType
from warmfit_fitting.families.catalogue import CATALOGUE, DEFAULT_EXCLUSIONS
from warmfit_fitting.families.family import Family
from warmfit_fitting.families.relations import REPARAMETRIZATIONS

PROBABILITIES = np.array([1e-6, 1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 0.999, 1 - 1e-6])
SLOW_IN_SCIPY = {"levy_stable", "studentized_range"}  # minutes a grid; tested on points of their own
LOOSE = {"jf_skew_t": 1e-4, "gausshyper": 1e-4, "norminvgauss": 1e-4}  # what SciPy's cancellation and quadrature lose
FAMILIES = [f for f in CATALOGUE.values() if not f.refusal and f.name not in SLOW_IN_SCIPY]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """SciPy warns of what it cannot do at some of these parameters; families are called as the engine calls them."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def shape_grid(family: Family) -> list[tuple[float, ...]]:
    whole = getattr(family, "integer_shapes", ())
    return [
        tuple(float(round(v)) if s.name in whole else v for s, v in zip(family.shapes, row, strict=True))
        for row in family.shape_starts()
    ]


def points(family: Family, shapes: tuple[float, ...]) -> np.ndarray:
    """Points across the support: SciPy's quantiles, or the normal ones where its root finder gives up."""
    dist = getattr(stats, family.name)
    try:
        z = np.asarray(dist.ppf(PROBABILITIES, *shapes))
    except ValueError:
        z = stats.norm.ppf(PROBABILITIES)
    low, high = dist.support(*shapes)
    return z[np.isfinite(z) & (z > low) & (z < high)]


def as_columns(shapes: list[tuple[float, ...]]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(column)[:, None] for column in zip(*shapes, strict=True))


def test_every_continuous_family_that_scipy_exports_is_there() -> None:
    exported = {n for n in dir(stats) if isinstance(getattr(stats, n), stats.rv_continuous)}
    assert set(CATALOGUE) == exported


@pytest.mark.parametrize("family", CATALOGUE.values(), ids=lambda f: f.name)
def test_shapes_are_named_and_ordered_as_in_scipy(family: Family) -> None:
    declared = getattr(stats, family.name).shapes
    assert [s.name for s in family.shapes] == ([s.strip() for s in declared.split(",")] if declared else [])
    assert family.parameters[-2:] == ("loc", "scale")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_log_densities_are_scipys(family: Family) -> None:
    for shapes in shape_grid(family):
        z = points(family, shapes)
        ours, theirs = family.logpdf(z, *map(np.asarray, shapes)), getattr(stats, family.name).logpdf(z, *shapes)
        known = np.isfinite(theirs)
        np.testing.assert_allclose(
            ours[known], theirs[known], rtol=LOOSE.get(family.name, 1e-7), atol=1e-7, err_msg=f"{family.name}{shapes}"
        )


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.closed_cdf], ids=lambda f: f.name)
def test_distribution_and_survival_functions_are_scipys(family: Family) -> None:
    dist = getattr(stats, family.name)
    for shapes in shape_grid(family):
        z, arrays = points(family, shapes), tuple(map(np.asarray, shapes))
        message, rtol = f"{family.name}{shapes}", LOOSE.get(family.name, 1e-6)
        np.testing.assert_allclose(family.cdf(z, *arrays), dist.cdf(z, *shapes), rtol=rtol, atol=1e-11, err_msg=message)
        np.testing.assert_allclose(family.sf(z, *arrays), dist.sf(z, *shapes), rtol=rtol, atol=1e-11, err_msg=message)


@pytest.mark.parametrize("family", [f for f in FAMILIES if not f.closed_cdf], ids=lambda f: f.name)
def test_cumulative_quadrature_is_scipys_distribution_function(family: Family) -> None:
    dist = getattr(stats, family.name)
    for shapes in shape_grid(family):
        z = points(family, shapes)
        if len(z) < 3:
            continue
        cdf, sf = Distribution(family, np.array([*shapes, 0.0, 1.0]), (-np.inf, np.inf), 1.0).cdf_sf(z)
        np.testing.assert_allclose(
            cdf, dist.cdf(z, *shapes), rtol=LOOSE.get(family.name, 1e-5), atol=1e-6, err_msg=f"{family.name}{shapes}"
        )
        np.testing.assert_allclose(cdf + sf, 1.0, atol=1e-6)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_densities_integrate_to_one(family: Family) -> None:
    for shapes in shape_grid(family):
        z = points(family, shapes)
        if len(z) < 3:
            continue
        mass = Distribution(family, np.array([*shapes, 0.0, 1.0]), (-np.inf, np.inf), 1.0).mass(z)
        # Near a singular end that is not zero, floats are too coarse to hold the last thousandth.
        assert mass == pytest.approx(1.0, abs=5e-3 if family.closed_cdf else 1e-5), (family.name, shapes)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_supports_are_scipys(family: Family) -> None:
    if family.name == "pearson3":  # SciPy says the whole line, with density zero beyond −2/skew
        return
    for shapes in shape_grid(family):
        ours = [float(np.asarray(end)) for end in family.support(*map(np.asarray, shapes))]
        np.testing.assert_allclose(ours, getattr(stats, family.name).support(*shapes), rtol=1e-12)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda f: f.name)
def test_many_parameter_sets_against_many_points_are_the_same_as_one_by_one(family: Family) -> None:
    if not family.shapes:
        return
    grid = shape_grid(family)
    z = np.concatenate([points(family, grid[0])[::3], points(family, grid[-1])[::3]])
    together = np.broadcast_to(family.logpdf(z[None, :], *as_columns(grid)), (len(grid), len(z)))
    one_by_one = np.array([family.logpdf(z, *map(np.asarray, shapes)) for shapes in grid])
    np.testing.assert_allclose(together, one_by_one, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("family", [f for f in CATALOGUE.values() if f.shapes], ids=lambda f: f.name)
def test_free_coordinates_round_trip_and_are_always_valid(family: Family, rng: np.random.Generator) -> None:
    shapes = tuple(np.array(column) for column in zip(*family.shape_starts(), strict=True))
    again = family.from_free(*family.to_free(*shapes))
    np.testing.assert_allclose(again, shapes, rtol=1e-9, atol=1e-12)
    anywhere = family.from_free(*rng.normal(scale=3.0, size=(len(shapes), 200)))
    for shape, values in zip(family.shapes, anywhere, strict=True):
        assert np.all((values >= shape.low) & (values <= shape.high)), shape


@pytest.mark.parametrize("name", REPARAMETRIZATIONS)
def test_other_names_come_after_the_family_that_is_fitted(name: str) -> None:
    assert CATALOGUE.canonical(name) == REPARAMETRIZATIONS[name].name
    assert CATALOGUE.names.index(CATALOGUE.canonical(name)) < CATALOGUE.names.index(name)


def test_what_is_off_by_default_says_why() -> None:
    for name in DEFAULT_EXCLUSIONS:
        assert CATALOGUE[name].refusal or CATALOGUE[name].off_by_default, name


def test_unknown_names_and_taken_names_are_refused() -> None:
    with pytest.raises(UnknownDistribution, match="did you mean norm"):
        CATALOGUE.resolve(["norn"])
    with pytest.raises(InvalidInput, match="keep their names"):
        CATALOGUE.extended({"norm": stats.norm})
    with pytest.raises(UnsupportedType, match="expected a"):
        CATALOGUE.extended({"mine": object()})  # type: ignore[dict-item]
