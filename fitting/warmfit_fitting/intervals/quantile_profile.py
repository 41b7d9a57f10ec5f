"""`QuantileProfile`: the likelihood with a quantile held.

That the quantile of probability p is c says that F(c) = p, one equation between the parameters. About the estimate, in
units in which the log-likelihood is −|w|²/2, one direction is the one along which its maximum moves as c does; the
others leave F(c) as it is, to first order. The equation is solved along the first, and the likelihood maximized over
the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.estimation.maximize import derivatives
from warmfit_fitting.intervals.surface import Surface, check_budget, summit
from warmfit_fitting.intervals.wald import regular_part

STEP = 1e-3  # of the differences behind the information
LEAST = 0.04  # the least curvature of a coordinate: those along which the likelihood is flat are not followed far
FLAT = 1e-6  # the same in units of the diagonal
SOLVED = 1e-10  # of the log-odds
SOLVING = 60
STRIDE = 3.0  # standard errors that a step of the solution goes at most


@dataclass(eq=False)
class QuantileProfile:
    """The drop 2 (l_max − l) with the quantile of `p` held; `surface` has what is irregular held at its estimate."""

    surface: Surface
    p: float
    _known: list[tuple[float, FloatArray]] = field(
        default_factory=list, init=False
    )  # values, and where (F,) their maximum is

    @classmethod
    def of(cls, surface: Surface, p: float) -> QuantileProfile:
        """The profile of the quantile of probability `p`."""
        return cls(regular_part(surface), p)

    @property
    def odds(self) -> float:
        """The log-odds of p."""
        return math.log(self.p / (1.0 - self.p))

    @cached_property
    def _top(self) -> tuple[float, FloatArray]:
        start = self.surface.free(self.surface.estimate)
        return summit(self.surface.mean_loglik, start, self.surface.budget, self.surface.total)

    @cached_property
    def _axes(self) -> FloatArray:
        """Columns (F, F): steps in which the log-likelihood falls by a half."""
        _, at = self._top
        value = self.surface.mean_loglik(at[None])
        _, (hessian,) = derivatives(self.surface.mean_loglik, at[None], value, STEP)
        information = -hessian * self.surface.total
        unit = np.sqrt(np.maximum(np.diag(information), LEAST))
        curvature, basis = np.linalg.eigh(information / unit / unit[:, None])
        axes: FloatArray = basis / np.sqrt(np.maximum(curvature, FLAT)) / unit[:, None]
        return axes

    def _slopes(self, value: float) -> FloatArray:
        """The derivatives (F,) of the log-odds of F at `value` along the axes."""
        _, at = self._top
        steps = STEP * self._axes.T
        odds = self.surface.log_odds(np.concatenate([at + steps, at - steps]), value)
        return np.asarray(odds[: len(at)] - odds[len(at) :]) / (2 * STEP)

    def error(self, value: float) -> float:
        """About the standard error of the quantile; 0 where it is not known."""
        slope = self.surface.density_odds(value)
        size = float(np.linalg.norm(self._slopes(value))) if len(self._top[1]) else 0.0
        return size / slope if slope > 0 and math.isfinite(size) else 0.0

    def signed(self, value: float) -> float:
        """√drop, negative where F at `value` is below p."""
        here = float(self.surface.log_odds(self._top[1][None], value)[0]) - self.odds
        return here if math.isinf(here) else math.copysign(math.sqrt(self.drop(value)), here)

    def drop(self, value: float) -> float:
        """2 (l_max − l), infinite where no parameters are found that have that quantile."""
        check_budget(self.surface, f"the quantile of {self.p:g}")
        highest, at = self._top
        if len(at) == 0:
            return math.inf
        slopes = self._slopes(value)
        if not np.isfinite(slopes).all() or not slopes.any():
            return math.inf
        basis = self._basis(slopes)
        for start in self._starts(value, basis):
            solution = _Solution(self, value, at, basis, float(np.linalg.norm(slopes)), start[0])
            top, beside = self._maximized(solution, start[1:])
            if math.isfinite(top):
                self._known.append((value, solution.free(solution.along(beside[None]), beside[None])[0]))
                return max(2.0 * (highest - top), 0.0)
        return math.inf

    def _starts(self, value: float, basis: FloatArray) -> list[FloatArray]:
        """Where to begin, in the `basis` (F, F): at the maximum of the nearest value known, and at the estimate."""
        _, at = self._top
        starts: list[FloatArray] = [np.zeros(len(at))]
        if self._known:
            _, nearest = min(self._known, key=lambda known: abs(known[0] - value))
            starts.insert(0, np.asarray(np.linalg.solve(basis, nearest - at)))
        return starts

    def _basis(self, slopes: FloatArray) -> FloatArray:
        """Columns (F, F): the step along which the maximum moves, and steps that leave F as it is, all of one size."""
        along = slopes / np.linalg.norm(slopes)
        frame = np.linalg.qr(np.column_stack([along, np.eye(len(along))]))[0]
        frame[:, 0] = along
        basis: FloatArray = self._axes @ frame
        return basis

    def _maximized(self, solution: _Solution, beside: FloatArray) -> tuple[float, FloatArray]:
        """The highest log-likelihood where the equation holds, and where it is beside the direction (F − 1,).

        The search takes steps of which the mean log-likelihood, not its sum, falls by about a half.
        """
        scale = math.sqrt(self.surface.total)
        top, found = summit(lambda v: solution.mean_loglik(v * scale), beside / scale, self.surface.budget, scale**2)
        return top, found * scale


@dataclass(eq=False)
class _Solution:
    """The equation F(value) = p solved along the first column of `basis` (F, F), from `start` on."""

    profile: QuantileProfile
    value: float
    at: FloatArray
    basis: FloatArray
    slope: float
    start: np.float64

    def free(self, s: FloatArray, beside: FloatArray) -> FloatArray:
        """Free vectors (K, F) at `s` (K,) along and `beside` (K, F − 1) the direction."""
        free: FloatArray = self.at + np.concatenate([s[:, None], beside], axis=1) @ self.basis.T
        return free

    def along(self, beside: FloatArray) -> FloatArray:
        """How far along (K,) the equation holds; NaN where that is not found. A secant with bounded steps."""

        def odds(s: FloatArray) -> FloatArray:
            return self.profile.surface.log_odds(self.free(s, beside), self.value) - self.profile.odds

        before = np.full(len(beside), self.start)
        there = odds(before)
        step = np.clip(-there / self.slope, -STRIDE, STRIDE)
        for _ in range(SOLVING):
            s = before + step
            here = odds(s)
            lost = ~np.isfinite(here)
            if not lost.any() and (np.abs(here) < SOLVED).all():
                return s
            change = here - there
            ahead = np.where(change == 0.0, 0.0, -here * step / np.where(change == 0.0, 1.0, change))
            ahead = np.clip(ahead, -STRIDE, STRIDE)
            before, there = np.where(lost, before, s), np.where(lost, there, here)
            step = np.where(lost, step / 4, ahead)
            if not step.any():
                break
        return np.where(np.abs(there) < 1e3 * SOLVED, before, np.nan)

    def mean_loglik(self, beside: FloatArray) -> FloatArray:
        """The mean log-likelihood (K,) where the equation holds."""
        s = self.along(beside)
        known = np.isfinite(s)
        value = np.full(len(s), -np.inf)
        if known.any():
            value[known] = self.profile.surface.mean_loglik(self.free(s[known], beside[known]))
        return value
