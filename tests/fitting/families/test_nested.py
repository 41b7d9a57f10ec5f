"""Every entry of the table of nested families is a claim about densities, and is tested as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest

from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.families.nested import NESTED, Contained, embedded
from warmfit_fitting.families.relations import REPARAMETRIZATIONS
from warmfit_fitting.fitted import fitted

CENTRAL = np.array([5e-5, 1e-3, 0.02, 0.1, 0.3, 0.45, 0.7, 0.9, 0.98, 0.999, 1 - 5e-5])
PLACES = ((0.0, 1.0), (3.0, 0.5), (-40.0, 7.0))  # location and scale
Through = Callable[[str, tuple[float, ...]], tuple[float, ...]]
ENTRIES = [(outer, inner) for outer, contained in NESTED.items() for inner in contained]
pairs = pytest.mark.parametrize(("outer", "inner"), ENTRIES, ids=[f"{o}-{i.name}" for o, i in ENTRIES])


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Families are called as the engine calls them."""
    with np.errstate(all="ignore"):
        yield


def shape_grid(inner: Contained) -> list[tuple[float, ...]]:
    """The family's own spread of shapes, as far as the entry claims it."""
    family = CATALOGUE[inner.name]
    spans = [inner.span.get(shape.name, (shape.low, shape.high)) for shape in family.shapes]
    return [
        shapes
        for shapes in family.shape_starts()
        if all(low < value < high for value, (low, high) in zip(shapes, spans, strict=True))
    ]


@cache
def central_values(name: str, shapes: tuple[float, ...]) -> np.ndarray:
    """Quantiles of the standard form across its central 99.99 %."""
    return np.asarray(fitted(name, (*shapes, 0.0, 1.0)).ppf(CENTRAL))


def logpdf(name: str, x: np.ndarray, parameters: tuple[float, ...]) -> np.ndarray:
    *shapes, loc, scale = parameters
    return CATALOGUE[name].logpdf((x - loc) / scale, *map(np.asarray, shapes)) - np.log(scale)


def held_by_the_search(name: str, parameters: tuple[float, ...]) -> tuple[float, ...]:
    """The parameters after a turn through the free coordinates, which clip shapes at the ends of the search."""
    *shapes, loc, scale = parameters
    family = CATALOGUE[name]
    free = family.to_free(*map(np.asarray, shapes))
    return (*(float(v) for v in family.from_free(*free)), loc, scale)


def rounding(name: str, x: np.ndarray, parameters: tuple[float, ...], reach: float) -> np.ndarray:
    """What a few roundings of `reach`, the largest number that x − loc is made of, do to the log-density."""
    step = 4.0 * np.spacing(np.maximum(np.abs(x), reach))
    return np.abs(logpdf(name, x + step, parameters) - logpdf(name, x - step, parameters))


def compared(outer: str, inner: Contained, through: Through) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Log-densities of the inner law and of its embedding, at its central values, and what rounding allows."""
    for shapes in shape_grid(inner):
        for loc, scale in PLACES:
            parameters = (*shapes, loc, scale)
            x = loc + scale * central_values(inner.name, shapes)
            embedded = through(outer, inner.embed(parameters))
            allowed = rounding(inner.name, x, parameters, max(abs(v) for v in embedded[-2:]) * (not inner.limit))
            yield logpdf(inner.name, x, parameters), logpdf(outer, x, embedded), allowed


def as_declared(name: str, parameters: tuple[float, ...]) -> tuple[float, ...]:
    return parameters


@pytest.mark.parametrize("through", [as_declared, held_by_the_search])
@pairs
def test_the_inner_law_is_one_of_the_outer_family(outer: str, inner: Contained, through: Through) -> None:
    assert shape_grid(inner)
    for expected, found, allowed in compared(outer, inner, through):
        known = np.isfinite(allowed)  # not where rounding leaves the support
        assert known.sum() >= 6
        assert np.all(np.abs(found - expected)[known] <= (1e-6 if inner.limit else 1e-9) + allowed[known])


WHERE_ESTIMATES_PUT_DATA = {"expon": (0.0,), "uniform": (0.0, 1.0), "laplace": (0.0,)}  # at z = …
TOUCHED = [(outer, inner) for outer, inner in ENTRIES if inner.name in WHERE_ESTIMATES_PUT_DATA]


@pytest.mark.parametrize(("outer", "inner"), TOUCHED, ids=[f"{o}-{i.name}" for o, i in TOUCHED])
def test_values_that_estimates_put_at_an_end_or_a_cusp_keep_their_density(outer: str, inner: Contained) -> None:
    for loc, scale in PLACES:
        x = loc + scale * np.array(WHERE_ESTIMATES_PUT_DATA[inner.name])
        expected = logpdf(inner.name, x, (loc, scale))
        np.testing.assert_allclose(logpdf(outer, x, inner.embed((loc, scale))), expected, rtol=0, atol=1e-3)


def test_the_table_names_families_that_are_fitted_and_each_set_of_distributions_once() -> None:
    named = {*NESTED, *(inner.name for _, inner in ENTRIES)}
    assert named <= {name for name, family in CATALOGUE.items() if not family.refusal} - set(REPARAMETRIZATIONS)
    assert len({(outer, inner.name) for outer, inner in ENTRIES}) == len(ENTRIES)


def within(outer: str, limits: int) -> set[str]:
    """All families within `outer` by chains of entries of which at most so many are limits."""
    reached = set()
    for entry in NESTED.get(outer, ()):
        if entry.limit <= limits:
            reached |= {entry.name} | within(entry.name, limits - entry.limit)
    return reached


def test_no_family_contains_itself_by_way_of_others() -> None:
    for outer in NESTED:  # endless where the table has a cycle
        assert outer not in within(outer, limits=9)


def test_an_entry_is_declared_only_where_no_chain_of_others_is_as_near() -> None:
    for outer, inner in ENTRIES:
        for entry in NESTED[outer]:
            if entry is not inner and entry.limit <= inner.limit:
                assert inner.name not in within(entry.name, inner.limit - entry.limit), (outer, inner.name, entry.name)


def test_no_family_has_fewer_parameters_than_one_within_it() -> None:
    for outer, inner in ENTRIES:
        assert len(CATALOGUE[outer].parameters) >= len(CATALOGUE[inner.name].parameters), (outer, inner.name)


CHAINS = [(outer, inner) for outer in NESTED for inner in sorted(within(outer, 9) - {e.name for e in NESTED[outer]})]


@pytest.mark.parametrize(("outer", "inner"), CHAINS)
def test_a_chain_of_entries_that_holds_keeps_the_law(outer: str, inner: str) -> None:
    for shapes in CATALOGUE[inner].shape_starts():
        x = 3.0 + 0.5 * central_values(inner, shapes)
        parameters = (*shapes, 3.0, 0.5)
        found = embedded(outer, inner, parameters)
        if found is None:
            continue
        allowed = rounding(inner, x, parameters, max(abs(v) for v in found[-2:]))
        known = np.isfinite(allowed)
        difference = np.abs(logpdf(outer, x, found) - logpdf(inner, x, parameters))[known]
        assert np.all(difference <= 3e-6 + allowed[known]), (shapes, difference.max())


def test_spans_are_of_the_inner_familys_shapes_and_within_their_domains() -> None:
    for outer, inner in ENTRIES:
        domains = {shape.name: (shape.low, shape.high) for shape in CATALOGUE[inner.name].shapes}
        for name, (low, high) in inner.span.items():
            assert domains[name][0] <= low < high <= domains[name][1], (outer, inner.name)
