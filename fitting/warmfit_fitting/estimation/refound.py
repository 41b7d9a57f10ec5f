"""A maximum found again from parameters next to it, such as those of the same column before a few rows were appended.

A search from everywhere is not needed where Newton's steps end within a few rounds, with nothing more in sight. In limits,
between kinks and next to cusps, where they do not, the climb goes on for a few rounds from where they end. Neither is done
for families whose likelihood has several tops of nearly the same height: a few rows more, and another one is the highest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.coordinates import Coordinates
from warmfit_fitting.estimation.maximize import Maximum, refine
from warmfit_fitting.families.family import Cost, Family
from warmfit_fitting.likelihood.objective import Objective

REFOUND = 1e-4  # nats over all rows that Newton's steps may leave
CURVED = (
    1e-4  # least curvature a row in the search's coordinates: flatter places are limits, which say nothing of others
)
FEW = 25.0  # nats over all rows between an earlier maximum and this one, of the same top of the likelihood
REACHED = 3e-4  # nats over all rows that may be left where the likelihood has a limit and not a regular maximum
FOLLOWING, FURTHER = 12, 3  # rounds in which such a limit is followed; where little is left of it
STRICT = 1e-9  # nats over all rows that Newton's steps may leave to the last one: see `errors.settled`
STRICT_IN_BINS = 1e-5  # the same where bins stand for the rows, and are further off
# Families seen to change tops on the columns of the tests; others may have several too, and then the one at hand is kept.
SEVERAL_TOPS = frozenset(
    {
        "betaprime",
        "crystalball",
        "dpareto_lognorm",
        "geninvgauss",
        "irwinhall",
        "johnsonsb",
        "ncf",
        "ncx2",
        "powernorm",
        "rel_breitwigner",
        "skewcauchy",
    }
)


def one_top(family: Family) -> bool:
    """Whether the highest top of the likelihood may be taken to be the one that it was before a few rows more."""
    return family.trusted and family.name not in SEVERAL_TOPS


def may_stand_alone(family: Family) -> bool:
    """Whether a maximum found again is as good as one that was searched for."""
    smooth = not (family.kinked or family.cusp_at_loc)
    return smooth and family.cost is not Cost.SLOW and one_top(family)


def refound(fine: Objective, coordinates: Coordinates, warm: FloatArray) -> Maximum | None:
    """Where Newton's steps from parameters `warm` (P,) end, None where they have no likelihood.

    It has converged only where the place is a regular maximum of a family in which that may stand for a whole search.
    """
    total = fine.view.total
    strict = (STRICT if fine.view.exact else STRICT_IN_BINS) / total
    end = refine(lambda free: fine(coordinates.theta(free)), coordinates.free(warm[None])[0], tolerance=strict)
    if not np.isfinite(end.value):
        return None
    alone = may_stand_alone(fine.family) and not fine.budget.exhausted
    return replace(end, converged=alone and end.promise * total < REFOUND and _is_regular(end))


def _is_regular(end: Maximum) -> bool:
    """Whether the likelihood falls away from a place in every direction."""
    if end.slopes is None or not np.isfinite(end.slopes.hessian).all():
        return False
    return bool(np.linalg.eigvalsh(-end.slopes.hessian)[0] > CURVED)
