"""Between wire messages and the engine's types, for columns together; `codec` has those of single columns.

What comes off the wire is validated here, as it is there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput, SerializationError
from warmfit_fitting.joint import CrossProducts, JointSummary
from warmfit_fitting.joint.elliptical import Elliptical
from warmfit_fitting.joint.encoding import MAX_COLUMNS, VERSION, validate
from warmfit_fitting.joint.multivariate import NormalEstimate
from warmfit_proto.v1 import fitting_pb2 as pb


def joint_to_wire(summary: JointSummary) -> pb.JointSummary:
    """The message of a joint summary, with its fingerprint."""
    return pb.JointSummary(
        version=VERSION,
        names=summary.names,
        n=summary.n,
        listwise=summary.missing == "listwise",
        values=_products_to_wire(summary.values),
        scores=None if summary.scores is None else _products_to_wire(summary.scores),
        ranks=None if summary.ranks is None else _products_to_wire(summary.ranks),
        marginals=summary.marginals,
        fingerprint=summary.fingerprint,
    )


def joint_from_wire(message: pb.JointSummary) -> JointSummary:
    """The joint summary of a message; raises `SerializationError` for one that no rows can have."""
    if message.version != VERSION:
        raise SerializationError(
            f"a joint summary of version {message.version}; this version reads {VERSION}: update the older side"
        ).at("version")
    size = len(message.names)
    if not 0 < size <= MAX_COLUMNS:
        raise SerializationError(f"a joint summary of {size} columns; expected 1 to {MAX_COLUMNS}").at("names")
    summary = validate(
        JointSummary(
            tuple(message.names),
            message.n,
            "listwise" if message.listwise else "pairwise",
            _products_from_wire(message.values, size),
            _products_from_wire(message.scores, size) if message.HasField("scores") else None,
            _products_from_wire(message.ranks, size) if message.HasField("ranks") else None,
            tuple(_fingerprint(text) for text in message.marginals),
        )
    )
    if message.fingerprint and message.fingerprint != summary.fingerprint:
        raise SerializationError("a joint summary with a fingerprint that is not that of its content").at("fingerprint")
    return summary


def _fingerprint(text: str) -> str:
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise SerializationError(f"{text[:64]!r} is no fingerprint; expected 64 hex digits").at("marginals")
    return text


def _products_to_wire(products: CrossProducts) -> pb.CrossProducts:
    count, mean, square, product = (array.ravel() for array in products.arrays)
    return pb.CrossProducts(count=count, mean=mean, square=square, product=product)


def _products_from_wire(message: pb.CrossProducts, size: int) -> CrossProducts:
    arrays = (message.count, message.mean, message.square, message.product)
    return CrossProducts(*(square_of("values", array, size) for array in arrays))


def square_of(name: str, numbers: Sequence[float], size: int) -> FloatArray:
    """A matrix (`size`, `size`) of numbers that were sent row after row."""
    if len(numbers) != size * size:
        raise SerializationError(f"{name}: {len(numbers)} numbers for {size} columns; expected {size * size}").at(name)
    return np.array(numbers, dtype=np.float64).reshape(size, size)


def copula_to_wire(
    names: Sequence[str],
    marginals: Sequence[pb.Distribution],
    correlation: FloatArray,
    dof: float = math.inf,
    repaired: float = 0.0,
) -> pb.Copula:
    """The message of a copula; `dof` is ∞ for a Gaussian one."""
    return pb.Copula(
        names=names,
        marginals=marginals,
        correlation=correlation.ravel(),
        dof=0.0 if math.isinf(dof) else dof,
        repaired=repaired,
    )


def dof_from_wire(message: pb.Copula) -> float:
    """The degrees of freedom of a copula, ∞ for a Gaussian one."""
    if not message.dof >= 0:
        raise InvalidInput(f"dof={message.dof}; expected a number above 0, or 0 for a Gaussian copula").at("dof")
    return message.dof or math.inf


def normal_to_wire(names: Sequence[str], estimate: NormalEstimate) -> pb.MultivariateNormal:
    """The message of a multivariate normal distribution."""
    return pb.MultivariateNormal(
        names=names, mean=estimate.mean, covariance=estimate.cov.ravel(), n=estimate.n, repaired=estimate.repaired
    )


def estimate_from_wire(message: pb.MultivariateNormal) -> NormalEstimate:
    """The mean and the covariance of a message."""
    size = len(message.mean)
    cov = square_of("covariance", message.covariance, size)
    return NormalEstimate(np.array(message.mean, dtype=np.float64), cov, message.n, message.repaired)


def normal_from_wire(message: pb.MultivariateNormal) -> Elliptical:
    """The law of a message; raises `InvalidInput` where it has none."""
    found = estimate_from_wire(message)
    if not len(found.mean):
        raise InvalidInput("a multivariate normal distribution of no columns; give a mean and a covariance").at("mean")
    law = Elliptical(found.mean, found.cov)
    _ = law.factor  # raises for what is no covariance matrix
    return law
