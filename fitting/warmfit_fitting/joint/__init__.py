"""Columns together: joint summaries, copulas and multivariate normal distributions from them, and rows drawn from these."""

from warmfit_fitting.joint.products import CrossProducts
from warmfit_fitting.joint.summary import MISSING, JointCount, JointSummary, Missing

__all__ = ["MISSING", "CrossProducts", "JointCount", "JointSummary", "Missing"]
