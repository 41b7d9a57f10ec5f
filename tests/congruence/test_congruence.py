"""The same calls wherever the data lie and whoever fits: the same rows, the same errors.

From the same summary rows are equal to the last digit. Summaries of the same rows have the same grid and counts, and sums
that differ by rounding where a source adds the rows in another order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.client.test_bad_input import BAD
from tests.congruence.calls import CALLS, REFUSALS, Call
from tests.congruence.elsewhere import ON_BACKENDS
from tests.congruence.places import BACKENDS, SOURCES

from warmfit import DistributionFitter, InvalidInput, LocalBackend, WarmfitError

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("ignore::warmfit.TruncationNotice")]

EVERYWHERE = ("two columns with missing values",)
OTHERS = [name for name in BACKENDS if name != "local"]
WORDED = r"dtype .*? is |in a batch of \d+ rows: "  # what each library calls a type; where a batch was looked at
ROUNDING = 1e-6  # of a nat, of what differs by the rounding of sums only
UNSETTLED = {
    ("a heavy tail, and a great offset", "gamma")
}  # it fits so badly that rounding decides on which top it ends


@pytest.fixture(scope="session")
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Call, str, str], pd.DataFrame]:
    """The table of a call on a source and a backend, by their names; each is computed once."""
    known: dict[Any, pd.DataFrame] = {}
    held: dict[tuple[int, str], object] = {}

    def found(call: Call, source: str, backend: str) -> pd.DataFrame:
        key = id(call), source, backend
        if key not in known:
            where = id(call.frame), source
            if where not in held:
                held[where] = SOURCES[source].put(
                    call.frame(), tmp_path_factory.mktemp("rows"), request.getfixturevalue
                )
            fits = call.on(held[where], BACKENDS[backend](request.getfixturevalue))
            known[key] = _timeless(fits)
            known[key]["standard_errors"] = known[key]["standard_errors"].map(_with_one_nan)
            known[key]["reason"] = known[key]["reason"].str.replace(WORDED, "", regex=True)
        return known[key]

    return found


def places() -> list[tuple[str, str, str]]:
    """Every call on every source, and on every backend; every source on every backend with the calls of `EVERYWHERE`.

    A source decides on the summary, a backend on what is made of it: more pairs would tell nothing that these do not.
    """
    return [
        (call, source, backend)
        for call in CALLS
        for source in SOURCES
        for backend in BACKENDS
        if backend == "local" or source == "pandas" or call in EVERYWHERE
        if not lacking(CALLS[call], source)
    ]


def lacking(call: Call, source: str) -> set[str]:
    """The keywords of a call that a source refuses."""
    return SOURCES[source].lacks & set(call.keywords)


@pytest.mark.parametrize(("call", "source", "backend"), places())
def test_rows_are_the_same_to_the_last_digit_from_the_same_summary(
    call: str, source: str, backend: str, results: Any
) -> None:
    reference = "pandas" if SOURCES[source].exact else source
    there, here = results(CALLS[call], source, backend), results(CALLS[call], reference, "local")
    pd.testing.assert_frame_equal(there, here, check_exact=True)


@pytest.mark.parametrize(
    ("call", "source"),
    [(c, s) for c in CALLS for s, place in SOURCES.items() if not place.exact and not lacking(CALLS[c], s)],
)
def test_rows_differ_by_rounding_where_a_source_adds_rows_in_another_order(
    call: str, source: str, results: Any
) -> None:
    tables = (results(CALLS[call], where, "local") for where in (source, "pandas"))
    there, here = (table[[(call, name) not in UNSETTLED for name in table["distribution"]]] for table in tables)
    rounding = SOURCES[source].rounding
    for name in ("column_name", "distribution", "status", "estimation_method", "n_missing", "data_count"):
        pd.testing.assert_series_equal(there[name], here[name], check_exact=True)
    for name in ("loglik", "aic", "bic", "ks_statistic", "data_mean"):
        np.testing.assert_allclose(there[name], here[name], rtol=ROUNDING, atol=ROUNDING, err_msg=name)
    for mine, theirs, errors in zip(there["parameters"], here["parameters"], here["standard_errors"], strict=True):
        unit = np.nan_to_num(np.array(errors), nan=1.0) if len(errors) == len(theirs) else np.ones(len(theirs))
        assert np.all(np.abs(np.subtract(mine, theirs)) <= rounding * unit + 1e-9 * np.abs(theirs))


@pytest.mark.parametrize(("call", "source"), [(c, s) for c in CALLS for s in SOURCES if lacking(CALLS[c], s)])
def test_what_a_source_cannot_do_yet_is_refused_by_name(call: str, source: str, results: Any) -> None:
    with pytest.raises(InvalidInput, match="|".join(lacking(CALLS[call], source))):
        results(CALLS[call], source, "local")


@pytest.mark.parametrize(("call", "source"), [(c, s) for c in REFUSALS for s in SOURCES if not lacking(REFUSALS[c], s)])
def test_every_source_refuses_what_the_others_refuse(call: str, source: str, results: Any) -> None:
    error, says = REFUSALS[call].error or (WarmfitError, "")
    with pytest.raises(WarmfitError) as caught:
        results(REFUSALS[call], source, "local")
    assert type(caught.value) is error
    assert re.search(says, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("call", ON_BACKENDS)
def test_other_calls_give_the_same_rows_on_every_backend(
    call: str, backend: str, request: pytest.FixtureRequest
) -> None:
    there = ON_BACKENDS[call](DistributionFitter(backend=BACKENDS[backend](request.getfixturevalue)))
    pd.testing.assert_frame_equal(_timeless(there), _here(call), check_exact=True)


@cache
def _here(call: str) -> pd.DataFrame:
    """What the local backend makes of a call, computed once for the others."""
    return _timeless(ON_BACKENDS[call](DistributionFitter(backend=LocalBackend())))


def _with_one_nan(errors: list[float]) -> list[float]:
    """The same with one object for NaN, by which lists are compared."""
    return [math.nan if math.isnan(error) else error for error in errors]


def _timeless(results: Any) -> pd.DataFrame:
    table: pd.DataFrame = results.to_pandas().drop(columns=["elapsed"])
    return table


@pytest.mark.parametrize("backend", OTHERS)
@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_by_every_backend_as_it_is_here(
    case: str, backend: str, request: pytest.FixtureRequest
) -> None:
    bad = BAD[case]
    keywords = dict(bad.keywords)
    if "config" not in keywords:
        keywords.setdefault("included_distributions", ["norm", "gamma"])
    with pytest.raises(WarmfitError) as caught:
        DistributionFitter(backend=BACKENDS[backend](request.getfixturevalue)).fit(
            pd.DataFrame({"x": list(bad.column)}), column=bad.name, **keywords
        )
    assert type(caught.value) is bad.error
    assert re.search(bad.says, str(caught.value)), str(caught.value)
