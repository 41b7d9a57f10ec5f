"""How many refits a service takes on."""

from __future__ import annotations

import numpy as np
import pytest

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary import summarize_values
from warmfit_server.refits import check_refits


def check(n: int, n_bootstrap: int, limit: int) -> None:
    check_refits(summarize_values(np.arange(float(n))), n_bootstrap, limit)


def test_more_refits_than_the_service_takes_are_refused_by_name_with_what_it_takes() -> None:
    with pytest.raises(InvalidInput, match=r"n_bootstrap=999 refits to 1000 rows each; .* at most 500 for this column"):
        check(1000, 999, 500_000)


def test_as_many_as_it_takes_are_admitted_and_so_are_fits_without_refits() -> None:
    check(1000, 500, 500_000)
    check(1000, 0, 0)


def test_a_long_column_counts_by_the_rows_that_are_drawn() -> None:
    check(200_000, 199, 199 * 50_000)
