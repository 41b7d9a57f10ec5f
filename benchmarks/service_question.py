"""The question that the benchmark of the service asks again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warmfit import Client, DatasetRef, FitterConfig
from warmfit.results import EagerFitResults, LazyFitResults
from warmfit_fitting.arrays import FloatArray
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb

ROWS = 100_000
NAME = "benchmark"


@dataclass(frozen=True)
class Question:
    """A registered column, the configuration that it is fitted with, the results, and the request that asks for them."""

    ref: DatasetRef
    config: FitterConfig
    results: EagerFitResults | LazyFitResults
    request: bytes


def column() -> FloatArray:
    """A seeded column of gamma draws, (ROWS,)."""
    return np.random.default_rng(20240101).gamma(2.5, 3.0, size=ROWS)


def varied(bins: int) -> FitterConfig:
    """A configuration that nobody has asked for yet: another histogram behind SSE."""
    return FitterConfig(bins=bins, use_rice_rule=False)


def question(client: Client) -> Question:
    """The question, asked once: the default catalogue on a column of gamma draws."""
    ref, config = client.put(column(), ["value"], name=NAME), FitterConfig()
    results = client.fit(ref, config)
    (fitted,) = results.columns
    assert fitted.summary is not None
    task = pb.FitTask(fingerprint=fitted.summary.fingerprint, spec=codec.spec_to_wire(fitted.spec))
    return Question(ref, config, results, pb.FitRequest(tasks=[task], timeout=60.0).SerializeToString())
