"""`RemoteBackend`: fits on a service, from summaries; rows of the data never leave this process."""

from __future__ import annotations

from collections.abc import Sequence

from warmfit import validation as check
from warmfit.backends.protocol import FitTask, OnRow
from warmfit.remote.blocking import shared
from warmfit.remote.distributions import distributions
from warmfit.remote.endpoint import Endpoint, TlsLike
from warmfit.remote.fits import fit_tasks
from warmfit_fitting.joint import JointSummary
from warmfit_fitting.joint.correlation import Correlation
from warmfit_fitting.joint.multivariate import NormalEstimate
from warmfit_fitting.row import FitRow

DEFAULT_TIMEOUT = 60.0  # seconds


class RemoteBackend:
    """Fits on the service at `address`, or at `WARMFIT_ADDRESS`; all backends of an endpoint share a connection.

    `token`: a bearer token, or that of `WARMFIT_TOKEN`. `timeout`: seconds for a call that gives none, 60 for None.
    `tls`: True for the system's authorities, the path of a CA's file, or a mapping of `ca`, `cert`, `key`.
    """

    name = "remote"

    def __init__(
        self,
        address: str | None = None,
        token: str | None = None,
        timeout: float | None = None,
        tls: TlsLike = None,
    ) -> None:
        self.endpoint = Endpoint.of(address, token, tls)
        self.timeout = DEFAULT_TIMEOUT if timeout is None else check.positive("timeout", timeout)

    def __repr__(self) -> str:
        return f"RemoteBackend({self.endpoint.address!r}, timeout={self.timeout:g})"

    def accepted(self, discrete: bool) -> dict[str, tuple[str, ...]]:
        """The parameters of the families that the service was told of beside those of warmfit, of one kind."""
        connection = shared(self.endpoint)
        listed = connection.run(distributions(connection.caller, self.timeout))
        return {info.name: info.parameters for info in listed if info.custom and info.discrete == discrete}

    def fit(
        self, tasks: Sequence[FitTask], *, on_row: OnRow | None = None, timeout: float | None = None
    ) -> Sequence[Sequence[FitRow]]:
        """The rows of each task; see `ExecutionBackend.fit`.

        With `on_row` they come as they are finished, otherwise all at once. A user's own family is
        asked for by its name; raises `UnknownDistribution` where the service was not told of it, `InvalidInput` where it
        knows another of that name, and what keeps the service from answering.
        """
        connection = shared(self.endpoint)
        seconds = self.timeout if timeout is None else timeout
        return connection.run(fit_tasks(connection.caller, tasks, seconds, on_row))

    def correlation(self, summary: JointSummary, method: str) -> Correlation:
        """The correlations of normal scores of a joint summary; raises what keeps the service from answering."""
        from warmfit.remote import joint  # which needs copulas, which need backends

        connection = shared(self.endpoint)
        return connection.run(joint.correlation(connection.caller, summary, method, self.timeout))

    def multivariate_normal(self, summary: JointSummary, bias: bool) -> NormalEstimate:
        """The mean and the covariance of a joint summary; raises what keeps the service from answering."""
        from warmfit.remote import joint

        connection = shared(self.endpoint)
        return connection.run(joint.multivariate_normal(connection.caller, summary, bias, self.timeout))
