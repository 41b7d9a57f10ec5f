"""Ten families fitted to each of ten thousand groups: against SciPy's `fit` in Spark's `groupBy().applyInPandas`, same run.

make bench-groups, or `python benchmarks/groups.py [--groups N] [--scipy-groups N] [--tiny N]`; it writes a section of
docs/performance.md, and its last line is the ratio. Spark's pandas workers and warmfit's have two processors each.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import ledger
from warmfit import DistributionFitter, FitterConfig, GroupedFitResults, LocalBackend
from warmfit_fitting.continuous import coordinates_of
from warmfit_fitting.engine import prepare
from warmfit_fitting.families.catalogue import CATALOGUE
from warmfit_fitting.likelihood.budget import Budget
from warmfit_fitting.likelihood.objective import Objective
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import summarize_values

NAMES = ("norm", "expon", "gamma", "lognorm", "weibull_min", "logistic", "gumbel_r", "uniform", "rayleigh", "t")
ROWS = 1000
WORKERS = 2
SCHEMA = "k long, distribution string, parameters array<double>, loglik double, seconds double"
TINY_ROWS = 10
TINY_NAMES = ("norm", "expon")
NATS = 0.01  # by which log-likelihoods may differ that are called the same
LAWS: tuple[Callable[[np.random.Generator], Any], ...] = (
    lambda rng: rng.gamma(2.0, 3.0, ROWS),
    lambda rng: rng.lognormal(0.5, 0.6, ROWS),
    lambda rng: 10.0 + 2.0 * rng.standard_t(5, ROWS),
    lambda rng: rng.normal(3.0, 2.0, ROWS),
    lambda rng: 4.0 * rng.weibull(1.3, ROWS),
    lambda rng: 20.0 + rng.gumbel(0.0, 3.0, ROWS),
)


def frame(groups: int, seed: int) -> pd.DataFrame:
    """`groups` groups of rows drawn from one law each, in turn."""
    rng = np.random.default_rng(seed)
    values = np.concatenate([LAWS[g % len(LAWS)](rng) for g in range(groups)])
    return pd.DataFrame({"k": np.repeat(np.arange(groups), ROWS), "x": values})


def by_scipy(rows: pd.DataFrame) -> pd.DataFrame:
    """SciPy's fits of one group, with the plain log-likelihood of its rows."""
    warnings.simplefilter("ignore")
    x, found = rows["x"].to_numpy(), []
    for name in NAMES:
        law, started = getattr(stats, name), time.process_time()
        try:
            parameters = law.fit(x)
            loglik = float(law.logpdf(x, *parameters).sum())
        except Exception:  # a family that SciPy gives up on has no parameters
            parameters, loglik = (), float("nan")
        found.append((rows["k"].iloc[0], name, list(map(float, parameters)), loglik, time.process_time() - started))
    return pd.DataFrame(found, columns=["k", "distribution", "parameters", "loglik", "seconds"])


