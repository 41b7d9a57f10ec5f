"""How uncertain an estimate is: Wald, profile-likelihood and bootstrap intervals of parameters and of quantiles."""

from __future__ import annotations

from warmfit_fitting.intervals.confidence import METHODS, Interval, confidence_intervals
from warmfit_fitting.intervals.fit_test import STATISTICS, GoodnessOfFit, goodness_of_fit

__all__ = ["METHODS", "STATISTICS", "GoodnessOfFit", "Interval", "confidence_intervals", "goodness_of_fit"]
