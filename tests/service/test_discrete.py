"""Discrete families in this process and through the service: the same rows to the last digit, the same errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.service.conftest import Running

from warmfit import (
    Client,
    DiscreteDistributionFitter,
    DiscreteDistributionRegistry,
    DistributionFitResult,
    FitterConfig,
    InvalidInput,
    LocalBackend,
    summarize,
)
from warmfit_fitting.engine import fit_family, prepare
from warmfit_fitting.families.every import EVERY
from warmfit_fitting.fitted import fitted
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

pytestmark = pytest.mark.ray

FAMILIES = ["poisson", "nbinom", "zi_poisson", "binom", "hypergeom", "betabinom", "zipf", "skellam"]
RNG = np.random.default_rng(4)
COUNTS = RNG.negative_binomial(3, 0.3, 400)
CALLS: dict[str, Callable[[DiscreteDistributionFitter], Any]] = {
    "every default family": lambda f: f.fit(COUNTS),
    "polars, a column with fractions beside one without": lambda f: f.fit(
        pl.DataFrame({"n": COUNTS, "x": COUNTS + 0.5}), columns=["n", "x"], included_distributions=FAMILIES
    ),
    "binned column": lambda f: f.fit(RNG_WIDE, included_distributions=["nbinom", "poisson", "geom", "planck"]),
    "fixed": lambda f: f.fit(COUNTS, fixed={"loc": -1, "n": 20.0}, included_distributions=["binom", "nbinom"]),
    "weights": lambda f: f.fit(np.arange(12), weights=np.arange(12.0), included_distributions=FAMILIES),
    "lazy metrics": lambda f: f.fit(COUNTS, lazy_metrics=True, included_distributions=FAMILIES).materialize(),
}
RNG_WIDE = np.random.default_rng(5).negative_binomial(2, 1e-5, 20_000)


def frame(results: Any) -> pd.DataFrame:
    return results.to_pandas().drop(columns=["elapsed"])


@pytest.mark.parametrize("call", CALLS)
def test_rows_of_counts_are_the_same_to_the_last_digit(call: str, service: Running) -> None:
    here = CALLS[call](DiscreteDistributionFitter(backend=LocalBackend()))
    there = CALLS[call](DiscreteDistributionFitter(service.address))
    pd.testing.assert_frame_equal(frame(there), frame(here), check_exact=True)


def test_fractions_are_refused_as_they_are_here(service: Running) -> None:
    said = []
    for target in (None, service.address):
        with pytest.raises(InvalidInput, match=r"column 'x': 0\.5 is not a whole number") as caught:
            DiscreteDistributionFitter(target).fit(pd.DataFrame({"x": [0.5, 1.0, 2.0]}))
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_progress_of_discrete_fits_comes_from_the_stream(service: Running) -> None:
    seen: list[float] = []
    DiscreteDistributionFitter(service.address).fit(
        RNG_WIDE[:300], progress_callback=lambda *event: seen.append(event[2]), included_distributions=FAMILIES
    )
    assert len(seen) == len(FAMILIES)
    assert seen[-1] == 100.0


def test_the_client_fits_draws_and_evaluates_discrete_families(service: Running) -> None:
    config = FitterConfig(included_distributions=FAMILIES)
    here = DiscreteDistributionFitter().fit(summarize(COUNTS, None), config=config)
    best = here.best()[0]
    with Client(service.address) as client:
        ref = client.put(COUNTS, ["value"])
        pd.testing.assert_frame_equal(frame(client.fit(ref, config)), frame(here), check_exact=True)
        drawn = np.concatenate(list(client.sample(best, 3_000, seed=5)))
        np.testing.assert_array_equal(drawn, best.sample(3_000, random_state=5))
        for name in ("pmf", "logpmf", "cdf", "sf"):
            points = [0.0, 1.0, 7.0, 2.5]
            np.testing.assert_array_equal(client.evaluate(best, name, points), getattr(best, name)(points))
        with pytest.raises(InvalidInput, match="discrete and has no density"):
            client.evaluate(best, "pdf", [1.0])
        known = {info.name: info for info in client.distributions()}
    for name in DiscreteDistributionRegistry.ALL_DISTRIBUTIONS:
        assert known[name].discrete
        assert known[name].parameters[-1] == "loc"
    assert not known["gamma"].discrete


def test_truncated_and_censored_counts_are_the_same_through_the_service(service: Running) -> None:
    seen = COUNTS[COUNTS > 0].astype(np.float64)
    weights = np.arange(1.0, 1 + len(seen))
    summary = summarize_values(np.minimum(seen, 10.0), weights, censoring=seen > 9, truncation=(1, None))
    problem = prepare(summary, FitSpec(tuple(FAMILIES)))
    rows = [fit_family(problem, EVERY[name]) for name in FAMILIES]
    fitter = DiscreteDistributionFitter(service.address)
    there = fitter.fit({"n": summary}, included_distributions=FAMILIES).to_pandas()
    for row in rows:
        same = there[there["distribution"] == row.distribution].iloc[0]
        assert list(same["parameters"]) == list(row.parameters)
        assert row.status != "ok" or (same["loglik"], same["bic"]) == (row.loglik, row.bic)


def test_a_truncated_law_draws_and_evaluates_through_the_service_as_it_does_here(service: Running) -> None:
    law = fitted("nbinom", (2.5, 0.3, 0.0), (1.0, 9.0))
    result = DistributionFitResult("nbinom", [2.5, 0.3, 0.0], lower_bound=1.0, upper_bound=9.0)
    with Client(service.address) as client:
        drawn = np.concatenate(list(client.sample(result, 2_000, seed=5)))
        np.testing.assert_array_equal(drawn, result.sample(2_000, random_state=5))
        assert (drawn.min(), drawn.max()) == (1.0, 9.0)
        for name in ("pmf", "logpmf", "cdf", "sf"):
            points = [0.0, 1.0, 7.0, 2.5, 9.0, 10.0]
            np.testing.assert_array_equal(client.evaluate(result, name, points), getattr(law, name)(points))
