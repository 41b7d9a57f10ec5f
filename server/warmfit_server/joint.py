"""What the service does with columns together: copulas and multivariate normal distributions, fitted and drawn from."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol, TypeAlias

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import DeadlineExceeded, FitFailed, InvalidInput, field
from warmfit_fitting.joint.correlation import check_correlation, of_estimate, settled
from warmfit_fitting.joint.elliptical import Elliptical
from warmfit_fitting.joint.law import CopulaLaw
from warmfit_fitting.joint.multivariate import estimate
from warmfit_fitting.mixture import GaussianMixture
from warmfit_fitting.row import FitRow
from warmfit_proto import codec, joint
from warmfit_proto.mixture import mixture_from_wire
from warmfit_proto.v1 import fitting_pb2 as pb

METRICS = ("bic", "aic", "aicc", "loglik", "ks_statistic", "ad_statistic", "cvm_statistic", "sse")
Rows: TypeAlias = Callable[[int, int, int], FloatArray]
"""Rows [start, stop) of the sample of a seed, as columns (C, stop − start)."""


class Drawing(Protocol):
    """What a service draws with: its distributions, its threads, and how much it admits."""

    def law(self, name: str, parameters: tuple[float, ...], window: tuple[float, float]) -> Any:
        """The distribution, with the tables that earlier calls have built for it."""
        ...

    async def evaluating(self, work: Callable[..., Any], *arguments: object) -> Any:
        """The result of slow work, in threads of its own."""
        ...

    def drawn_ahead(
        self,
        draws: Callable[[int, int], FloatArray],
        rows: range,
        encode: Callable[[int, FloatArray], bytes],
        columns: int,
    ) -> AsyncGenerator[bytes, None]:
        """The encoded chunks of rows of so many columns, drawn while earlier ones are sent."""
        ...

    @property
    def max_samples(self) -> int:
        """Values of one sample."""
        ...


def correlation(request: pb.FitCopulaRequest) -> tuple[tuple[str, ...], FloatArray, float]:
    """The columns of a request, their correlations made positive definite, and how far that moved them."""
    with field("joint"):
        summary = joint.joint_from_wire(request.joint)
    with field("joint"):
        found = settled(_estimate(summary.names, of_estimate(summary, request.method or "normal")))
    return summary.names, found.matrix, found.repaired


def _estimate(names: Sequence[str], estimated: FloatArray) -> FloatArray:
    """The same; raises `InvalidInput` where a pair of columns has no correlation."""
    if np.isnan(estimated).any():
        j, k = (int(v) for v in np.argwhere(np.isnan(estimated))[0])
        raise InvalidInput(f"columns {names[j]!r} and {names[k]!r} have no correlation: one is constant; leave it out")
    return estimated


def best(name: str, rows: Sequence[FitRow], metric: str) -> FitRow:
    """The best row of a column; raises `FitFailed` without one, `DeadlineExceeded` where the time was too short for any."""
    if metric not in METRICS:
        raise InvalidInput(f"metric {metric!r} is unknown; expected one of {', '.join(METRICS)}").at("metric")
    sign = -1.0 if metric == "loglik" else 1.0
    known = [row for row in rows if row.status == "ok" and not math.isnan(getattr(row, metric))]
    if not known:
        if any(row.status == "timed_out" for row in rows):
            raise DeadlineExceeded(f"the time allowed for the call ran out before column {name!r} was fitted")
        raise FitFailed(f"column {name!r} has no fit: {rows[0].reason if rows else 'no families'}")
    return min(known, key=lambda row: sign * float(getattr(row, metric)))


def multivariate_normal(request: pb.FitMultivariateNormalRequest) -> pb.MultivariateNormal:
    """The mean and the covariance of a joint summary."""
    with field("joint"):
        summary = joint.joint_from_wire(request.joint)
        return joint.normal_to_wire(summary.names, estimate(summary, request.bias))


async def sampler(request: pb.SampleRequest, drawing: Drawing) -> tuple[Rows, int]:
    """What draws the rows of a request of columns together, and how many columns there are."""
    if request.HasField("mixture"):
        with field("mixture"):
            law = await drawing.evaluating(mixture_from_wire, request.mixture)
        return partial(_turned, law), law.n_features
    if request.HasField("normal"):
        with field("normal"):
            normal: Elliptical = await drawing.evaluating(joint.normal_from_wire, request.normal)
        return normal.rows, normal.size
    with field("copula"):
        copula: CopulaLaw = await drawing.evaluating(copula_law, request.copula, drawing)
    return partial(copula.rows, uniform=request.uniform), copula.size


def _turned(law: GaussianMixture, start: int, stop: int, seed: int) -> FloatArray:
    """The rows of a mixture as columns, (d, stop − start)."""
    return law.rows(start, stop, seed).T


def copula_law(message: pb.Copula, drawing: Drawing) -> CopulaLaw:
    """The law of a copula; raises `InvalidInput` where it has none."""
    size = len(message.marginals)
    joint.check_columns(size, "marginals", least=2)
    marginals = []
    for number, marginal in enumerate(message.marginals):
        with field(f"marginals[{number}]"):
            window = codec.window_from_wire(marginal)
            marginals.append(drawing.law(marginal.name, tuple(marginal.parameters), window))
    with field("correlation"):
        matrix = check_correlation(joint.square_of("", message.correlation, size), size)
    return CopulaLaw.of(marginals, settled(matrix).matrix, joint.dof_from_wire(message))


async def chunks(
    request: pb.SampleRequest, drawing: Drawing, values: int, encode: Callable[[int, FloatArray], bytes]
) -> AsyncGenerator[bytes, None]:
    """Encoded chunks of whole rows, of about so many values, each with the number of its first row; row after row.

    While one is sent, the next ones are drawn and encoded.
    """
    rows, size = await sampler(request, drawing)
    n, offset, seed = request.n, request.offset, request.seed
    if n * size > drawing.max_samples or offset > n:
        wrong = "offset" if offset > n else "n"
        most = drawing.max_samples // size
        raise InvalidInput(f"n={n}, offset={offset} rows of {size}; expected offset ≤ n ≤ {most}").at(wrong)

    def draws(start: int, length: int) -> FloatArray:
        return rows(start, start + length, seed).T.ravel()

    ahead = drawing.drawn_ahead(draws, range(offset, n, max(values // size, 1)), encode, size)
    async with aclosing(ahead) as encoded_chunks:
        async for encoded in encoded_chunks:
            yield encoded