def spark_session() -> Any:
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{WORKERS}]").appName("bench-groups")
    settings = {
        "spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1",
        "spark.sql.shuffle.partitions": str(2 * WORKERS), "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.driver.memory": "2g",
    }  # fmt: skip
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def scipy_in_spark(session: Any, rows: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """What SciPy finds of each group, and the wall time of the job, its frame being cached and its workers warm."""
    spread = session.createDataFrame(rows).repartition(2 * WORKERS, "k").cache()
    spread.count()
    spread.where(f"k < {rows['k'].min() + WORKERS}").groupBy("k").applyInPandas(by_scipy, SCHEMA).count()
    started = time.perf_counter()
    found = spread.groupBy("k").applyInPandas(by_scipy, SCHEMA).toPandas()
    taken = time.perf_counter() - started
    spread.unpersist()
    return found, taken


def by_warmfit(rows: pd.DataFrame, lazy: bool) -> tuple[GroupedFitResults, float, float]:
    """All groups, with the wall time and the processor time of all processes."""
    config = FitterConfig(groupby="k", included_distributions=NAMES, lazy_metrics=lazy)
    before, started = _processor_time(), time.perf_counter()
    results = DistributionFitter(backend=LocalBackend(WORKERS)).fit(rows, column="x", config=config)
    wall = time.perf_counter() - started
    assert isinstance(results, GroupedFitResults)
    return results, wall, _processor_time() - before


def _processor_time() -> float:
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def likelihoods(rows: pd.DataFrame, results: GroupedFitResults, found: pd.DataFrame) -> pd.DataFrame:
    """Of each group and family what ours has above SciPy's, by the plain and by the bounded likelihood of the same rows."""
    theirs = found.set_index(["k", "distribution"])
    differences = []
    for key, part in rows.groupby("k"):
        x, ours = part["x"].to_numpy(), {row.distribution: row for row in results.for_group(int(key))}
        problem = prepare(summarize_values(x), FitSpec(families=NAMES))
        for name in NAMES:
            other = theirs.loc[(key, name)]
            if not len(other["parameters"]):
                continue
            family = CATALOGUE[name]
            objective = Objective(
                family, problem.view, Budget(10), problem.window, coordinates_of(problem, family).held
            )
            both = np.array([problem.standardized(tuple(p)) for p in (ours[name].parameters, other["parameters"])])
            bounded = objective(both) * len(x)
            plain = float(getattr(stats, name).logpdf(x, *ours[name].parameters).sum()) - other["loglik"]
            differences.append((name, plain, float(bounded[0] - bounded[1]) if np.isfinite(bounded[1]) else np.inf))
    return pd.DataFrame(differences, columns=["distribution", "plain", "bounded"])


def compared(differences: pd.DataFrame) -> str:
    rows = []
    for name, part in differences.groupby("distribution", sort=False):
        shares = [f"{(part[kind] >= -NATS).mean():.1%}" for kind in ("bounded", "plain")]
        higher = f"{(part['bounded'] > NATS).mean():.1%}"
        rows.append((name, shares[0], higher, f"{part['bounded'].min():.2g}", shares[1]))
    return ledger.table(
        ("family", "bounded: same or higher", "bounded: higher", "bounded: least difference", "plain: same or higher"),
        rows,
    )


TINY = """
import json, resource, sys, time
import numpy as np, pandas as pd
from warmfit import DistributionFitter, FitterConfig, LocalBackend
groups, rows, stream = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "stream"
frame = pd.DataFrame({"k": np.repeat(np.arange(groups), rows), "x": np.random.default_rng(1).gamma(2.0, 3.0, groups * rows)})
fitter = DistributionFitter(backend=LocalBackend(2))
config = FitterConfig(groupby="k", included_distributions=sys.argv[4].split(","))
next(fitter.fit_groups(frame.iloc[: 50 * rows], column="x", config=config))
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
if stream:
    n = sum(len(part.top()) for part in fitter.fit_groups(frame, column="x", config=config))
else:
    n = fitter.fit(frame, column="x", config=config).count()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
taken = {"n": n, "wall": time.perf_counter() - started, "peak": (peak - held) / 1024}
print(json.dumps({**taken, "frame": float(frame.memory_usage().sum() / 2**20)}))
"""


def tiny(groups: int) -> str:
    """What a million tiny groups take, as a stream of blocks and all at once."""
    rows = []
    for way in ("stream", "whole"):
        command = [sys.executable, "-c", TINY, str(groups), str(TINY_ROWS), way, ",".join(TINY_NAMES)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        taken = json.loads(done.stdout)
        label = "`fit_groups`, block by block" if way == "stream" else "`fit`, all results held"
        rows.append((label, f"{taken['n']:,}", f"{taken['wall']:.0f}", f"{taken['frame']:.0f}", f"{taken['peak']:.0f}"))
        print(rows[-1], flush=True)
    text = (
        f"{groups:,} groups of {TINY_ROWS} rows, {' and '.join(TINY_NAMES)}; memory is the peak of the process beyond what "
        "it held with the frame and every import, keys and values sorted by group included."
    )
    return text + "\n\n" + ledger.table(("", "rows", "s", "frame MB", "peak beyond it MB"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--scipy-groups", type=int, default=200, help="groups that SciPy fits; its time is scaled")
    parser.add_argument("--tiny", type=int, default=1_000_000, help="tiny groups, 0 to leave them out")
    parser.add_argument("--print", action="store_true", help="do not write the page")
    given = parser.parse_args()
    everything = frame(given.groups, 1)
    some = everything[everything["k"] < given.scipy_groups]
    half = given.scipy_groups // 2
    results, wall, processor = by_warmfit(everything, lazy=False)  # forks before Spark's threads are there
    bare, bare_wall, bare_processor = by_warmfit(everything, lazy=True)
    print(f"warmfit {wall:.1f} s, without distances {bare_wall:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        session = spark_session()
        parts = [scipy_in_spark(session, part) for part in (some[some["k"] < half], some[some["k"] >= half])]
        session.stop()
        os.chdir(Path(__file__).parents[1])
    found, taken = pd.concat([part for part, _ in parts]), sum(seconds for _, seconds in parts)
    scaled = taken * given.groups / given.scipy_groups
    inside = found["seconds"].sum() * given.groups / given.scipy_groups
    differences = likelihoods(some, results, found)
    rows = [
        ("SciPy's fit in applyInPandas", f"{given.scipy_groups}, scaled", f"{scaled:.0f}", f"{inside:.0f}", "1"),
        ("warmfit, KS, AD, CvM and SSE too", given.groups, f"{wall:.1f}", f"{processor:.0f}", f"{scaled / wall:.1f}"),
        (
            "warmfit, `lazy_metrics=True`", given.groups, f"{bare_wall:.1f}", f"{bare_processor:.0f}",
            f"{scaled / bare_wall:.1f}",
        ),
    ]  # fmt: skip
    same = (differences["bounded"] >= -NATS).mean()
    statuses = ", ".join(f"{n} {s}" for s, n in results.df["status"].value_counts().items())
    verdict = (
        f"**warmfit is {scaled / wall:.1f} × as fast as SciPy's `fit` in `applyInPandas`; {same:.2%} of its log-likelihoods "
        f"are the same or higher.** Rows: {statuses}; lazy ones {len(bare)}."
    )
    text = (
        f"{given.groups:,} groups of {ROWS} rows from six laws, {', '.join(NAMES)}. Spark: local[{WORKERS}], frame "
        f"cached and partitioned by key, Python workers warm, the job's wall time; processor time is that inside SciPy's "
        f"calls alone. warmfit: `fit(frame, groupby=…)` from a pandas frame, {WORKERS} processes, from rows to results, "
        "summaries included."
    )
    measures = (
        "Log-likelihoods of the same rows at both estimates. Bounded: the measure that warmfit maximizes (ADR 3), at "
        "SciPy's estimates too. Plain: the sum of SciPy's log-densities, which is unbounded where a shape lets the "
        f"density be infinite at the smallest value, so that it can be won by a spike. The same: within {NATS} nats."
    )
    parts_of_page = [
        text,
        ledger.table(("", "groups", "s", "processor s", "ratio"), rows),
        measures,
        compared(differences),
    ]
    if given.tiny:
        parts_of_page.append(tiny(given.tiny))
    page = ledger.section("By group", *parts_of_page, verdict)
    if given.print:
        print(page)
    else:
        ledger.put("performance.md", "groups", page)
    print(verdict)


if __name__ == "__main__":
    main()
