"""Heavy tails, told to whoever asks and to whoever fits; how they are recognized is in `warmfit_fitting.tails`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from warmfit.column_fit import ColumnFit
from warmfit.notices import HeavyTailWarning, warn
from warmfit.summaries import summarize
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.tails import Tail, tails

UNBOUNDED = (None, None)


def tail_index(df: object, column: str | None = None) -> tuple[Tail, ...]:
    """The lower and the upper tail of a column: `side`, `index` ± `error`, `threshold`, `rows`, `evidence`, `is_heavy`.

    `df`: what `fit` takes. A tail is left out that has fewer than 50 rows beyond its threshold, and both where rows are
    censored or truncated. Raises `InvalidInput` or `UnsupportedType` for what cannot be read.
    """
    (summary,) = summarize(df, column).values()
    return known_tails(summary)


@lru_cache(maxsize=256)
def known_tails(summary: ColumnSummary) -> tuple[Tail, ...]:
    """The tails of a summary, computed once."""
    return tails(summary)


def say_heavy_tails(told: Iterable[str]) -> None:
    """Warn of each column that there is something to be said of."""
    for complaint in told:
        warn(complaint, HeavyTailWarning)


def complaints(columns: Iterable[ColumnFit]) -> list[str]:
    """What is to be said of the tails of columns; nothing of one whose rows were truncated to a window."""
    return [said for said in map(_complaint, columns) if said]


def _complaint(column: ColumnFit) -> str:
    bounds = column.spec.lower_bound, column.spec.upper_bound
    return "" if column.summary is None or bounds != UNBOUNDED else _said(column.name, column.summary)


@lru_cache(maxsize=256)
def _said(name: str, summary: ColumnSummary) -> str:
    """What is to be said of the tails of a column, found once."""
    heavy = [tail for tail in known_tails(summary) if tail.is_heavy]
    if not heavy:
        return ""
    indices = " and ".join(f"{tail.side} tail index {tail.index:.2f} ± {tail.error:.2f}" for tail in heavy)
    order = 1 / max(tail.index for tail in heavy)
    return (
        f"column {name!r} has a heavy tail ({indices}): moments of order {order:.2g} and above may be infinite, so "
        "that mean, deviation and kurtosis of its rows may not settle; prefer quantiles, and families with a power tail"
    )
