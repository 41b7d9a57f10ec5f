"""Columns together, as flows: what a service makes of joint summaries, and rows that it draws."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from warmfit import validation as check
from warmfit.copula import ConditionalCopula, EllipticalCopula
from warmfit.multivariate import MultivariateNormalResult
from warmfit.remote.chunks import values_of
from warmfit.remote.commands import FIT_COPULA, FIT_MULTIVARIATE_NORMAL, SAMPLE, Deliver, Failure, Flow
from warmfit.remote.retry import Caller, Deadline, Stream, always
from warmfit_fitting.errors import InvalidInput, SerializationError
from warmfit_fitting.joint import JointSummary
from warmfit_fitting.joint.correlation import Correlation
from warmfit_fitting.joint.multivariate import NormalEstimate
from warmfit_proto import codec
from warmfit_proto import joint as wire
from warmfit_proto.v1 import fitting_pb2 as pb

Joint: TypeAlias = EllipticalCopula | MultivariateNormalResult


def correlation(caller: Caller, summary: JointSummary, method: str, timeout: float) -> Flow[Correlation]:
    """The correlations (C, C) of normal scores, positive definite, and how far that moved them."""
    request = pb.FitCopulaRequest(joint=wire.joint_to_wire(summary), method=method).SerializeToString()
    answer = yield from caller.call(FIT_COPULA, always(request), caller.retry(Deadline.after(timeout)))
    return Correlation(wire.square_of("correlation", answer.correlation, len(summary.names)), float(answer.repaired))


def multivariate_normal(caller: Caller, summary: JointSummary, bias: bool, timeout: float) -> Flow[NormalEstimate]:
    """The mean and the covariance of the columns."""
    request = pb.FitMultivariateNormalRequest(joint=wire.joint_to_wire(summary), bias=bias).SerializeToString()
    answer = yield from caller.call(FIT_MULTIVARIATE_NORMAL, always(request), caller.retry(Deadline.after(timeout)))
    if len(answer.mean) != len(summary.names):
        raise SerializationError(f"the service answered {len(answer.mean)} means for {len(summary.names)} columns")
    return wire.estimate_from_wire(answer)


def sample(
    caller: Caller, model: Joint | ConditionalCopula, n: int, seed: int, uniform: bool, timeout: float
) -> Flow[None]:
    """Delivers parts of `n` rows by column; together they are those of the seed, however the stream is broken.

    Raises `InvalidInput` for a conditional copula, which the wire does not carry.
    """
    if isinstance(model, ConditionalCopula):
        raise InvalidInput("a conditional copula is drawn from in this process: use its sample()")
    request = pb.SampleRequest(n=check.whole("n", n, least=0), seed=check.whole("seed", seed, least=0), uniform=uniform)
    if isinstance(model, EllipticalCopula):
        request.copula.CopyFrom(_copula(model))
    elif uniform:
        raise InvalidInput(
            "return_uniform is of copulas; a multivariate normal distribution has no marginals of its own"
        )
    else:
        estimate = NormalEstimate(model.mean, model.cov, model.n_samples, model.repaired)
        request.normal.CopyFrom(wire.normal_to_wire(model.column_names, estimate))
    names, done = model.column_names, 0

    def encode(_left: float) -> bytes:
        request.offset = done
        return request.SerializeToString()

    stream = Stream(SAMPLE, encode, caller.retry(Deadline.after(timeout)))
    while done < n:
        message = yield from stream.receive()
        if message is None:
            yield from stream.broke(Failure("UNAVAILABLE", f"the stream ended after {done} of {n} rows"))
            continue
        offset, values = values_of(message)
        rows, rest = divmod(len(values), len(names))
        if offset != done or rest or done + rows > n:
            raise SerializationError(f"the service sent {len(values)} values from row {offset} on; expected row {done}")
        done += rows
        yield Deliver(dict(zip(names, np.ascontiguousarray(values.reshape(rows, -1).T), strict=True)))
    yield from stream.finish()


def _copula(model: EllipticalCopula) -> pb.Copula:
    marginals = [
        codec.distribution_to_wire(m.distribution, m.parameters, (m.lower_bound, m.upper_bound))
        for m in model.marginals.values()
    ]
    return wire.copula_to_wire(model.column_names, marginals, model.correlation_matrix, model.dof, model.repaired)
