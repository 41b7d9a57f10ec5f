"""What the tests of intervals ask: a column, a family, and intervals of its fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY, AnyFamily
from warmfit_fitting.intervals import Interval, confidence_intervals
from warmfit_fitting.problem import Problem
from warmfit_fitting.row import FitRow
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary, summarize_values

AT_ZERO = {"loc": 0.0}


@dataclass(frozen=True)
class Fit:
    """A family fitted to a column."""

    problem: Problem
    family: AnyFamily
    row: FitRow

    @property
    def estimates(self) -> dict[str, float]:
        return dict(zip(self.family.parameters, self.row.parameters, strict=True))

    def intervals(self, method: str = "wald", *quantiles: float, **keywords: Any) -> dict[str, Interval]:
        return confidence_intervals(
            self.problem, self.family, self.row, method=method, quantiles=quantiles or None, **keywords
        )

    def quantile(self, p: float, method: str = "wald", **keywords: Any) -> Interval:
        return self.intervals(method, p, **keywords)[f"ppf({p!r})"]


def fit(data: ArrayLike | ColumnSummary, name: str, fixed: dict[str, float] | None = None, **spec: Any) -> Fit:
    summary = data if isinstance(data, ColumnSummary) else summarize_values(np.asarray(data, dtype=np.float64))
    problem = prepare(summary, FitSpec((name,), fixed=tuple((fixed or {}).items()), **spec))
    row = fit_family(problem, EVERY[name])
    assert row.status == "ok", row
    return Fit(problem, EVERY[name], row)
