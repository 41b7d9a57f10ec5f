"""Mixtures of Gaussian laws: fitted from rows, from the summary of a column, or by passes over rows elsewhere.

`fit_mixture(source, spec)` is the verb; a `Source` (`sources`) tells what a column is about and folds its rows into
sums.
"""

from __future__ import annotations

from warmfit_fitting.mixture.fit import MixtureFit, fit_mixture
from warmfit_fitting.mixture.model import GaussianMixture
from warmfit_fitting.mixture.spec import MixtureSpec

__all__ = ["GaussianMixture", "MixtureFit", "MixtureSpec", "fit_mixture"]
