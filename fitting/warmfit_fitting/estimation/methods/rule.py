"""What each method cannot answer, and the rule of `auto`.

`auto` is maximum likelihood, except where that is not regular: where its fit is `degenerate`, or its density grows without
limit towards an end of the support that was estimated. There the likelihood has no maximum but for the bound on its terms
(ADR 3), so that the end goes to the extreme value as closely as the bound allows, and maximum spacing is taken, which is
consistent (Cheng & Amin 1983; Cheng & Traylor 1995, JRSS B 57, 3–44, on the ways in which likelihoods are not regular).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.families.family import Family
from warmfit_fitting.row import FitRow

if TYPE_CHECKING:
    from warmfit_fitting.problem import Problem

NEAR, LESS_NEAR = 1e-8, 1e-4  # of the way from an end of the support to the middle of the data
RISES = 1.0  # nats between these two, for a density that grows without limit: a power of −0.11 or steeper


def why_not(method: str, family: Family, problem: Problem) -> str:
    """The reason that keeps a method from being used for a family on a column, or nothing."""
    if method == "mse":
        return _no_spacings(family, problem)
    return _no_moments(problem) if method == "mme" else ""


def _no_spacings(family: Family, problem: Problem) -> str:
    masses = problem.view.masses
    if masses is not None and masses.windowed:
        return "maximum spacing needs one distribution for all rows; these have truncation windows of their own"
    if not problem.view.observed:
        return "maximum spacing needs rows whose value is known"
    if family.closed_cdf:
        return ""
    return "" if family.knows_bulk else "maximum spacing needs its distribution function, which it does not declare"


def _no_moments(problem: Problem) -> str:
    if problem.summary.incomplete is not None:
        return "moments are those of known values; rows are censored or truncated"
    if problem.spec.window != (-np.inf, np.inf):
        return "the method of moments is for whole distributions; moments between bounds are not available"
    return ""


def irregular(problem: Problem, coordinates: Coordinates, row: FitRow) -> bool:
    """Whether a fit by maximum likelihood lies where the likelihood is not regular."""
    if not row.parameters:
        return False
    return row.status == "degenerate" or _rises(coordinates, problem.standardized(row.parameters))


def _rises(coordinates: Coordinates, theta: np.ndarray) -> bool:
    """Whether the density at `theta` (P,) grows without limit towards an end of its support that is not held."""
    family = coordinates.family
    shapes = tuple(np.array([value]) for value in theta[:-2])
    with np.errstate(all="ignore"):
        center = -theta[-2:-1] / theta[-1]  # the middle of the data
        for index, end in enumerate(family.support(*shapes)):
            if not np.isfinite(end).all() or _held(coordinates, index, end):
                continue
            near, far = (family.logpdf(end + share * (center - end), *shapes) for share in (NEAR, LESS_NEAR))
            if (near - far > RISES).all():
                return True
    return False


def _held(coordinates: Coordinates, index: int, end: np.ndarray) -> bool:
    """Whether the lower (`index` 0) or upper end of the support, at `end` in standard form, is given."""
    if index == 0 and coordinates.edge is not None:
        return True
    held = coordinates.fixed
    return "loc" in held and ("scale" in held or not np.any(end))
