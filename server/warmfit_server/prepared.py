"""`Prepared`: the summaries of a worker, and what was prepared from them, for the threads that fit."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from warmfit_fitting.engine import prepare
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.catalogue import Catalogue
from warmfit_fitting.families.every import AnyFamily, is_discrete
from warmfit_fitting.problem import Problem
from warmfit_fitting.spec import FitSpec
from warmfit_fitting.summary import ColumnSummary
from warmfit_server.cache import ByteCache
from warmfit_server.jobs import Job
from warmfit_server.metrics import WorkerMetrics
from warmfit_server.settings import Settings

OVERHEAD = 40  # bytes kept per byte of a summary: views, points, rows
PREPARED = 8000  # bytes of a summary without any rows that what is prepared from it is worth


class Prepared:
    """Keeps summaries and problems within the budget of `settings`; any thread may ask.

    The lock is held while a cache is looked at, never while something is computed.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue[AnyFamily]) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        budget, ttl = settings.summary_cache_bytes, settings.cache_ttl
        self._summaries = ByteCache[tuple[str, str], ColumnSummary](budget, ttl)
        self._problems = ByteCache[tuple[str, str, FitSpec], Problem](budget, ttl)

    def summary(self, job: Job) -> ColumnSummary | None:
        """The summary of a job, None where it is not here."""
        with self._lock:
            return self._summaries.get((job.namespace, job.fingerprint))

    def problem(self, job: Job, given: ColumnSummary | bytes) -> Problem | InvalidInput:
        """What is prepared once for all fits that differ in their families only; `given`: the summary, or its encoding.

        The answer is the error where the column cannot be fitted.
        """
        discrete = is_discrete(job.spec.families, self._catalogue)
        any_of_kind = ("poisson",) if discrete else ("norm",)
        key = job.namespace, job.fingerprint, replace(job.spec, families=any_of_kind)
        with self._lock:
            held = self._problems.get(key)
        if held is not None:
            return held
        summary = self._decoded(job, given) if isinstance(given, bytes) else given
        try:
            problem = prepare(summary, job.spec, discrete)
        except InvalidInput as error:
            return error
        with self._lock:
            self._problems.put(key, problem, OVERHEAD * (summary.nbytes + PREPARED))
        return problem

    def tell(self, metrics: WorkerMetrics) -> None:
        """Let go of what nobody has asked for in time, and say what there is."""
        with self._lock:
            caches: dict[str, ByteCache[Any, Any]] = {
                "worker_summaries": self._summaries,
                "worker_problems": self._problems,
            }
            for cache in caches.values():
                cache.expire()
            metrics.caches(caches)

    def _decoded(self, job: Job, encoded: bytes) -> ColumnSummary:
        summary = ColumnSummary.from_bytes(encoded)
        with self._lock:
            self._summaries.put((job.namespace, job.fingerprint), summary, summary.nbytes)
        return summary
