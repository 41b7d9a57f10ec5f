"""The calls that give the same rows wherever the data lie and whoever fits: each a frame, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from tests.conftest import simulated
from tests.service.families import KUMARASWAMY

from warmfit import (
    Censoring,
    DiscreteDistributionFitter,
    DistributionFitter,
    InvalidInput,
    UnknownDistribution,
    UnsupportedType,
    WarmfitError,
    Weights,
)

FEW = ("norm", "gamma", "lognorm")


@dataclass(frozen=True)
class Call:
    """A frame, the columns that are fitted, and keywords that name other columns of the frame.

    `error`: the class that the call raises, and what it says; None where it gives rows.
    """

    frame: Callable[[], pd.DataFrame]
    columns: tuple[str, ...]
    keywords: dict[str, Any] = field(default_factory=dict)
    discrete: bool = False
    error: tuple[type[WarmfitError], str] | None = None

    def on(self, data: object, backend: Any) -> Any:
        """The results of the call on the frame, as `data` holds it, where `backend` fits."""
        fitter = (DiscreteDistributionFitter if self.discrete else DistributionFitter)(backend=backend)
        if not self.discrete:
            fitter.register_distribution("kumaraswamy", KUMARASWAMY)
        families = ("poisson", "nbinom") if self.discrete else FEW
        return fitter.fit(data, columns=self.columns, **{"included_distributions": families, **self.keywords})


@cache
def claims() -> pd.DataFrame:
    """Columns of every kind beside each other: few values and many, some missing, counts, words, a constant."""
    rng = np.random.default_rng(5)
    n = 6_000
    size = simulated("gamma(2.5)", n)
    life, end = rng.weibull(1.5, n) * 10, rng.exponential(15, n)
    time, died = np.minimum(life, end), life <= end
    early = died & (rng.random(n) < 0.1)
    return pd.DataFrame(
        {
            "size": np.where(rng.random(n) < 0.01, np.nan, size),
            "rounded": np.round(size, 1),
            "heavy": simulated("Cauchy", n),
            "far": 1e9 + simulated("lognormal(1.2)", n),
            "share": rng.beta(2.0, 3.0, n),
            "count": rng.poisson(3.0, n),
            "constant": np.full(n, 4.0),
            "nothing": np.full(n, np.nan),
            "infinite": np.where(np.arange(n) == n - 7, np.inf, size),
            "word": np.where(size > 1, "north", "south"),
            "time": time,
            "died": died,
            "code": np.where(early, -1, np.where(died, 0, 1)),
            "state": np.where(early, "left", np.where(died, "none", "right")),
            "until": np.where(died, time + 1.0, np.nan),
            "times": rng.integers(0, 4, n),
            "precision": rng.random(n) + 0.5,
            "entry": np.where(rng.random(n) < 0.5, np.round(0.5 * time, 1), np.nan),
            "minus": np.where(np.arange(n) == 11, -1.0, 1.0),
            "gap": np.where(np.arange(n) == n - 11, np.nan, 1.0),
            "zero": np.zeros(n),
        }
    )


def _fits(*columns: str, discrete: bool = False, **keywords: Any) -> Call:
    return Call(claims, columns, keywords, discrete)


def _refused(error: type[WarmfitError], says: str, *columns: str, discrete: bool = False, **keywords: Any) -> Call:
    return Call(claims, columns, keywords, discrete, (error, says))


CALLS = {
    "two columns with missing values": _fits("size", "rounded"),
    "a heavy tail, and a great offset": _fits("heavy", "far"),
    "bounds": _fits("share", lower_bound=0.0, upper_bound=1.0),
    "truncated at the observed extremes": _fits("share", bounded=True),
    "fixed location, seven bins": _fits("rounded", fixed={"loc": 0.0}, bins=7),
    "weights": _fits("size", weights="times"),
    "analytic weights": _fits("size", weights=Weights("precision", "analytic")),
    "codes of censoring in words, with weights and windows": _fits(
        "time", censoring="state", weights="times", truncation=("entry", 1_000)
    ),
    "codes of censoring in numbers": _fits("time", censoring="code"),
    "an event indicator": _fits("time", censoring=Censoring("died", "event"), lower_bound=0),
    "intervals": _fits("life", censoring=("time", "until")),
    "maximum spacing": _fits("rounded", estimation_method="mse"),
    "counts": _fits("count", discrete=True),
    "a family of the user's own": _fits("share", included_distributions=["beta", "kumaraswamy"]),
    "columns that cannot be fitted beside one that can": _fits("constant", "size", "nothing", "infinite", "word"),
}

REFUSALS = {
    "no such column": _refused(InvalidInput, "no column 'sise': did you mean 'size'", "sise"),
    "no such column of weights": _refused(InvalidInput, "no column 'tims'", "size", weights="tims"),
    "no such family": _refused(UnknownDistribution, "'gama'", "size", included_distributions=["gama"]),
    "a constant": _refused(InvalidInput, "column 'constant': .*two different values", "constant"),
    "nothing": _refused(InvalidInput, "column 'nothing': .*6000 missing", "nothing"),
    "an infinity": _refused(InvalidInput, "column 'infinite': .*1 infinite value", "infinite"),
    "words": _refused(UnsupportedType, "column 'word': .*not numeric.*'(north|south)'", "word"),
    "a negative weight": _refused(InvalidInput, "weights='minus': .*negative", "size", weights="minus"),
    "a missing weight": _refused(InvalidInput, "weights='gap': .*missing", "size", weights="gap"),
    "weights of nothing": _refused(InvalidInput, "weights='zero': every weight is 0", "size", weights="zero"),
    "codes that do not say so": _refused(
        InvalidInput, "column 'time': censoring='died': .*say which", "time", censoring="died"
    ),
    "codes that are no codes": _refused(
        InvalidInput, "column 'time': censoring='times': unknown code", "time", censoring="times"
    ),
    "words that are no codes": _refused(
        InvalidInput, "column 'time': censoring='word': unknown code '(north|south)'", "time", censoring="word"
    ),
    "rows outside their windows": _refused(
        InvalidInput, "column 'time': .*outside their truncation window", "time", truncation=("size", None)
    ),
    "values outside the bounds": _refused(InvalidInput, "outside the bounds", "size", lower_bound=1.0),
    "counts that are none": _refused(InvalidInput, "column 'share'", "share", discrete=True),
}
