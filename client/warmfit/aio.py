"""The service's client for asyncio: `async with warmfit.aio.Client("host:port") as client`.

The operations are those of `warmfit.Client`, with `await` and `async for`. A client belongs to the event loop in
which it is first used.
"""

from __future__ import annotations

import builtins
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from numpy.typing import ArrayLike

from warmfit.config import FitterConfig
from warmfit.copula import GaussianCopula
from warmfit.mixture import GaussianMixtureFitter, GaussianMixtureResult
from warmfit.multivariate import MultivariateNormalResult
from warmfit.remote import awaiting
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

__all__ = ["Client"]

T = TypeVar("T")


class Client:
    """A client of the service at `address`, or at `WARMFIT_ADDRESS`; see `warmfit.Client`."""

    def __init__(
        self, address: str | None = None, token: str | None = None, tls: TlsLike = None, timeout: float = 60.0
    ) -> None:
        self._operations = Operations.of(address, token, tls, timeout)
        self._connection: awaiting.Connection | None = None
        self._let_go: weakref.finalize[..., Client] | None = None
        self._is_closed = False

    async def put(
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

        `weights`, `censoring`, `truncation`: as for `warmfit.summarize`.
        """
        return await self._run(
            self._operations.put(df, columns, name, overwrite, RowChoice(weights, censoring, truncation))
        )

    async def append(
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
        """Add the rows of a frame to every column of a named dataset, once; see `warmfit.Client.append`."""
        rows = RowChoice(weights, censoring, truncation)
        return await self._run(self._operations.append(name, df, columns, rows, request_id))

    async def get(self, name: str) -> DatasetRef:
        """The dataset of that name; raises `DatasetNotFound`."""
        return await self._run(self._operations.get(name))

    async def list(self) -> builtins.list[DatasetRef]:
        """Every named dataset."""
        return await self._run(self._operations.list())

    async def delete(self, name: str) -> None:
        """Forget a named dataset; raises `DatasetNotFound`."""
        await self._run(self._operations.delete(name))

    async def fit(
        self, data: object, config: FitterConfig | None = None, *, columns: str | Sequence[str] | None = None
    ) -> EagerFitResults | LazyFitResults:
        """The rows of every family for every column of a reference, or for `columns` of a reference or frame."""
        return await self._run(self._operations.fit(data, config, columns))

    def fit_stream(
        self, data: object, config: FitterConfig | None = None, *, columns: str | Sequence[str] | None = None
    ) -> AsyncIterator[tuple[str, DistributionFitResult]]:
        """(column, result) of every family, as they are finished; closing the iterator ends the work."""
        return self._iterate(self._operations.fit_stream(data, config, columns))

    async def fit_copula(
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
        return await self._run(self._operations.fit_copula(df, columns, config, metric, method, missing))

    async def fit_multivariate_normal(
        self, df: object, columns: Sequence[str] | None = None, bias: bool = False, *, missing: str | None = None
    ) -> MultivariateNormalResult:
        """The multivariate normal distribution of columns; see `MultivariateNormalFitter.fit`. Rows are never sent."""
        return await self._run(self._operations.fit_multivariate_normal(df, columns, bias, missing))

    async def fit_mixture(
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
        return await self._run(self._operations.fit_mixture(data, fitter, columns, weights))

    @overload
    def sample(self, result: DistributionFitResult, n: int, seed: int = 0) -> AsyncIterator[FloatArray]: ...

    @overload
    def sample(self, result: GaussianMixtureResult, n: int, seed: int = 0) -> AsyncIterator[FloatArray]: ...

    @overload
    def sample(self, result: Joint, n: int, seed: int = 0) -> AsyncIterator[dict[str, FloatArray]]: ...

    def sample(
        self, result: DistributionFitResult | GaussianMixtureResult | Joint, n: int, seed: int = 0
    ) -> AsyncIterator[Any]:
        """Arrays that together are `result.sample(n, random_state=seed)`, drawn by the service.

        Of a mixture they are (m, d). Of a copula or a multivariate normal distribution, such arrays by column.
        """
        return self._iterate(self._operations.sample(result, n, seed))

    async def evaluate(self, result: DistributionFitResult, function: str, points: ArrayLike) -> FloatArray:
        """`pdf`, `logpdf`, `cdf`, `sf`, `ppf` or `isf` of a result at points, in their shape."""
        return await self._run(self._operations.evaluate(result, function, points))

    async def info(self) -> ServerInfo:
        """What the service says of itself."""
        return await self._run(self._operations.info())

    async def distributions(self) -> builtins.list[DistributionInfo]:
        """The families that the service knows."""
        return await self._run(self._operations.distributions())

    async def close(self) -> None:
        """Let go of the connection; the client cannot be used any more."""
        connection, self._connection, self._is_closed = self._connection, None, True
        if connection is not None and self._let_go is not None and self._let_go.detach():
            await awaiting.release(connection)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"warmfit.aio.Client({self._operations.endpoint.address!r})"

    async def _run(self, flow: Flow[T]) -> T:
        return await self._open().run(flow)

    def _iterate(self, flow: Flow[None]) -> AsyncIterator[Any]:
        return self._held(self._open().iterate(flow))

    async def _held(self, values: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
        """The same values; whoever iterates over them keeps this client and its connection."""
        async with aclosing(values):
            async for value in values:
                yield value

    def _open(self) -> awaiting.Connection:
        if self._is_closed:
            raise InvalidInput("this client is closed; make another")
        if self._connection is None:
            self._connection = awaiting.hold(self._operations.endpoint)
            self._let_go = weakref.finalize(self, awaiting.forget, self._connection)  # also where nobody closes it
        return self._connection
