"""`Client`: the service's own operations, for programs that keep datasets with it; blocking.

`DistributionFitter("host:port")` fits through the same service as any other backend; `warmfit.aio` has the same
client for asyncio. What each operation does is in the flows.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from numpy.typing import ArrayLike

from warmfit.config import FitterConfig
from warmfit.copula import GaussianCopula
from warmfit.mixture import GaussianMixtureFitter, GaussianMixtureResult
from warmfit.multivariate import MultivariateNormalResult
from warmfit.remote import blocking
from warmfit.remote.about import ServerInfo
from warmfit.remote.commands import Flow
from warmfit.remote.distributions import DistributionInfo
from warmfit.remote.endpoint import TlsLike
from warmfit.remote.joint import Joint
from warmfit.remote.operations import Operations
from warmfit.remote.refs import DatasetRef
from warmfit.result import DistributionFitResult
from warmfit.results import EagerFitResults, LazyFitResults
from warmfit.sources.protocol import RowChoice
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput

T = TypeVar("T")


class Client:
    """A client of the service at `address`, or at `WARMFIT_ADDRESS`.

    `token`: a bearer token, or that of `WARMFIT_TOKEN`. `tls`: True for the system's authorities, the path of a CA's
    file, or a mapping of `ca`, `cert`, `key`. `timeout`: seconds for each call, those included in which an iterator
    waits for its reader; a configuration's own wins. Every method raises
    `ServiceUnavailable`, `DeadlineExceeded`, `Overloaded`, `Unauthenticated` or `PermissionDenied` besides its own
    errors. Threads may share a client.
    """

    def __init__(
        self, address: str | None = None, token: str | None = None, tls: TlsLike = None, timeout: float = 60.0
    ) -> None:
        self._operations = Operations.of(address, token, tls, timeout)
        self._connection: blocking.Connection | None = blocking.hold(self._operations.endpoint)

    def put(
        self,
        df: object,
        columns: str | Sequence[str] | None = None,
        name: str | None = None,
        *,
        overwrite: bool = False,
        weights: Any = None,
        censoring: Any = None,
        truncation: Any = None,
    ) -> DatasetRef:
        """Summarize columns here and have the service keep them, under `name` or by content alone.

        A name that other content has raises `InvalidInput`, unless `overwrite`. `weights`, `censoring`, `truncation`: as for
        `summarize`. Rows never leave this process.
        """
        return self._run(self._operations.put(df, columns, name, overwrite, RowChoice(weights, censoring, truncation)))

    def append(
        self,
        name: str,
        df: object,
        columns: str | Sequence[str] | None = None,
        *,
        weights: Any = None,
        censoring: Any = None,
        truncation: Any = None,
        request_id: str | None = None,
    ) -> DatasetRef:
        """Add the rows of a frame to every column of a named dataset; the reference is to the dataset as it is then.

        `columns`: those of the dataset, which they are without this. The rows are counted here, on the dataset's own grid,
        and never leave this process. They are added once, however often the call has to be made again. `weights`,
        `censoring`, `truncation`: as for `put`. `request_id`: a name of the rows, under which they count once over several
        calls too. Raises `DatasetNotFound`, and `InvalidInput` for other columns.
        """
        rows = RowChoice(weights, censoring, truncation)
        return self._run(self._operations.append(name, df, columns, rows, request_id))

    def get(self, name: str) -> DatasetRef:
        """The dataset of that name; raises `DatasetNotFound`."""
        return self._run(self._operations.get(name))

    def list(self) -> builtins.list[DatasetRef]:
        """Every named dataset."""
        return self._run(self._operations.list())

    def delete(self, name: str) -> None:
        """Forget a named dataset; raises `DatasetNotFound`."""
        self._run(self._operations.delete(name))

    def fit(
        self, data: object, config: FitterConfig | None = None, *, columns: str | Sequence[str] | None = None
    ) -> EagerFitResults | LazyFitResults:
        """The rows of every family for every column of a reference, or for `columns` of a reference or frame."""
        return self._run(self._operations.fit(data, config, columns))

    def fit_stream(
        self, data: object, config: FitterConfig | None = None, *, columns: str | Sequence[str] | None = None
    ) -> Iterator[tuple[str, DistributionFitResult]]:
        """(column, result) of every family, as they are finished; leaving the loop early ends the work."""
        return self._iterate(self._operations.fit_stream(data, config, columns))

    def fit_copula(
        self,
        df: object,
        columns: Sequence[str] | None = None,
        config: FitterConfig | None = None,
        metric: str = "bic",
        *,
        method: str = "normal",
        missing: str | None = None,
    ) -> GaussianCopula:
        """Fit columns, and join them by a Gaussian copula; see `GaussianCopula.fit`. Summaries are sent, never rows."""
        return self._run(self._operations.fit_copula(df, columns, config, metric, method, missing))

    def fit_multivariate_normal(
        self, df: object, columns: Sequence[str] | None = None, bias: bool = False, *, missing: str | None = None
    ) -> MultivariateNormalResult:
        """The multivariate normal distribution of columns; see `MultivariateNormalFitter.fit`. Rows are never sent."""
        return self._run(self._operations.fit_multivariate_normal(df, columns, bias, missing))

    def fit_mixture(
        self,
        data: object,
        fitter: GaussianMixtureFitter | None = None,
        columns: str | Sequence[str] | None = None,
        *,
        weights: Any = None,
    ) -> GaussianMixtureResult:
        """A mixture of Gaussian laws of one column, from its summary, as `fitter` says; see `GaussianMixtureFitter.fit`.

        Raises `InvalidInput` for several columns, whose mixture needs rows.
        """
        return self._run(self._operations.fit_mixture(data, fitter, columns, weights))

    @overload
    def sample(self, result: DistributionFitResult, n: int, seed: int = 0) -> Iterator[FloatArray]: ...

    @overload
    def sample(self, result: GaussianMixtureResult, n: int, seed: int = 0) -> Iterator[FloatArray]: ...

    @overload
    def sample(self, result: Joint, n: int, seed: int = 0) -> Iterator[dict[str, FloatArray]]: ...

    def sample(
        self, result: DistributionFitResult | GaussianMixtureResult | Joint, n: int, seed: int = 0
    ) -> Iterator[Any]:
        """Arrays that together are `result.sample(n, random_state=seed)`, drawn by the service.

        Of a mixture they are (m, d). Of a copula or a multivariate normal distribution, such arrays by column.
        """
        return self._iterate(self._operations.sample(result, n, seed))

    def evaluate(self, result: DistributionFitResult, function: str, points: ArrayLike) -> FloatArray:
        """`pdf`, `logpdf`, `cdf`, `sf`, `ppf` or `isf` of a result at points, in their shape."""
        return self._run(self._operations.evaluate(result, function, points))

    def info(self) -> ServerInfo:
        """What the service says of itself."""
        return self._run(self._operations.info())

    def distributions(self) -> builtins.list[DistributionInfo]:
        """The families that the service knows."""
        return self._run(self._operations.distributions())

    def close(self) -> None:
        """Let go of the connection; the client cannot be used any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            blocking.release(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._operations.endpoint.address!r})"

    def _run(self, flow: Flow[T]) -> T:
        return self._open().run(flow)

    def _iterate(self, flow: Flow[None]) -> Iterator[Any]:
        return self._open().iterate(flow)

    def _open(self) -> blocking.Connection:
        if self._connection is None:
            raise InvalidInput("this client is closed; make another")
        return self._connection
