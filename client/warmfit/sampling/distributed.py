"""`sample_distributed`: many draws of one distribution, made where a backend works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warmfit import validation as check
from warmfit.result import DistributionFitResult
from warmfit.sampling.places import place_of
from warmfit.serialization import PathLike
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.families.every import AnyScipy
from warmfit_fitting.sampling.rows import DistributionSampler, RowSampler

ROWS_PER_PARTITION = 1 << 20  # where the caller does not say how many partitions
MOST_PARTITIONS = 10_000  # that are chosen for a caller


def sample_distributed(
    distribution: str | AnyScipy,
    parameters: Sequence[float],
    n: int,
    backend: object = None,
    num_partitions: int | None = None,
    random_seed: int | None = None,
    column_name: str = "sample",
    *,
    lower_bound: float | None = None,
    upper_bound: float | None = None,
    path: PathLike | None = None,
) -> Any:
    """`n` draws of a family at its parameters, made where `backend` works.

    `distribution`: a name, or an `rv_continuous` or `rv_discrete` of the caller's own. `parameters`: shapes, loc, and
    scale where it is continuous. `backend`: a `SparkBackend` or a `SparkSession` gives a Spark DataFrame, a
    `RayBackend` a Ray Dataset, a `LocalBackend` or None a pandas DataFrame, a `RemoteBackend` the same, drawn by its
    service. With `path`, a pandas frame is not made: `num_partitions` Parquet files are written into that directory,
    and their paths returned, in order. `lower_bound`, `upper_bound`: of the window to which the distribution is
    truncated.

    Row i is `DistributionFitResult.sample(n, random_state=random_seed)[i]`, whatever the backend and `num_partitions`
    (one for each million rows by default). Without a seed, one is drawn. Raises `UnknownDistribution`, `InvalidInput`
    for parameters that the family does not have, `UnsupportedType` for what is no backend.
    """
    custom = None if isinstance(distribution, str) else distribution
    name = distribution if isinstance(distribution, str) else getattr(distribution, "name", None)
    result = DistributionFitResult(
        check.text("distribution", name, "the name of a family, or a distribution of SciPy's kind"),
        list(parameters),
        lower_bound=None if lower_bound is None else check.real("lower_bound", lower_bound),
        upper_bound=None if upper_bound is None else check.real("upper_bound", upper_bound),
    )
    column = check.text("column_name", column_name, "the name of a column")
    return sample_rows(sampler_of(result, column, custom), n, backend, num_partitions, random_seed, path=path)


def sampler_of(result: DistributionFitResult, column: str, custom: AnyScipy | None = None) -> DistributionSampler:
    """The sampler of a fitted family; raises what keeps it from being drawn from, here and now."""
    known = {} if custom is None else {result.distribution: custom}
    result._known_as(known).get_scipy_dist()
    window = result._window
    return DistributionSampler(result.distribution, tuple(result.parameters), window, custom, column)


def sample_rows(
    sampler: RowSampler,
    n: int,
    backend: object = None,
    num_partitions: int | None = None,
    random_seed: int | None = None,
    *,
    path: PathLike | None = None,
) -> Any:
    """`n` rows of any sampler, made where `backend` works; see `sample_distributed`."""
    rows = check.whole("n", n, least=0)
    if num_partitions is None:
        parts = min(max(-(-rows // ROWS_PER_PARTITION), 1), MOST_PARTITIONS)
    else:
        parts = check.whole("num_partitions", num_partitions)
    return place_of(backend, path).sample(sampler, rows, parts, seed_of(random_seed))


def seed_of(random_seed: int | None) -> int:
    """The seed that is given, or one drawn from the system; raises `InvalidInput` for one of more than 64 bits."""
    if random_seed is None:
        import secrets

        return secrets.randbits(63)
    seed = check.whole("random_seed", random_seed, least=0)
    if seed >= 2**64:
        raise InvalidInput(f"random_seed={seed}; expected a whole number below 2**64")
    return seed
