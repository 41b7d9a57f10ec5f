"""Wald intervals: z standard errors about the estimate, on a scale on which it is nearly normal.

Standard errors are those of the observed information (Efron & Hinkley 1978, Biometrika 65, 457–482), of functions of the
parameters by the delta method. Scales are the log of positive parameters, the logit of those between two ends, and of
quantiles the log distance from a known end of the support (Meeker & Escobar 1998, Statistical Methods for Reliability
Data, sec. 8.4). Where the support ends at an estimated location with a density that does not vanish there, the location
has no such error; it is known at the rate 1/n, so that the others have the errors that they have where it is given
(Smith 1985, Biometrika 72, 67–90). A whole number that was estimated is taken as given likewise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.information import standard_errors
from warmfit_fitting.intervals.lattice_ends import smallest
from warmfit_fitting.intervals.surface import Surface

Interval = tuple[float, float]
NONE = (math.nan, math.nan)


def regular_part(surface: Surface) -> Surface:
    """The surface with what has no standard error held at its estimate."""
    for name in sorted(surface.irregular | surface.whole):
        surface = surface.holding(name, float(surface.estimate[surface.names.index(name)]))
    return surface


def errors(surface: Surface, values: Sequence[float] = ()) -> tuple[FloatArray, FloatArray] | None:
    """Standard errors (P,) of the parameters and (Q,) of the log-odds of F at `values`; None where there are none."""
    free = surface.free(surface.estimate)
    size, n_parameters = len(free), len(surface.names)
    if size == 0:
        return np.zeros(n_parameters), np.zeros(len(values))

    def functions(at: FloatArray) -> FloatArray:
        odds = [surface.log_odds(at, value)[:, None] for value in values]
        return np.concatenate([at, surface.moved(at), *odds], axis=1)

    found = standard_errors(lambda at: surface.mean_loglik(at[:, :size]), functions, free, surface.total)
    if not found:
        return None
    return np.array(found[size : size + n_parameters]), np.array(found[size + n_parameters :])


def free_names(surface: Surface) -> list[str]:
    """The parameters that are neither held nor follow from another."""
    return [name for name in surface.names if name not in surface.held and surface.tied(name) is None]


def with_ties(surface: Surface, intervals: dict[str, Interval]) -> dict[str, Interval]:
    """The same with the intervals of parameters that follow from another one."""
    for name in surface.names:
        tie = surface.tied(name)
        if tie is not None:
            other, shift, slope = tie
            low, high = sorted(shift + slope * end for end in intervals[other])
            intervals[name] = low, high
    return intervals


def parameter_intervals(surface: Surface, z: float, known: Sequence[float] = ()) -> dict[str, Interval]:
    """The interval of every parameter that is not held, NaN where there is none.

    `known`: the standard errors (P,) that came with the estimates, where they did.
    """
    found, intervals = np.array(known), {}
    if not len(known):
        own = errors(regular_part(surface))
        found = np.full(len(surface.names), np.nan) if own is None else own[0]
        found[[name in surface.irregular | surface.whole for name in surface.names]] = np.nan
    for name in free_names(surface):
        value, error = (float(of[surface.names.index(name)]) for of in (surface.estimate, found))
        intervals[name] = surface.axis(name).around(value, error, z) if error > 0 else NONE
    return with_ties(surface, intervals)


def quantile_interval(surface: Surface, p: float, z: float) -> Interval:
    """The interval of the quantile of probability `p`, NaN where there is none."""
    if surface.whole:
        return NONE
    part, estimate = regular_part(surface), surface.quantile(p)
    axis = surface.quantile_axis
    if axis is None:
        return smallest(lambda k: _signed(part, k, p), estimate, z)
    found, slope = errors(part, [estimate]), surface.density_odds(estimate)
    if found is None or not slope > 0:
        return NONE
    return axis.around(estimate, float(found[1][0]) / slope, z)


def _signed(surface: Surface, value: float, p: float) -> float:
    """By how many of its standard errors the log-odds of F at `value` exceeds that of `p`."""
    free = surface.free(surface.estimate)
    distance = float(surface.log_odds(free[None], value)[0]) - math.log(p / (1 - p))
    if math.isinf(distance):
        return distance
    found = errors(surface, [value])
    if found is None:
        return math.nan
    return distance / float(found[1][0]) if found[1][0] > 0 else math.copysign(math.inf, distance)
