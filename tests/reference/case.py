"""`Case`: rows as they were published, the family fitted to them, and the figures that came with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import optimize
from tests.reference.plain import Rows, plain_loglik

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_intervals

DATA = Path(__file__).parent / "data"
AT_ZERO = {"loc": 0.0}
SLACK = 2e-5  # of a figure, within which the engine's search may end

Parameters = Mapping[str, float]
Figure = tuple[str, Callable[[Parameters], float]]


def rows_of(name: str) -> Rows:
    """The rows of `data/<name>.csv`; an empty end is infinite."""
    lower, upper, count = np.genfromtxt(DATA / f"{name}.csv", delimiter=",", skip_header=1, ndmin=2).T
    return Rows(np.nan_to_num(lower, nan=-np.inf), np.nan_to_num(upper, nan=np.inf), count)


def log_scale(p: Parameters) -> float:
    """The location of the logarithms: `meanlog`, or the intercept of an accelerated failure time model."""
    return math.log(p["scale"])


def log_inverse_c(p: Parameters) -> float:
    """The log of the scale of a Weibull variable's logarithms."""
    return -math.log(p["c"])


@dataclass(frozen=True)
class Case:
    """`rows` fitted by `family` of SciPy's parametrisation with `fixed` held, and what a source says of that fit.

    `figures`: by the source's name, its digits and the function of SciPy's parameters that they are the value of; digits
    alone where both have one name. `loglik`: the source's digits of the plain log-likelihood. No `figures`: the estimates
    are compared with an independent search only. `digits`: significant digits held to where the source's optimum is not
    as good as its digits are many.
    """

    name: str
    source: str
    family: str
    rows: Rows
    figures: Mapping[str, str | Figure] = field(default_factory=dict)
    loglik: str = ""
    fixed: Parameters = field(default_factory=lambda: AT_ZERO)
    digits: int = 6

    @cached_property
    def row(self) -> FitRow:
        """What the engine comes to."""
        r = self.rows
        windowed = np.isfinite(r.entry).any() or np.isfinite(r.leave).any()
        summary = summarize_intervals(r.lower, r.upper, r.count, truncation=(r.entry, r.leave) if windowed else None)
        spec = FitSpec((self.family,), fixed=tuple(self.fixed.items()), goodness=False)
        return fit_family(prepare(summary, spec), EVERY[self.family])

    @cached_property
    def searched(self) -> tuple[float, ...]:
        """Where SciPy's simplex search of the plain likelihood ends, started a tenth away from the engine's estimates."""
        theta = np.array(self.row.parameters)
        free = [i for i, error in enumerate(self.row.standard_errors) if error != 0.0]
        width = np.array([self.row.standard_errors[i] for i in free])

        def loss(steps: np.ndarray) -> float:
            at = theta.copy()
            at[free] += width * steps
            value = plain_loglik(self.family, tuple(at), self.rows)
            return -value if math.isfinite(value) else 1e300

        steps = np.full(len(free), 0.1)
        for _ in range(3):
            options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
            steps = optimize.minimize(loss, steps, method="Nelder-Mead", options=options).x
        theta[free] += width * steps
        return tuple(theta.tolist())

    def value(self, figure: str, parameters: Sequence[float]) -> float:
        """The engine's or the search's value of what the source gives under the name `figure`."""
        named = dict(zip(EVERY[self.family].parameters, parameters, strict=True))
        given = self.figures[figure]
        return named[figure] if isinstance(given, str) else given[1](named)

    def printed(self, figure: str) -> str:
        """The source's digits of `figure`."""
        given = self.figures[figure]
        return given if isinstance(given, str) else given[0]

    def plain(self, parameters: Sequence[float]) -> float:
        """The plain log-likelihood at `parameters`."""
        return plain_loglik(self.family, tuple(parameters), self.rows)


def agrees(value: float, printed: str, digits: int = 12) -> bool:
    """Whether `value` rounds to the printed figure, at its last digit or at as many significant ones as `digits` says."""
    number = Decimal(printed)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    last = max(exponent, number.adjusted() + 1 - digits)
    return abs(value - float(number)) <= 0.5001 * 10.0**last + SLACK * abs(value)
