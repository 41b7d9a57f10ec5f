"""Why a column is refused or a family is not tried: what is known of a question before any density is evaluated."""

from __future__ import annotations

import math

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.estimation.held import shapes_beside
from warmfit_fitting.families.family import Family
from warmfit_fitting.prefilter import ruled_out
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, Incomplete, Tally


def check_column(summary: ColumnSummary) -> None:
    """Raise `InvalidInput` for a column that no family can be fitted to."""
    if summary.minimum == summary.maximum:
        rows = "one row" if summary.n == 1 else f"{summary.n} rows"
        raise InvalidInput(
            f"every value is {summary.minimum!r} ({rows}); a distribution needs at least two different values"
        )
    if not math.isfinite(summary.maximum - summary.minimum):
        raise InvalidInput(
            f"values from {summary.minimum!r} to {summary.maximum!r} are farther apart than the largest float; "
            "give them in a larger unit"
        )
    if not all(map(math.isfinite, summary.extent)):
        side = "right" if summary.extent[0] == math.inf else "left"
        raise InvalidInput(
            f"every row is censored on the {side}; no distribution can be told from that: give some values"
        )


def check_support(summary: ColumnSummary, spec: FitSpec, discrete: bool = False) -> None:
    """Raise `InvalidInput` for a window or a support that is asked for and does not hold the column.

    `discrete`: the bounds are themselves values, so that a row that is censored there has one left.
    """
    lower, upper = spec.window
    first, last = summary.extent  # intervals may reach beyond the bounds: they are cut to them
    if first < lower or last > upper:
        raise InvalidInput(
            f"values from {first!r} to {last!r} lie outside the bounds [{lower}, {upper}]; "
            "widen the bounds or filter the rows"
        )
    rest = summary.incomplete
    if rest is not None and not discrete and _nothing_is_left(rest, lower, upper):
        raise InvalidInput(
            f"rows are censored at the bounds [{lower}, {upper}], which leave them no value beyond; "
            "widen the bounds or drop these rows"
        )
    if spec.support_at_zero and summary.extent[0] < 0:
        raise InvalidInput(f"support_at_zero needs values at or above 0; the smallest is {summary.extent[0]!r}")


def _nothing_is_left(rest: Incomplete, lower: float, upper: float) -> bool:
    """Whether a row is censored at or beyond the bound on its side."""
    return bool(np.any(_places(rest.censored.above) >= upper) or np.any(_places(rest.censored.below) <= lower))


def _places(tally: Tally) -> FloatArray:
    return np.concatenate([tally.atoms, tally.mean[tally.count > 0]])


def needs_masses(spec: FitSpec, summary: ColumnSummary) -> bool:
    """Whether the likelihood has probabilities of intervals in it, and not densities only."""
    return summary.incomplete is not None or spec.window != (-math.inf, math.inf)


def why_not(family: Family, spec: FitSpec, summary: ColumnSummary) -> str:
    """The reason that keeps a family from being fitted, or nothing."""
    if family.refusal:
        return family.refusal
    return _against_support(family, spec, summary) or _against_fixed(family, spec) or _ruled_out(family, spec, summary)


def _ruled_out(family: Family, spec: FitSpec, summary: ColumnSummary) -> str:
    """Why the prefilter leaves a family of the catalogue out; of a user's own nothing is proven, whatever its name."""
    return ruled_out(family.name, spec, summary) if family.trusted else ""


def _against_support(family: Family, spec: FitSpec, summary: ColumnSummary) -> str:
    """What is wrong with where the support is asked to lie."""
    loc = dict(spec.fixed).get("loc")
    if spec.support_at_zero and not math.isfinite(family.low):
        return "its support has no lower end that could lie at zero"
    if spec.support_at_zero and loc is not None and family.low != 0:
        return f"with loc={loc:g} its support cannot begin at zero"
    if loc is not None and family.low == 0 and loc > summary.extent[0]:
        return f"with loc={loc:g} its support begins above the smallest value, {summary.extent[0]:g}"
    if loc is not None and family.high == 0 and loc < summary.extent[1]:
        return f"with loc={loc:g} its support ends below the largest value, {summary.extent[1]:g}"
    return ""


def _against_fixed(family: Family, spec: FitSpec) -> str:
    """What is wrong with the values held fixed."""
    domains = {shape.name: (shape.low, shape.high) for shape in shapes_beside(family, dict(spec.fixed))}
    domains |= {"loc": (-math.inf, math.inf), "scale": (0.0, math.inf)}
    for name, value in spec.fixed:
        if name not in domains:
            return f"it has no parameter {name!r} to hold fixed; it has {', '.join(family.parameters)}"
        low, high = domains[name]
        if not low < value < high:
            return f"{name}={value:g} lies outside ({low:g}, {high:g})"
        if name in family.integer_shapes and value != np.rint(value):
            return f"{name}={value:g} is not a whole number"
    return ""
