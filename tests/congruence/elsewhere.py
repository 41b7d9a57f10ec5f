"""Calls whose data do not lie in a frame's columns, or are asked of a part of the engine: the same rows on every backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from tests.conftest import real_column, simulated

from warmfit import Censoring, DistributionFitter, FitterConfig, Weights, summarize

FAMILIES = ["norm", "gamma", "erlang", "lognorm", "genpareto", "johnsonsu", "norminvgauss", "vonmises", "t", "pareto"]
SMALL = {"included_distributions": FAMILIES}


def two_columns() -> pd.DataFrame:
    return pd.DataFrame(
        {"a": simulated("gamma(2.5)", 6_000), "b": simulated("Cauchy", 6_000), "c": np.full(6_000, 3.0)}
    )


def survival() -> pd.DataFrame:
    """Times of which a third are censored on the right and some on the left, with entries, intervals and counts."""
    rng = np.random.default_rng(31)
    life, end = rng.weibull(1.5, 400) * 10, rng.exponential(15, 400)
    time, died = np.minimum(life, end), life <= end
    early = died & (rng.random(400) < 0.1)
    return pd.DataFrame(
        {
            "time": time,
            "died": died,
            "state": np.where(early, "left", np.where(died, "none", "right")),
            "until": np.where(died, time + 1.0, np.nan),
            "times": rng.integers(1, 4, 400),
            "entry": np.where(rng.random(400) < 0.5, 0.5 * time, np.nan),
        }
    )


ON_BACKENDS: dict[str, Callable[[DistributionFitter], Any]] = {
    "exact column": lambda f: f.fit(real_column("danish"), column="value", **SMALL),
    "binned column": lambda f: f.fit(simulated("lognormal(1.2)", 50_000), **SMALL),
    "every default family": lambda f: f.fit(real_column("precip")),
    "maximum spacing": lambda f: f.fit(real_column("danish"), estimation_method="mse", **SMALL),
    "the method of moments": lambda f: f.fit(real_column("danish"), estimation_method="mme", **SMALL),
    "the method that the data call for": lambda f: f.fit(real_column("danish"), estimation_method="auto", **SMALL),
    "polars, a column that cannot be fitted beside two that can": lambda f: f.fit(
        pl.from_pandas(two_columns()), columns=["a", "b", "c"], **SMALL
    ),
    "Arrow, histogram of 7 bins": lambda f: f.fit(pa.table({"x": real_column("rivers")}), bins=7, **SMALL),
    "truncated": lambda f: f.fit(real_column("ozone"), lower_bound=0.0, upper_bound=500.0, **SMALL),
    "support at zero": lambda f: f.fit(real_column("ozone"), support_at_zero=True, **SMALL),
    "fixed location": lambda f: f.fit(real_column("ozone"), fixed={"loc": 0.0}, **SMALL),
    "weights": lambda f: f.fit(real_column("precip"), weights=np.arange(70.0), **SMALL),
    "analytic weights": lambda f: f.fit(real_column("precip"), weights=Weights(np.arange(70.0), "analytic"), **SMALL),
    "censored, weighted and truncated": lambda f: f.fit(
        survival(), column="time", censoring="state", weights="times", truncation=("entry", 1_000), **SMALL
    ),
    "an event indicator": lambda f: f.fit(
        pl.from_pandas(survival()), column="time", censoring=Censoring("died", "event"), lower_bound=0, **SMALL
    ),
    "intervals, bounded": lambda f: f.fit(
        survival(), column="life", censoring=("time", "until"), upper_bound=500, **SMALL
    ),
    "a summary of incomplete rows": lambda f: f.fit(
        summarize(survival(), "time", censoring="state", truncation=("entry", None)), **SMALL
    ),
    "lazy metrics": lambda f: f.fit(real_column("precip"), lazy_metrics=True, **SMALL).materialize(),
    "p-values": lambda f: f.fit(
        real_column("precip"), config=FitterConfig(included_distributions=("norm", "erlang", "gamma"), n_bootstrap=19)
    ),
    "missing values": lambda f: f.fit([1.0, None, 4.0, float("nan"), 2.0, 9.0], **SMALL),
    "summaries": lambda f: f.fit(summarize(two_columns(), ["a"]), column="a", **SMALL),
}
