"""What a Spark session takes for one thing, as JSON, in a process of its own.

python timed_spark.py peer|warmfit COLUMN.parquet      the fit of a column with the default catalogue, all rows
python timed_spark.py passes ROWS                      summaries beside `agg(count, min, max)`, of one column and of eight
python timed_spark.py shapes ROWS                      how far estimates lie from those of the exact rows

All sessions have the same settings, and every figure is the least of several rounds, of wall time and of processor time of
all the session's processes.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil

SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "4g",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
CORES = min(4, os.cpu_count() or 1)


def session() -> Any:
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local[{CORES}]").appName("benchmark")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def processor_time() -> float:
    """Seconds that this process, the JVM and its Python workers have computed."""
    total = 0.0
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.Error:
            continue
    return total


def least(act: Callable[[], Any], rounds: int) -> dict[str, float]:
    """The least wall time and the least processor time of several rounds."""
    taken = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), processor_time()
        act()
        taken.append((time.perf_counter() - wall, processor_time() - cpu))
    return {"wall": min(t[0] for t in taken), "cpu": min(t[1] for t in taken)}


def peer(path: str) -> dict[str, Any]:
    """spark-bestfit as its documentation uses it with Spark."""
    from spark_bestfit import DistributionFitter, SparkBackend

    return _fit(path, lambda spark, df: DistributionFitter(backend=SparkBackend(spark)).fit(df, column="value").df)


def warmfit(path: str) -> dict[str, Any]:
    """The whole way: summary by Spark, fits here, metrics, table."""
    from warmfit import DistributionFitter

    return _fit(path, lambda _spark, df: DistributionFitter().fit(df, column="value").df)


def _fit(path: str, fit: Callable[[Any, Any], Any]) -> dict[str, Any]:
    spark = session()
    df = spark.read.parquet(path).cache()
    rows = df.count()
    frames: list[Any] = []
    found = least(lambda: frames.append(fit(spark, df)), 2)
    table = frames[-1]
    families = table.count() if not hasattr(table, "status") else int((table["status"] == "ok").sum())
    return {**found, "rows": rows, "families": int(families)}


def passes(rows: str) -> dict[str, Any]:
    """One column and eight, cached."""
    from warmfit.spark import summarize

    spark = session()
    draw = ", ".join(f"exp(randn({seed}) * 1.2D) as v{seed}" for seed in range(8))
    df = spark.range(int(rows), numPartitions=2 * CORES).selectExpr(*draw.split(", ")).cache()
    df.count()
    names = df.columns
    plain = [f"{function}(v0)" for function in ("count", "min", "max")]
    least(lambda: df.selectExpr(*plain).collect(), 2)
    return {
        "agg": least(lambda: df.selectExpr(*plain).collect(), 5),
        "one": least(lambda: summarize(df, "v0"), 4),
        "eight": least(lambda: summarize(df, names), 2),
    }


SHAPES: dict[str, tuple[Callable[[np.random.Generator, int], np.ndarray], str, dict[str, float]]] = {
    "gamma(2.5)": (lambda rng, n: rng.gamma(2.5, size=n), "gamma", {"loc": 0.0}),
    "gamma(0.5)": (lambda rng, n: rng.gamma(0.5, size=n), "gamma", {"loc": 0.0}),
    "lognormal(1.2)": (lambda rng, n: rng.lognormal(0.0, 1.2, size=n), "lognorm", {"loc": 0.0}),
    "t(3)": (lambda rng, n: rng.standard_t(3, size=n), "t", {}),
    "Weibull(0.7)": (lambda rng, n: rng.weibull(0.7, size=n), "weibull_min", {"loc": 0.0}),
    "Pareto(1.5)": (lambda rng, n: rng.pareto(1.5, size=n) + 1.0, "pareto", {"loc": 0.0, "scale": 1.0}),
    "Beta(0.6, 0.8)": (lambda rng, n: rng.beta(0.6, 0.8, size=n), "beta", {"loc": 0.0, "scale": 1.0}),
    "Cauchy": (lambda rng, n: rng.standard_cauchy(size=n), "cauchy", {}),
    "spikes, gamma": (
        lambda rng, n: np.where(rng.random(n) < 0.3, rng.choice([1.0, 2.0, 5.0], n), rng.gamma(2.5, size=n)),
        "gamma",
        {"loc": 0.0},
    ),
    "spikes, normal": (
        lambda rng, n: np.where(rng.random(n) < 0.3, rng.choice([-1.0, 0.0, 3.0], n), rng.normal(size=n)),
        "norm",
        {},
    ),
}  # fmt: skip


def shapes(rows: str) -> dict[str, Any]:
    """For each shape the distance of the estimates from the maximum over the exact rows, in standard errors."""
    import pandas as pd

    from warmfit import DistributionFitter, LocalBackend
    from warmfit.spark import summarize

    spark, n = session(), int(rows)
    columns = {shape: draw(np.random.default_rng(1), n) for shape, (draw, _, _) in SHAPES.items()}
    df = spark.createDataFrame(pd.DataFrame(columns)).cache()
    summaries = summarize(df, list(columns))
    found = {}
    for shape, (_, family, fixed) in SHAPES.items():
        fitter = DistributionFitter(backend=LocalBackend(1))
        (fit,) = fitter.fit({shape: summaries[shape]}, included_distributions=[family], fixed=fixed or None)
        found[shape] = {"distance": _distance(fit, columns[shape]), "bins": len(summaries[shape].observed.count)}
    return found


def _distance(fit: Any, x: np.ndarray) -> float:
    """How far one Newton step over the exact rows moves the estimates, the largest, in standard errors."""
    from scipy import stats

    theta, known = np.array(fit.parameters), fit.standard_errors
    errors = (
        np.full(len(theta), theta[-1] / len(x) ** 0.5) if known is None else np.array(known)
    )  # no more than they are
    free = np.flatnonzero(np.isfinite(errors) & (errors > 0))
    density, h = getattr(stats, fit.distribution).logpdf, 0.1 * errors[free]

    def loglik(*moves: tuple[int, float]) -> float:
        moved = theta.copy()
        for k, sign in moves:
            moved[free[k]] += sign * h[k]
        return float(density(x, *moved).sum())

    size, middle = len(free), loglik()
    gradient = np.array([loglik((k, 1)) - loglik((k, -1)) for k in range(size)]) / (2 * h)
    hessian = np.empty((size, size))
    for a in range(size):
        hessian[a, a] = (loglik((a, 1)) - 2 * middle + loglik((a, -1))) / h[a] ** 2
        for b in range(a):
            corners = sum(s * t * loglik((a, s), (b, t)) for s in (1, -1) for t in (1, -1))
            hessian[a, b] = hessian[b, a] = corners / (4 * h[a] * h[b])
    step = np.linalg.solve(hessian, -gradient)
    return float(np.max(np.abs(step) / errors[free]))


def main() -> None:
    what, given = sys.argv[1:]
    warnings.simplefilter("ignore")
    print(json.dumps({"peer": peer, "warmfit": warmfit, "passes": passes, "shapes": shapes}[what](given)))


if __name__ == "__main__":
    main()
