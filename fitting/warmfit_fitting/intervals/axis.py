"""`Axis`: the scale on which an interval is taken to be symmetric."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """The open interval (`low`, `high`) mapped onto the line, increasing: identity, log distance from an end, or logit.

    On it estimates are nearer to normal than on their own scale, and an interval stays inside the domain (Meeker,
    Escobar & Pascual 2022, Statistical Methods for Reliability Data, ch. 8).
    """

    low: float = -math.inf
    high: float = math.inf

    def to(self, value: float) -> float:
        """The place of a value on the line."""
        if not self.low < value < self.high:
            return -math.inf if value <= self.low else math.inf
        bounded = math.isfinite(self.low), math.isfinite(self.high)
        if bounded == (False, False):
            return value
        below = math.log(value - self.low) if bounded[0] else 0.0
        above = math.log(self.high - value) if bounded[1] else 0.0
        return below - above

    def back(self, place: float) -> float:
        """The value at a place on the line."""
        if place == math.inf:
            return self.high
        if place == -math.inf:
            return self.low
        bounded = math.isfinite(self.low), math.isfinite(self.high)
        if bounded == (False, False):
            return place
        if bounded == (True, False):
            return self.low + math.exp(min(place, 700.0))
        if bounded == (False, True):
            return self.high - math.exp(min(-place, 700.0))
        return self.low + (self.high - self.low) / (1.0 + math.exp(min(-place, 700.0)))

    def slope(self, value: float) -> float:
        """The derivative of `to`."""
        below = 1.0 / (value - self.low) if math.isfinite(self.low) else 0.0
        above = 1.0 / (self.high - value) if math.isfinite(self.high) else 0.0
        return below + above or 1.0

    def around(self, value: float, error: float, z: float) -> tuple[float, float]:
        """The values z standard errors about `value`, whose own is `error`, symmetric on the line."""
        middle, reach = self.to(value), z * error * self.slope(value)
        return self.back(middle - reach), self.back(middle + reach)
