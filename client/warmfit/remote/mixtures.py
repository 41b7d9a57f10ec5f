"""Mixtures, as flows: fits of one column, from its summary, and rows that a service draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from warmfit import validation as check
from warmfit.mixture import GaussianMixtureResult
from warmfit.mixture_data import one_column
from warmfit.remote import datasets
from warmfit.remote.chunks import values_of
from warmfit.remote.commands import FIT_MIXTURE, SAMPLE, Compute, Deliver, Failure, Flow
from warmfit.remote.refs import DatasetRef
from warmfit.remote.retry import Caller, Deadline, Stream
from warmfit_fitting.errors import SerializationError
from warmfit_fitting.mixture import MixtureSpec
from warmfit_proto import codec
from warmfit_proto import mixture as wire
from warmfit_proto.v1 import fitting_pb2 as pb


def fit(
    caller: Caller,
    spec: MixtureSpec,
    data: object,
    columns: str | Sequence[str] | None,
    weights: Any,
    timeout: float,
) -> Flow[GaussianMixtureResult]:
    """The mixture of one column, whose summary is sent."""
    deadline = Deadline.after(timeout)
    if isinstance(data, DatasetRef):
        yield from datasets.fetch(caller, data, timeout)
    name, summary = yield Compute(lambda: one_column(data, columns, weights))
    request = pb.FitMixtureRequest(inline=codec.column_to_wire(name, summary))
    wire.spec_into_wire(spec, request)

    def encode(left: float) -> bytes:
        request.timeout = max(math.floor(8 * left) / 8, 0.125)
        return request.SerializeToString()

    answer = yield from caller.call(FIT_MIXTURE, encode, caller.retry(deadline))
    return GaussianMixtureResult.of_fit(wire.fit_from_wire(answer), (name,))


def sample(caller: Caller, result: GaussianMixtureResult, n: int, seed: int, timeout: float) -> Flow[None]:
    """Delivers arrays (m, d) that together are the `n` rows of the seed, however the stream is broken."""
    request = pb.SampleRequest(
        mixture=wire.mixture_to_wire(result.mixture),
        n=check.whole("n", n, least=0),
        seed=check.whole("seed", seed, least=0),
    )
    width, done = result.n_features, 0

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
        rows, rest = divmod(len(values), width)
        if offset != done or rest or done + rows > n:
            raise SerializationError(f"the service sent {len(values)} values from row {offset} on; expected row {done}")
        done += rows
        yield Deliver(values.reshape(rows, width))
    yield from stream.finish()


def fit_remotely(
    backend: Any, spec: MixtureSpec, data: object, columns: str | Sequence[str] | None, weights: Any
) -> GaussianMixtureResult:
    """The same through the connection of a `RemoteBackend`."""
    from warmfit.remote.blocking import shared

    connection = shared(backend.endpoint)
    return connection.run(fit(connection.caller, spec, data, columns, weights, backend.timeout))
