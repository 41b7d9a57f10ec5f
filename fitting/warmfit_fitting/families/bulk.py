"""Where the bulk of a standard form lies: about its median and half its interquartile range, from its quantiles.

Coordinates and starts are built on these, so that a family far out on its way to a limit (a gamma of shape 10⁶, a normal
in all but name) is as easy to fit as the limit. They need be smooth in the shapes and right to a factor, not exact.
"""

from __future__ import annotations

import numpy as np

from warmfit_fitting.arrays import FloatArray, clip

QUARTILE = 0.6744897501960817  # of the standard normal
LOG_P = np.log([0.25, 0.5, 0.75])  # of the probabilities of the three quartiles
LOG_Q = LOG_P[::-1]  # of what they leave above
Bulk = tuple[FloatArray, FloatArray]


def normal_bulk(mean: FloatArray, std: FloatArray) -> Bulk:
    """Centre and spread from a mean and a standard deviation, as if the law were normal."""
    return mean, QUARTILE * std


def quartile_bulk(lower: FloatArray, middle: FloatArray, upper: FloatArray) -> Bulk:
    """Centre and spread from the three quartiles."""
    return middle, 0.5 * (upper - lower)


def log_quartile_bulk(lower: FloatArray, middle: FloatArray, upper: FloatArray) -> Bulk:
    """Centre and spread from the logarithms of the three quartiles, without cancellation where they are close."""
    center = np.exp(clip(middle, -650.0, 650.0))
    above, below = np.minimum(upper - middle, 300.0), np.maximum(lower - middle, -300.0)
    return center, 0.5 * center * (np.expm1(above) - np.expm1(below))


def log_normal_bulk(log_center: FloatArray, log_std: FloatArray) -> Bulk:
    """Centre and spread from the centre and the standard deviation of the logarithm."""
    return log_quartile_bulk(log_center - QUARTILE * log_std, log_center, log_center + QUARTILE * log_std)
