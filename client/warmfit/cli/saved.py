"""Saved results as the command line takes them: one fit, or the one to use out of a collection."""

from __future__ import annotations

import json
from pathlib import Path

from warmfit.collection import KIND as COLLECTION
from warmfit.collection import BaseFitResults
from warmfit.result import DistributionFitResult
from warmfit.sources.refusals import listed
from warmfit_fitting.errors import FitFailed, InvalidInput
from warmfit_fitting.families.every import EVERY


def is_result(path: Path) -> bool:
    """Whether the file's name is that of a saved result."""
    return path.suffix.lower() == ".json"


def load_fit(path: Path, column: str | None, distribution: str | None) -> DistributionFitResult:
    """The fit saved at `path`; of a collection the best by BIC, or the one named.

    Raises `InvalidInput` for a missing file or a column that is not in it, `SerializationError` for one that
    cannot be read, `FitFailed` where no family was fitted.
    """
    if not path.is_file():
        raise InvalidInput(f"{path}: no such file")
    if _kind(path) != COLLECTION:
        return _checked(DistributionFitResult.load(path), column, distribution)
    results: BaseFitResults = BaseFitResults.load(path)
    if column is None and len(results.column_names) > 1:
        raise InvalidInput(f"--column is needed: the columns are {listed(results.column_names)}")
    return picked(results if column is None else results.for_column(column), distribution)


def picked(results: BaseFitResults, distribution: str | None) -> DistributionFitResult:
    """The best fit by BIC, or the one of that name; raises `FitFailed` where there is none."""
    if distribution is not None:
        for fit in results:
            if fit.distribution == distribution:
                fit.check_fitted()
                return fit
        raise InvalidInput(
            f"{EVERY[distribution].name} is not among the saved fits; name another, or fit again with it"
        )
    best = results.best()
    if not best:
        raise FitFailed("no family could be fitted; `warmfit fit --all` shows the reasons")
    return best[0]


def _checked(fit: DistributionFitResult, column: str | None, distribution: str | None) -> DistributionFitResult:
    if distribution not in (None, fit.distribution):
        raise InvalidInput(f"the file holds a {fit.distribution}, not a {distribution}")
    if column is not None and fit.column_name not in (None, column):
        raise InvalidInput(f"the file holds a fit of column {fit.column_name!r}, not of {column!r}")
    return fit


def _kind(path: Path) -> object:
    """What the document says it is; None where it is no such document, which loading then says."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document.get("type") if isinstance(document, dict) else None
