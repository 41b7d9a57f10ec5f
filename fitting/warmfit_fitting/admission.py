"""Why a family is not tried at all: what is known of a question before any density is evaluated."""

from __future__ import annotations

import math

import numpy as np

from warmfit_fitting.families.family import Family
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary


def why_not(family: Family, spec: FitSpec, summary: ColumnSummary) -> str:
    """The reason that keeps a family from being fitted, or nothing."""
    if family.refusal:
        return family.refusal
    if spec.window != (-math.inf, math.inf) and not family.closed_cdf:
        return "truncated fits need a closed distribution function, which this family does not have"
    return _against_support(family, spec, summary) or _against_fixed(family, spec)


def _against_support(family: Family, spec: FitSpec, summary: ColumnSummary) -> str:
    """What is wrong with where the support is asked to lie."""
    loc = dict(spec.fixed).get("loc")
    if spec.support_at_zero and not math.isfinite(family.low):
        return "its support has no lower end that could lie at zero"
    if spec.support_at_zero and loc is not None and family.low != 0:
        return f"with loc={loc:g} its support cannot begin at zero"
    if loc is not None and family.low == 0 and loc > summary.minimum:
        return f"with loc={loc:g} its support begins above the smallest value, {summary.minimum:g}"
    if loc is not None and family.high == 0 and loc < summary.maximum:
        return f"with loc={loc:g} its support ends below the largest value, {summary.maximum:g}"
    return ""


def _against_fixed(family: Family, spec: FitSpec) -> str:
    """What is wrong with the values held fixed."""
    domains = {shape.name: (shape.low, shape.high) for shape in family.shapes}
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
