"""Between wire messages and the engine's types, for mixtures; what comes off the wire is validated here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from warmfit_fitting.errors import InvalidInput, SerializationError, field
from warmfit_fitting.mixture import GaussianMixture, MixtureFit, MixtureSpec
from warmfit_fitting.mixture.spec import MOST_COMPONENTS
from warmfit_proto.v1 import fitting_pb2 as pb

MAX_COLUMNS = 1000


def mixture_to_wire(mixture: GaussianMixture) -> pb.Mixture:
    """The message of a mixture."""
    return pb.Mixture(weights=mixture.weights, means=mixture.means.ravel(), covariances=mixture.covariances.ravel())


def mixture_from_wire(message: pb.Mixture) -> GaussianMixture:
    """The mixture of a message; raises `InvalidInput` for one that is none."""
    k = len(message.weights)
    d, rest = divmod(len(message.means), max(k, 1))
    if not 0 < k <= MOST_COMPONENTS or rest or not 0 < d <= MAX_COLUMNS or len(message.covariances) != k * d * d:
        raise InvalidInput(
            f"{k} weights, {len(message.means)} means and {len(message.covariances)} covariances; expected K ≤ "
            f"{MOST_COMPONENTS}, K * d with d ≤ {MAX_COLUMNS}, K * d * d"
        )
    return GaussianMixture(
        np.array(message.weights), np.array(message.means).reshape(k, d), np.array(message.covariances).reshape(k, d, d)
    )


def spec_into_wire(spec: MixtureSpec, request: pb.FitMixtureRequest) -> None:
    """Put what is asked into a request."""
    request.n_components = spec.n_components or 0
    request.max_iter, request.tol, request.n_init = spec.max_iter, spec.tol, spec.n_init
    request.init_method, request.seed, request.reg_covar = spec.init_method, spec.seed, spec.reg_covar


def spec_from_wire(request: pb.FitMixtureRequest) -> MixtureSpec:
    """What a request asks; raises `InvalidInput` for values out of range."""
    blank = MixtureSpec()
    return MixtureSpec(
        request.n_components or None,
        request.max_iter or blank.max_iter,
        request.tol or blank.tol,
        request.n_init or blank.n_init,
        request.init_method or blank.init_method,
        request.seed,
        request.reg_covar or blank.reg_covar,
    )


def fit_to_wire(fit: MixtureFit) -> pb.FitMixtureResponse:
    """The message of a fit."""
    return pb.FitMixtureResponse(
        mixture=mixture_to_wire(fit.mixture),
        loglik=fit.loglik,
        n=fit.n,
        n_missing=fit.n_missing,
        n_iter=fit.n_iter,
        converged=fit.converged,
        narrow=fit.narrow,
        tried=[k for k, _ in fit.bics],
        bic=[bic for _, bic in fit.bics],
    )


def fit_from_wire(message: pb.FitMixtureResponse) -> MixtureFit:
    """The fit of a message; raises `SerializationError` for one that no fit has."""
    try:
        with field("mixture"):
            mixture = mixture_from_wire(message.mixture)
    except InvalidInput as error:
        raise SerializationError(f"the service answered with a mixture that is none: {error}") from error
    return MixtureFit(
        mixture, message.loglik, message.n, message.n_missing, message.n_iter, message.converged,
        tuple(message.narrow), _pairs(message.tried, message.bic),
    )  # fmt: skip


def _pairs(tried: Sequence[int], bic: Sequence[float]) -> tuple[tuple[int, float], ...]:
    if len(tried) != len(bic):
        raise SerializationError(f"the service answered {len(bic)} criteria for {len(tried)} numbers of components")
    return tuple(zip(tried, bic, strict=True))
