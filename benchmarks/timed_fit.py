"""One fit, timed in a process of its own: what it took, as JSON.

python timed_fit.py peer|warmfit|steps|named|density COLUMN.npy [WORKERS]

`peer` and `warmfit`: from the column to the table of results, all metrics. `steps`: summary and fit apart, and
each family's time. `named`: the same for the families that are fitted when named only. `density`: the share of a fit that
goes to log-densities. Imports come before the clock starts, pools of threads or processes after.
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


def named(x: np.ndarray, workers: int | None) -> Fit:
    """The families that are left out by default and can be fitted."""
    from warmfit import DistributionFitter, LocalBackend
    from warmfit_fitting.families.catalogue import CATALOGUE

    names = [name for name, family in CATALOGUE.items() if family.off_by_default]

    def fit() -> dict[str, Any]:
        fitter = DistributionFitter(backend=LocalBackend(workers), excluded_distributions=())
        rows = fitter.fit(x, included_distributions=names).df
        return {"by_family": dict(zip(rows["distribution"], rows["elapsed"], strict=True))}

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
    """The most memory this process has held so far, and at most what its children had that was not its own."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return peak + resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt * resource.getpagesize()


def processor_time() -> float:
    """Seconds that this process and the children that ended have computed."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def main() -> None:
    prepare, path, *workers = sys.argv[1:]
    warnings.simplefilter("ignore")
    fit = globals()[prepare](np.load(path), int(workers[0]) if workers else None)
    held = peak_bytes()
    wall, cpu = time.perf_counter(), processor_time()
    found = fit()
    found |= {"wall": time.perf_counter() - wall, "cpu": processor_time() - cpu, "memory": peak_bytes() - held}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
