"""Location and scale as unconstrained coordinates, by how the support is bounded: not at all, on one side, on both.

In the coordinates the bulk of the law stays where it is while its shapes go to a limit, and a support that must hold
the data does. With the standard form's centre c and half-spread s (`Family.bulk`), m = loc + c·scale and d = s·scale are
the place and spread of the fitted law. Where the support ends κ = (c − low)/s spreads below c, the distance
r = (m − min)/d of the smallest value must stay below κ; it is written r = κ(1 − e^(−u/κ₁)), κ₁ = √(1 + κ²), which is u
itself as κ → ∞ and the logarithm of the gap between end and data as the gap closes. With one end the coordinate is
min + d·u, which is m as κ → ∞, so that it stays where it is as d changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from warmfit_fitting.arrays import FloatArray, clip

MARGIN = 8.0  # ulps of the extremes that a support keeps beyond them, so that rounding leaves no row outside
LEAST_GAP = 1e-16  # where the logarithm of a closed gap ends, in the view's unit
RESOLVED = 4e-16  # of a bounded support: the distance from its end that floats tell from none
LOG_RANGE = 300.0  # of a scale, in the view's unit
REFUSED = 0.01  # spreads inside the data from which on a support's end is moved out by as much


@dataclass(frozen=True, eq=False)
class Standard:
    """A standard form, or K of them: the ends of the support, centre and half-spread, each (K,) or (1,)."""

    low: FloatArray
    high: FloatArray
    center: FloatArray
    spread: FloatArray


@dataclass(frozen=True, eq=False)
class Extent:
    """The extremes of the data: of one column, or of K columns side by side, (K,)."""

    minimum: float | FloatArray
    maximum: float | FloatArray

    @cached_property
    def margin(self) -> float | FloatArray:
        """The least distance of a support's end from the extreme next to it."""
        largest = np.maximum(np.maximum(np.abs(self.minimum), np.abs(self.maximum)), 1.0)
        margin: float | FloatArray = MARGIN * np.spacing(largest)
        return margin


class Placement(Protocol):
    """Both ways between two coordinates (K,), (K,) and location and scale (K,), (K,)."""

    def loc_scale(self, form: Standard, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Location and scale of coordinates; NaN where there are none."""

    def coordinates(self, form: Standard, loc: FloatArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The coordinates of a location and scale, moved inside where the support would not hold the data."""


@dataclass(frozen=True, eq=False)
class OnLine:
    """No end of the support is known to be finite: place and log spread."""

    extent: Extent

    def loc_scale(self, form: Standard, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Location and scale of coordinates."""
        scale = np.exp(clip(v, -LOG_RANGE, LOG_RANGE)) / form.spread
        return u - scale * form.center, scale

    def coordinates(self, form: Standard, loc: FloatArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The coordinates of a location and scale."""
        return loc + scale * form.center, np.log(scale * form.spread)


@dataclass(frozen=True, eq=False)
class AboveEnd:
    """A lower end: place, bent as the end nears the smallest value, and log spread."""

    extent: Extent

    def loc_scale(self, form: Standard, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Location and scale of coordinates."""
        spread = np.exp(clip(v, -LOG_RANGE, LOG_RANGE))
        scale = spread / form.spread
        gap = np.maximum(
            _gap(form.center - form.low, form.spread, (u - self.extent.minimum) / spread) * spread, self.extent.margin
        )
        return self.extent.minimum - gap - scale * form.low, scale

    def coordinates(self, form: Standard, loc: FloatArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The coordinates of a location and scale."""
        spread = scale * form.spread
        gap = self.extent.minimum - (loc + scale * form.low)
        within = _of_gap(form.center - form.low, form.spread, gap, spread)
        return self.extent.minimum + spread * within, np.log(spread)


@dataclass(frozen=True, eq=False)
class BelowEnd:
    """An upper end: place, bent as the end nears the largest value, and log spread."""

    extent: Extent

    def loc_scale(self, form: Standard, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Location and scale of coordinates."""
        spread = np.exp(clip(v, -LOG_RANGE, LOG_RANGE))
        scale = spread / form.spread
        gap = np.maximum(
            _gap(form.high - form.center, form.spread, (self.extent.maximum - u) / spread) * spread, self.extent.margin
        )
        return self.extent.maximum + gap - scale * form.high, scale

    def coordinates(self, form: Standard, loc: FloatArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The coordinates of a location and scale."""
        spread = scale * form.spread
        gap = loc + scale * form.high - self.extent.maximum
        within = _of_gap(form.high - form.center, form.spread, gap, spread)
        return self.extent.maximum - spread * within, np.log(spread)


@dataclass(frozen=True, eq=False)
class BetweenEnds:
    """Both ends: where each extreme lies between the centre and the end next to it."""

    extent: Extent

    def loc_scale(self, form: Standard, u: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Location and scale of coordinates."""
        below, above = (form.center - form.low), (form.high - form.center)
        gaps = [_gap(arm, form.spread, w) for arm, w in ((below, u), (above, v))]
        span = (form.high - form.low) / form.spread - gaps[0] - gaps[1]  # of the data, in spreads of the law
        spread = np.where(span > 0.0, (self.extent.maximum - self.extent.minimum) / span, np.nan)
        far = np.maximum(np.abs(form.low), np.abs(form.high)) * (spread / form.spread)
        margin = np.maximum(self.extent.margin, RESOLVED * far)
        start, stop = (np.maximum(gap * spread, margin) for gap in gaps)
        start, stop = self.extent.minimum - start, self.extent.maximum + stop
        scale = (stop - start) / (form.high - form.low)
        return start - scale * form.low, scale

    def coordinates(self, form: Standard, loc: FloatArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The coordinates of a location and scale."""
        spread = scale * form.spread
        start = self.extent.minimum - (loc + scale * form.low)
        stop = loc + scale * form.high - self.extent.maximum
        below = _of_gap(form.center - form.low, form.spread, start, spread)
        return below, _of_gap(form.high - form.center, form.spread, stop, spread)


def placement(form: Standard, minimum: float | FloatArray, maximum: float | FloatArray) -> Placement:
    """The placement for forms whose reliable ends are those of `form`."""
    extent = Extent(minimum, maximum)
    below, above = np.isfinite(form.low).all(), np.isfinite(form.high).all()
    if below and above:
        return BetweenEnds(extent)
    if below:
        return AboveEnd(extent)
    return BelowEnd(extent) if above else OnLine(extent)


def _gap(arm: FloatArray, spread: FloatArray, u: FloatArray) -> FloatArray:
    """The distance from an extreme to the support's end, in spreads; `arm` is that from the centre to the end."""
    kappa = arm / spread
    gap: FloatArray = kappa * np.exp(clip(-u / np.sqrt(1.0 + kappa * kappa), -LOG_RANGE, LOG_RANGE))
    return gap


def _of_gap(arm: FloatArray, spread: FloatArray, gap: FloatArray, unit: FloatArray) -> FloatArray:
    """The inverse of `_gap` for a gap in the unit of the data, `unit` being the law's spread there."""
    kappa = arm / spread
    gap = np.where(gap < -REFUSED * unit, REFUSED * unit, np.maximum(gap, LEAST_GAP))
    u: FloatArray = -np.sqrt(1.0 + kappa * kappa) * np.log(gap / (kappa * unit))
    return u
