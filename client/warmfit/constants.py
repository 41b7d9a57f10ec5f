"""The defaults of the public API, by the names under which they can be imported."""

from __future__ import annotations

from warmfit_fitting.families.catalogue import DEFAULT_EXCLUSIONS
from warmfit_fitting.families.discrete.catalogue import DISCRETE_EXCLUSIONS

DEFAULT_EXCLUDED_DISTRIBUTIONS: frozenset[str] = DEFAULT_EXCLUSIONS
"""Families that are fitted only when named, because the cost of one evaluation has no bound."""

DEFAULT_EXCLUDED_DISCRETE_DISTRIBUTIONS: frozenset[str] = DISCRETE_EXCLUSIONS
"""Discrete families that are fitted only when named: none, as every one has a bounded cost."""

DEFAULT_BINS = 50
"""Bins of the histogram behind SSE; together with `use_rice_rule=True` it means the Rice rule."""

DEFAULT_PVALUE_THRESHOLD = 0.05
"""A fit with a p-value below it is reported as poor."""

DEFAULT_KS_THRESHOLD = 0.10
"""A fit with a Kolmogorov-Smirnov distance above it is reported as poor."""

DEFAULT_AD_THRESHOLD = 2.0
"""A fit with an Anderson-Darling statistic above it is reported as poor."""

DEFAULT_BOOTSTRAP_SAMPLES = 1000
"""Resamples of a bootstrap interval."""

DEFAULT_SAMPLE_SIZE = 1000
"""Draws of `DistributionFitResult.sample`."""

DEFAULT_DPI = 100
"""Dots per inch of a figure that is saved."""
