"""One fit, timed in a process of its own: what it took, as JSON.

python timed_fit.py peer|warmfit|steps|density COLUMN.npy [WORKERS]

`peer` and `warmfit`: from the column to the table of results, all metrics. `steps`: summary and fit apart, and
each family's time. `density`: the share of a fit that goes to log-densities. Imports come before the clock starts,
thread pools after.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Fit = Callable[[], dict[str, Any]]


def peer(x: np.ndarray, workers: int | None) -> Fit:
    """spark-bestfit as its documentation uses it without Spark."""
    import pandas as pd
    from spark_bestfit import DistributionFitter, LocalBackend

    frame = pd.DataFrame({"value": x})

    def fit() -> dict[str, Any]:
        frame_of_results = DistributionFitter(backend=LocalBackend(workers)).fit(frame, column="value").df
        return {"families": len(frame_of_results)}  # it leaves out those that failed

    return fit


def warmfit(x: np.ndarray, workers: int | None) -> Fit:
    """The whole way: summary, fits, metrics, table."""
    from warmfit import DistributionFitter, LocalBackend

    def fit() -> dict[str, Any]:
        rows = DistributionFitter(backend=LocalBackend(workers)).fit(x).df
        return {"families": int((rows["status"] == "ok").sum())}

    return fit


def steps(x: np.ndarray, workers: int | None) -> Fit:
    """Summary and fit timed apart."""
    from warmfit import DistributionFitter, LocalBackend, summarize

    def fit() -> dict[str, Any]:
        started = time.perf_counter()
        summaries = summarize(x, None)
        summarized = time.perf_counter() - started
        rows = DistributionFitter(backend=LocalBackend(workers)).fit(summaries).df
        return {"summary": summarized, "by_family": dict(zip(rows["distribution"], rows["elapsed"], strict=True))}

    return fit


def density(x: np.ndarray, workers: int | None) -> Fit:
    """The fit with a clock around every log-density; meant for one worker."""
    from warmfit import DistributionFitter, LocalBackend
    from warmfit_fitting.families.catalogue import CATALOGUE

    spent = 0.0

    def clocked(logpdf: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        def call(*args: np.ndarray) -> np.ndarray:
            nonlocal spent
            started = time.perf_counter()
            try:
                return logpdf(*args)
            finally:
                spent += time.perf_counter() - started

        return call

    for family in CATALOGUE.values():
        family.logpdf = clocked(family.logpdf)  # type: ignore[method-assign]

    def fit() -> dict[str, Any]:
        DistributionFitter(backend=LocalBackend(workers)).fit(x)
        return {"density": spent}

    return fit


def peak_bytes() -> int:
    """The most memory this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    prepare, path, *workers = sys.argv[1:]
    warnings.simplefilter("ignore")
    fit = globals()[prepare](np.load(path), int(workers[0]) if workers else None)
    held = peak_bytes()
    wall, cpu = time.perf_counter(), time.process_time()
    found = fit()
    found |= {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "memory": peak_bytes() - held}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
