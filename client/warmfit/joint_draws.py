"""Rows of joint models, made where a backend works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from warmfit import validation as check
from warmfit.joint_rows import JointSampler
from warmfit.sampling.distributed import sample_rows, seed_of
from warmfit.serialization import PathLike
from warmfit_fitting.errors import InvalidInput

if TYPE_CHECKING:
    from warmfit.remote.joint import Joint


def sample_where(
    sampler: JointSampler,
    model: Joint | None,
    n: int,
    backend: Any,
    num_partitions: int | None,
    random_seed: int | None,
    uniform: bool = False,
    path: PathLike | None = None,
) -> Any:
    """`n` rows of a sampler, as `warmfit.sample_distributed` gives them; `model`: what a service can draw from, or None."""
    if getattr(backend, "name", None) != "remote":
        return sample_rows(sampler, n, backend, num_partitions, random_seed, path=path)
    if model is None or path is not None:
        what = "files are written" if model is not None else "a conditional copula is drawn from"
        raise InvalidInput(f"{what} in this process and not by a service; leave backend= out")
    from warmfit.remote import joint
    from warmfit.remote.blocking import shared

    if num_partitions is not None:
        check.whole("num_partitions", num_partitions)
    connection, size = shared(backend.endpoint), check.whole("n", n, least=0)
    flow = joint.sample(connection.caller, model, size, seed_of(random_seed), uniform, backend.timeout)
    parts = [pd.DataFrame(part) for part in connection.iterate(flow)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(sampler.columns), dtype=float)
