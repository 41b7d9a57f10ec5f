"""From a frame to a `JointSummary`: one pass for the columns, and one for what they are together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from warmfit import validation as check
from warmfit.sources import Source, open_source
from warmfit.sources.recognize import requested_names
from warmfit_fitting.errors import InvalidInput, WarmfitError
from warmfit_fitting.joint import MISSING, JointCount, JointSummary, Missing
from warmfit_fitting.joint.encoding import MAX_COLUMNS
from warmfit_fitting.summary.column import ColumnSummary


def summarize_joint(
    df: object, columns: Sequence[str] | None = None, *, missing: str = "pairwise", scores: bool = True
) -> JointSummary:
    """The cross-products of columns, of their values and, with `scores`, of their normal scores and ranks.

    `df`: whatever `summarize` takes that has rows. `columns`: two at least, or None for all. `missing`: `pairwise` takes
    each pair over the rows that have both, `listwise` all over those that have every one. Rows stay where they are. The
    result can be given to `GaussianCopula.fit` and `MultivariateNormalFitter.fit` in the frame's place, merges with that of
    other rows (without `scores`), and is the same in whatever order rows come, up to rounding. Raises `InvalidInput` or
    `UnsupportedType`, naming the column.
    """
    source, names = open_columns(df, columns)
    return joint_summary(source, names, known_missing(missing), summaries_of(source, names) if scores else None)


def known_missing(given: object) -> Missing:
    """What is done about missing values; raises `InvalidInput` for anything else."""
    return cast(Missing, check.member("missing", given, MISSING))


def open_columns(df: object, columns: Sequence[str] | None) -> tuple[Source, tuple[str, ...]]:
    """The source of a frame and the columns asked for, two at least."""
    asked = requested_names(None, columns)
    source = open_source(df, asked)
    return source, check_columns(asked or source.names)


def check_columns(names: Sequence[str]) -> tuple[str, ...]:
    """The names of columns that are to be taken together; raises `InvalidInput` for too few, too many or one twice."""
    if len(set(names)) != len(names):
        raise InvalidInput(f"a column is named twice among {', '.join(names)}; name each once")
    if not 2 <= len(names) <= MAX_COLUMNS:
        raise InvalidInput(f"{len(names)} column(s) to take together; expected 2 to {MAX_COLUMNS}")
    return tuple(names)


def summaries_of(source: Source, names: Sequence[str]) -> dict[str, ColumnSummary]:
    """The summary of each column; raises the first error there is."""
    found: dict[str, ColumnSummary] = {}
    for name, outcome in source.columns(names):
        if isinstance(outcome, WarmfitError):
            raise outcome
        found[name] = outcome
    return found


def joint_summary(
    source: Source, names: Sequence[str], missing: Missing, summaries: Mapping[str, ColumnSummary] | None
) -> JointSummary:
    """The second pass: rows ranked through the summaries of their columns, if these are given."""
    return source.reduce(names, JointCount.of(names, summaries, missing), JointSummary.merge)
