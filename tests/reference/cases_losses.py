"""Insurance losses: truncated at deductibles, censored at limits, grouped."""

from __future__ import annotations

import numpy as np
from tests.conftest import real_column
from tests.reference.case import Case, log_scale, rows_of
from tests.reference.plain import Rows

KPW = "Klugman, Panjer & Willmot, Loss Models: From Data to Decisions"
DANISH = "Danish fire losses (McNeil 1997, ASTIN Bulletin 27)"


def danish(above: float) -> Rows:
    """The losses of tests/data/danish.csv above a threshold."""
    x = real_column("danish")
    return Rows(x, x, np.ones(len(x))).above(above)


def with_policies() -> Rows:
    """Data set B with a deductible of 0, 50 or 100 and a limit of 1000, 5000 or none, policy by policy in turn."""
    b = rows_of("losses_b")
    turn = np.arange(len(b.lower)) % 3
    deductible, limit = np.array([0.0, 50.0, 100.0])[turn], np.array([1000.0, 5000.0, np.inf])[(turn + 1) % 3]
    seen = b.lower > deductible
    return Rows(b.lower[seen], b.upper[seen], b.count[seen], deductible[seen]).limited(limit[seen])


CASES = [
    Case(
        "data set B, gamma",
        KPW,
        "gamma",
        rows_of("losses_b"),
        {"a": "0.55616", "scale": "2561.1"},
        "-162.29",
    ),
    Case("data set B, exponential", KPW, "expon", rows_of("losses_b"), {"scale": "1424.4"}, "-165.23"),
    Case(
        "data set B, lognormal",
        KPW + ": mean and standard deviation of the logarithms",
        "lognorm",
        rows_of("losses_b"),
        {"mu": ("6.1379", log_scale), "s": "1.3894"},
        "-157.71",
    ),
    Case("data set B, Pareto", KPW, "lomax", rows_of("losses_b")),
    Case(
        "data set B censored at 250, exponential",
        KPW + ": (909 + 13 · 250) / 7",
        "expon",
        rows_of("losses_b").limited(250.0),
        {"scale": "594.14"},
        digits=4,
    ),
    Case(
        "data set B truncated at 200, exponential",
        KPW + ": the mean excess of the 14 losses above 200",
        "expon",
        rows_of("losses_b").above(200.0),
        {"scale": "1787.29"},
    ),
    Case("data set B truncated at 200, Pareto", KPW, "lomax", rows_of("losses_b").above(200.0)),
    Case("data set B truncated at 200, lognormal", KPW, "lognorm", rows_of("losses_b").above(200.0)),
    Case("data set B with deductibles and limits, lognormal", KPW, "lognorm", with_policies()),
    Case("data set B with deductibles and limits, Weibull", KPW, "weibull_min", with_policies()),
    Case(
        "data set C, grouped, exponential",
        KPW,
        "expon",
        rows_of("losses_c"),
        {"scale": "29721"},
        "-406.03",
    ),
    Case("data set C, grouped, lognormal", KPW, "lognorm", rows_of("losses_c")),
    Case("data set C, grouped, Pareto", KPW, "lomax", rows_of("losses_c")),
    Case(
        "Danish losses above 20, generalized Pareto",
        DANISH + ": threshold 20, 36 losses",
        "genpareto",
        rows_of("danish_above_20"),
        {"xi": ("0.684", lambda p: p["c"])},
        fixed={"loc": 20.0},
    ),
    Case(
        "Danish losses above 5, Pareto truncated there",
        DANISH + "; Hill (1975), Ann. Statist. 3: n / Σ log(x / 5)",
        "pareto",
        danish(above=5.0),
        {"b": "1.372194"},
        fixed={"loc": 0.0, "scale": 1.0},
    ),
    Case("Danish losses above 1, lognormal truncated there", DANISH, "lognorm", danish(above=1.0)),
]
