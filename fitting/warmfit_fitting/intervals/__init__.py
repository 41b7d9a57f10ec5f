"""How uncertain an estimate is: Wald, profile-likelihood and bootstrap intervals of parameters and of quantiles."""

from __future__ import annotations

from warmfit_fitting.intervals.confidence import METHODS, Interval, confidence_intervals

__all__ = ["METHODS", "Interval", "confidence_intervals"]
