"""What a saved copula or multivariate normal distribution says, as plain JSON values and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warmfit import documents, serialization
from warmfit.result import DistributionFitResult
from warmfit.serialization import Custom, Document
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import SerializationError
from warmfit_fitting.families.every import AnyScipy
from warmfit_fitting.joint.correlation import from_spearman


@dataclass(frozen=True)
class CopulaParts:
    """What a copula is made of; `dof` is ∞ for a Gaussian one."""

    column_names: list[str]
    marginals: dict[str, DistributionFitResult]
    correlation_matrix: FloatArray
    dof: float
    repaired: float


def copula_to_document(
    names: Sequence[str],
    marginals: Mapping[str, DistributionFitResult],
    correlation: FloatArray,
    dof: float,
    repaired: float,
) -> tuple[Document, dict[str, AnyScipy]]:
    """The document of a copula, and the objects of users' families in it."""
    custom = {m.distribution: m.custom for m in marginals.values() if m.custom is not None}
    body = {
        "column_names": list(names),
        "marginals": {name: marginals[name].to_document() for name in names},
        "correlation_matrix": correlation.tolist(),
        "dof": documents.number(dof),
        "repaired": repaired,
    }
    return body, custom


def copula_from_document(document: Document, custom: Custom) -> CopulaParts:
    """The parts of a copula; a document of spark-bestfit has Spearman's correlations, which are converted."""
    names = _names(document)
    held = document.get("marginals")
    if not isinstance(held, Mapping) or set(held) != set(names):
        raise SerializationError("a copula whose marginals are not one for each of its columns")
    marginals = {name: DistributionFitResult.of_document(_object(name, held[name]), custom) for name in names}
    matrix = numbers("correlation_matrix", document.get("correlation_matrix"), (len(names), len(names)))
    if serialization.is_foreign(document):
        return CopulaParts(names, marginals, from_spearman(matrix), math.inf, 0.0)
    dof = documents.to_number("dof", document.get("dof"))
    repaired = documents.to_number("repaired", document.get("repaired"))
    if dof is None or not dof > 0:
        raise SerializationError(f"dof is {document.get('dof')!r}; expected a number above 0")
    return CopulaParts(names, marginals, matrix, dof, repaired or 0.0)


def normal_to_document(names: Sequence[str], mean: FloatArray, cov: FloatArray, n_samples: int) -> Document:
    """The document of a multivariate normal distribution."""
    return {"column_names": list(names), "mean": mean.tolist(), "cov": cov.tolist(), "n_samples": n_samples}


def normal_from_document(document: Document) -> tuple[list[str], FloatArray, FloatArray, int]:
    """Names, mean, covariance and number of rows."""
    names = _names(document)
    n = document.get("n_samples", 0)
    if isinstance(n, bool) or not isinstance(n, int):
        raise SerializationError(f"n_samples is {n!r}; expected a whole number")
    size = len(names)
    return names, numbers("mean", document.get("mean"), (size,)), numbers("cov", document.get("cov"), (size, size)), n


def numbers(name: str, given: object, shape: tuple[int, ...]) -> FloatArray:
    """An array of finite numbers of that shape; raises `SerializationError` for anything else."""
    try:
        found = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SerializationError(f"{name} holds something that is no number: {error}") from error
    if found.shape != shape or not np.isfinite(found).all():
        raise SerializationError(f"{name} of the shape {found.shape}; expected finite numbers of the shape {shape}")
    return found


def _names(document: Document) -> list[str]:
    names = document.get("column_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SerializationError(f"column_names is {names!r}; expected a list of names")
    return names


def _object(name: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise SerializationError(f"the marginal of {name!r} is {given!r}; expected an object")
    return dict(given)
