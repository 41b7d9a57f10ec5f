"""What a saved mixture says, as plain JSON values and back; the names are spark-bestfit's, whose files are read too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from warmfit.serialization import Document
from warmfit_fitting.errors import SerializationError, WarmfitError
from warmfit_fitting.mixture import GaussianMixture

if TYPE_CHECKING:
    from warmfit.mixture import GaussianMixtureResult

KIND = "gaussian_mixture"
_NEEDED = ("weights", "means", "covariances")


def to_document(result: GaussianMixtureResult) -> Document:
    """The document of a result."""
    known = math.isfinite(result.log_likelihood_)
    return {
        "n_components": result.n_components,
        "weights": result.weights_.tolist(),
        "means": result.means_.tolist(),
        "covariances": result.covariances_.tolist(),
        "converged": bool(result.converged_),
        "n_iter": int(result.n_iter_),
        "n_samples": result.n_samples_,
        "log_likelihood": result.log_likelihood_ if known else None,
        "column_names": None if result.column_names is None else list(result.column_names),
        "n_missing": result.n_missing_,
        "narrow": list(result.narrow_),
        "bics": None if result.bics_ is None else [[k, bic] for k, bic in result.bics_.items()],
    }


def from_document(document: Document) -> dict[str, Any]:
    """The fields of the result that a document is of; raises `SerializationError` for one that is of none."""
    missing = [name for name in _NEEDED if name not in document]
    if missing:
        raise SerializationError(f"a mixture without {', '.join(missing)}; the file is damaged or cut short")
    try:
        mixture = GaussianMixture(*(np.array(document[name], dtype=np.float64) for name in _NEEDED))
        names, bics, loglik = (document.get(name) for name in ("column_names", "bics", "log_likelihood"))
        return {
            "n_components": mixture.n_components,
            "weights_": mixture.weights,
            "means_": mixture.means,
            "covariances_": mixture.covariances,
            "converged_": bool(document.get("converged", False)),
            "n_iter_": int(document.get("n_iter", 0)),
            "n_samples_": document.get("n_samples", 0),
            "log_likelihood_": -math.inf if loglik is None else float(loglik),
            "column_names": None if names is None else tuple(str(name) for name in names),
            "n_missing_": int(document.get("n_missing", 0)),
            "narrow_": tuple(int(k) for k in document.get("narrow", ())),
            "bics_": None if bics is None else {int(k): float(bic) for k, bic in bics},
        }
    except (WarmfitError, TypeError, ValueError) as error:
        raise SerializationError(f"a mixture that cannot be read: {error}") from error
