"""Draws and evaluations of fitted distributions, and the families that the service knows, as flows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from warmfit import validation as check
from warmfit.remote.chunks import values_of
from warmfit.remote.commands import EVALUATE, LIST_DISTRIBUTIONS, SAMPLE, Deliver, Failure, Flow
from warmfit.remote.retry import Caller, Deadline, Stream, always
from warmfit.result import DistributionFitResult
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, SerializationError, UnknownDistribution, UnsupportedType
from warmfit_fitting.families.every import EVERY
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb

FUNCTIONS = {
    name: getattr(pb, f"FUNCTION_{name.upper()}")
    for name in ("pdf", "logpdf", "cdf", "sf", "ppf", "isf", "pmf", "logpmf")
}
POINTS = 1 << 20  # evaluated in one call; 8 MiB


@dataclass(frozen=True)
class DistributionInfo:
    """A family that the service knows; `refusal`: why it is not fitted, empty where it is.

    `custom`: whether the service was told of it beside the families of warmfit.
    """

    name: str
    parameters: tuple[str, ...]
    cost: str
    default: bool
    refusal: str
    canonical: str
    discrete: bool = False
    custom: bool = False


def sample(caller: Caller, result: DistributionFitResult, n: int, seed: int, timeout: float) -> Flow[None]:
    """Delivers arrays that together are the `n` draws of `seed`; they are the same however the stream is broken."""
    request = pb.SampleRequest(
        distribution=_distribution(result),
        n=_unsigned("n", n),
        seed=_unsigned("seed", seed),
    )
    return _draws(caller, request, timeout)


def _draws(caller: Caller, request: pb.SampleRequest, timeout: float) -> Flow[None]:
    done = 0

    def encode(_left: float) -> bytes:
        request.offset = done
        return request.SerializeToString()

    stream = Stream(SAMPLE, encode, caller.retry(Deadline.after(timeout)))
    while done < request.n:
        try:
            message = yield from stream.receive()
        except UnknownDistribution:
            raise not_accepted(request.distribution.name, caller.address) from None
        if message is None:
            yield from stream.broke(Failure("UNAVAILABLE", f"the stream ended after {done} of {request.n} values"))
            continue
        offset, values = values_of(message)
        if offset != done or done + len(values) > request.n:
            raise SerializationError(f"the service sent values from {offset} on; expected them from {done} on")
        done += len(values)
        yield Deliver(values)
    yield from stream.finish()


def evaluate(
    caller: Caller, result: DistributionFitResult, function: str, points: ArrayLike, timeout: float
) -> Flow[FloatArray]:
    """A function of a fitted distribution at `points`, in their shape."""
    name = check.member("function", function, FUNCTIONS)
    at = _points(points)
    message, flat = _distribution(result), at.ravel()
    deadline, values = Deadline.after(timeout), np.empty_like(flat)
    for start in range(0, len(flat), POINTS):
        part = flat[start : start + POINTS]
        request = pb.EvaluateRequest(distribution=message, function=FUNCTIONS[name], points=part).SerializeToString()
        try:
            answer = yield from caller.call(EVALUATE, always(request), caller.retry(deadline))
        except UnknownDistribution:
            raise not_accepted(result.distribution, caller.address) from None
        if len(answer.values) != len(part):
            raise SerializationError(f"the service answered {len(answer.values)} of {len(part)} points")
        values[start : start + POINTS] = answer.values
    return values.reshape(at.shape)


def distributions(caller: Caller, timeout: float) -> Flow[list[DistributionInfo]]:
    """The families that the service knows."""
    answer = yield from caller.call(LIST_DISTRIBUTIONS, always(b""), caller.retry(Deadline.after(timeout)))
    return [
        DistributionInfo(d.name, tuple(d.parameters), d.cost, d.default, d.refusal, d.canonical, d.discrete, d.custom)
        for d in answer.distributions
    ]


def check_accepted(name: str, parameters: tuple[str, ...], known: DistributionInfo | None, address: str) -> None:
    """Raise where the service does not know a user's own family of that name, or another one."""
    if known is None or not known.custom:
        raise not_accepted(name, address)
    if known.parameters != parameters:
        raise InvalidInput(
            f"{name!r} has the parameters {', '.join(parameters)} here and {', '.join(known.parameters)} at the service at "
            f"{address}; register the family that the service was told of"
        )
    if known.refusal:
        raise InvalidInput(f"the service at {address} refuses {name!r}: {known.refusal}")


def not_accepted(name: str, address: str) -> UnknownDistribution:
    """The error for a family that the service was not told of; it says how a service is told."""
    return UnknownDistribution(
        f"the service at {address} does not know {name!r}; it accepts families of your own where it was started with "
        f"`warmfit serve --distribution {name}=module:attribute`, with WARMFIT_DISTRIBUTIONS={name}=module:attribute, or "
        "beside a package that declares the entry point; LocalBackend() fits them in this process"
    )


def _distribution(result: DistributionFitResult) -> pb.Distribution:
    """The message of a result; raises `FitFailed` where it has no fit, as its own methods do."""
    if not isinstance(result, DistributionFitResult):
        check.refuse_type("result", result, "a DistributionFitResult")
    result.check_fitted()
    if result.distribution in EVERY:
        result.get_scipy_dist()  # raises for parameters that it does not have or allow
    return codec.distribution_to_wire(result.distribution, result.parameters, (result.lower_bound, result.upper_bound))


def _unsigned(name: str, value: object) -> int:
    """A whole number that a field of 64 bits holds."""
    number = check.whole(name, value, least=0)
    if number >= 2**64:
        raise InvalidInput(f"{name}={number}; expected a whole number below 2**64")
    return number


def _points(points: ArrayLike) -> FloatArray:
    """Numbers of any shape; raises `UnsupportedType` for anything else."""
    try:
        found = np.asarray(points)
        if found.dtype.kind not in "fiub" and found.dtype.kind != "O":
            raise TypeError(f"{found.dtype}")
        return found.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnsupportedType(f"points are no numbers ({error}); give numbers, of any shape") from None
