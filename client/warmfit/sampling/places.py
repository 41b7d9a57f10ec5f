"""The places in which rows are made: this process, files, a service, Spark, Ray; one method each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from warmfit.backends.local import LocalBackend
from warmfit.result import DistributionFitResult
from warmfit.serialization import PathLike
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, UnsupportedType
from warmfit_fitting.sampling.rows import DistributionSampler, RowRange, RowSampler, split_rows


class Place(Protocol):
    """Where rows are made."""

    def sample(self, sampler: RowSampler, n: int, parts: int, seed: int) -> Any:
        """The `n` rows of a sampler and a seed, made in `parts`."""
        ...


def place_of(backend: object, path: PathLike | None) -> Place:
    """Where a backend makes rows; raises `UnsupportedType` for what is none."""
    name = getattr(backend, "name", None)
    if backend is None or name == "local":
        workers = backend.max_workers if isinstance(backend, LocalBackend) else LocalBackend().max_workers
        return InProcess(workers) if path is None else InFiles(workers, Path(path))
    if name == "remote":
        return AtService(backend, None if path is None else Path(path))
    if path is not None:
        raise InvalidInput(
            f"path={str(path)!r} with a backend whose frames write files themselves; leave path out, and call "
            "write.parquet (Spark) or write_parquet (Ray) on the frame"
        )
    if name == "ray":
        from warmfit.sampling.ray import OnRay

        return OnRay()
    session = backend if type(backend).__module__.startswith("pyspark.") else getattr(backend, "session", None)
    if session is not None:
        from warmfit.sampling.spark import OnSpark

        return OnSpark(session)
    raise UnsupportedType(
        f"backend={backend!r} is of type {type(backend).__name__}; expected LocalBackend(), RayBackend(), SparkBackend(), "
        "RemoteBackend(), a SparkSession or None"
    )


@dataclass(frozen=True)
class InProcess:
    """Threads of this process; gives a pandas frame."""

    workers: int

    def sample(self, sampler: RowSampler, n: int, parts: int, seed: int) -> pd.DataFrame:
        """The rows, as a frame with a column for each of the sampler's."""
        values = np.empty((n, len(sampler.columns)))

        def work(rows: RowRange) -> None:
            values[rows.start : rows.stop] = sampler.rows(rows.start, rows.stop, seed)

        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(work, (chunk for part in split_rows(n, parts) for chunk in part.chunks())))
        return _frame(sampler, values)


@dataclass(frozen=True)
class InFiles:
    """Parquet files in a directory, written by threads of this process; gives their paths."""

    workers: int
    directory: Path

    def sample(self, sampler: RowSampler, n: int, parts: int, seed: int) -> list[Path]:
        """Write the rows, one file for each part; raises `InvalidInput` where the directory holds any already."""
        from warmfit.sampling.parquet import paths, write

        targets = paths(self.directory, parts)
        jobs = list(zip(targets, split_rows(n, parts), strict=True))

        def work(job: tuple[Path, RowRange]) -> None:
            target, rows = job
            write(target, sampler.columns, (sampler.rows(c.start, c.stop, seed) for c in rows.chunks()))

        with ThreadPoolExecutor(min(self.workers, parts)) as pool:
            list(pool.map(work, jobs))
        return targets


@dataclass(frozen=True)
class AtService:
    """A service that draws; gives a pandas frame, or Parquet files."""

    backend: Any
    directory: Path | None = None

    def sample(self, sampler: RowSampler, n: int, parts: int, seed: int) -> Any:
        """The rows, streamed; raises `InvalidInput` for a sampler that a service cannot make."""
        if not isinstance(sampler, DistributionSampler):
            raise InvalidInput(
                f"a service draws from single distributions, not from a {type(sampler).__name__}; leave the backend out "
                "to draw here"
            )
        from warmfit.remote.blocking import shared
        from warmfit.remote.distributions import sample

        connection = shared(self.backend.endpoint)
        low, high = (None if np.isinf(end) else end for end in sampler.window)
        result = DistributionFitResult(sampler.name, list(sampler.parameters), lower_bound=low, upper_bound=high)
        flow = sample(connection.caller, result, n, seed, self.backend.timeout)
        if self.directory is not None:
            from warmfit.sampling.parquet import paths, write_split

            targets = paths(self.directory, parts)
            write_split(targets, sampler.columns, split_rows(n, parts), connection.iterate(flow))
            return targets
        values, done = np.empty((n, 1)), 0
        for chunk in connection.iterate(flow):
            values[done : done + len(chunk), 0] = chunk
            done += len(chunk)
        return _frame(sampler, values)


def _frame(sampler: RowSampler, values: FloatArray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=list(sampler.columns), copy=False)
