"""How many refits behind p-values a service takes on; its timeouts end those that take longer than they seemed to."""

from __future__ import annotations

import math

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.resampling.design import MAX_ROWS
from warmfit_fitting.summary import ColumnSummary


def check_refits(summary: ColumnSummary, n_bootstrap: int, limit: int) -> None:
    """Raise `InvalidInput` where the refits of one family, times the rows that each is fitted to, are more than `limit`."""
    rows = min(math.ceil(summary.size), MAX_ROWS)
    if n_bootstrap * rows > limit:
        raise InvalidInput(
            f"n_bootstrap={n_bootstrap} refits to {rows} rows each; this service takes at most "
            f"{limit // rows} for this column"
        ).at("n_bootstrap")
