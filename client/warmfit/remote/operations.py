"""What a client can do, as flows: the one list of operations behind the blocking and the asyncio client."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from warmfit import validation as check
from warmfit.call import Call, Plan, say_where_it_truncates
from warmfit.config import FitterConfig
from warmfit.copula import ConditionalCopula, EllipticalCopula, GaussianCopula
from warmfit.copula_fit import joint_of_frame, joint_of_values, marginals_of
from warmfit.heavy_tails import complaints, say_heavy_tails
from warmfit.mixture import GaussianMixtureFitter, GaussianMixtureResult
from warmfit.multivariate import MultivariateNormalResult
from warmfit.registry import registry_for, strangers
from warmfit.remote import about, datasets, distributions, fits, joint, mixtures
from warmfit.remote.about import ServerInfo
from warmfit.remote.commands import Compute, Flow
from warmfit.remote.distributions import DistributionInfo
from warmfit.remote.endpoint import Endpoint, TlsLike
from warmfit.remote.joint import Joint
from warmfit.remote.refs import DatasetRef
from warmfit.remote.retry import Caller
from warmfit.result import DistributionFitResult
from warmfit.results import EagerFitResults, FitResults, LazyFitResults
from warmfit.sources.protocol import RowChoice
from warmfit.sources.recognize import requested_names
from warmfit_fitting.arrays import FloatArray

SEED = 42  # as a fitter has


@dataclass(frozen=True)
class Operations:
    """The flows of one client. `timeout`: seconds for each of them, where a configuration has no other."""

    endpoint: Endpoint
    caller: Caller
    timeout: float

    @classmethod
    def of(cls, address: object, token: object, tls: TlsLike, timeout: object) -> Operations:
        """The operations of a client with these arguments; raises `InvalidInput` for what cannot be used."""
        endpoint = Endpoint.of(address, token, tls)
        return cls(endpoint, Caller(endpoint.address), check.positive("timeout", timeout))

    def put(
        self, df: object, columns: str | Sequence[str] | None, name: str | None, overwrite: bool, rows: RowChoice
    ) -> Flow[DatasetRef]:
        """Registered columns."""
        return datasets.put(self.caller, self.endpoint, df, columns, name, overwrite, rows, self.timeout)

    def append(
        self, name: str, df: object, columns: str | Sequence[str] | None, rows: RowChoice, request_id: str | None = None
    ) -> Flow[DatasetRef]:
        """A named dataset with more rows."""
        return datasets.append(self.caller, self.endpoint, name, df, columns, rows, self.timeout, request_id)

    def get(self, name: str) -> Flow[DatasetRef]:
        """The dataset of that name."""
        return datasets.get(self.caller, self.endpoint, name, self.timeout)

    def list(self) -> Flow[builtins.list[DatasetRef]]:
        """Every named dataset."""
        return datasets.listed(self.caller, self.endpoint, self.timeout)

    def delete(self, name: str) -> Flow[None]:
        """A named dataset forgotten."""
        return datasets.delete(self.caller, name, self.timeout)

    def fit(
        self, data: object, config: FitterConfig | None, columns: str | Sequence[str] | None
    ) -> Flow[EagerFitResults | LazyFitResults]:
        """The rows of every family for every column asked for."""
        call, plans = yield from self._asked(data, config, columns)
        fitted = yield from fits.fit_columns(self.caller, call, plans, self._time(call))
        told = [] if call.is_discrete else (yield Compute(lambda: complaints(fitted)))
        say_heavy_tails(told)
        return FitResults.from_columns(fitted, lazy=call.settings.lazy_metrics)

    def fit_stream(self, data: object, config: FitterConfig | None, columns: str | Sequence[str] | None) -> Flow[None]:
        """The same, delivered row by row."""
        call, plans = yield from self._asked(data, config, columns)
        yield from fits.fit_events(self.caller, call, plans, self._time(call))

    def fit_copula(
        self,
        df: object,
        columns: Sequence[str] | None,
        config: FitterConfig | None,
        metric: str,
        method: str,
        missing: str | None,
    ) -> Flow[GaussianCopula]:
        """Columns fitted, and joined by the correlations of their joint summary."""
        summary = yield Compute(lambda: joint_of_frame(df, columns, missing))
        results = yield from self.fit(df, config, summary.names)
        marginals = marginals_of(results, summary.names, metric)
        check.member("method", method, ("normal", "spearman"))
        found = yield from joint.correlation(self.caller, summary, method, self.timeout)
        return GaussianCopula(summary.names, marginals, found)

    def fit_multivariate_normal(
        self, df: object, columns: Sequence[str] | None, bias: bool, missing: str | None
    ) -> Flow[MultivariateNormalResult]:
        """Mean and covariance of a joint summary."""
        names = None if columns is None else check.names("columns", columns, "price")
        biased = check.boolean("bias", bias)
        summary = yield Compute(lambda: joint_of_values(df, names, missing))
        found = yield from joint.multivariate_normal(self.caller, summary, biased, self.timeout)
        return MultivariateNormalResult.of_estimate(summary.names, found)

    def fit_mixture(
        self, data: object, fitter: GaussianMixtureFitter | None, columns: str | Sequence[str] | None, weights: Any
    ) -> Flow[GaussianMixtureResult]:
        """A mixture of one column."""
        spec = (GaussianMixtureFitter() if fitter is None else fitter).spec
        return mixtures.fit(self.caller, spec, data, columns, weights, self.timeout)

    def sample(self, result: DistributionFitResult | Joint | GaussianMixtureResult, n: int, seed: int) -> Flow[None]:
        """Arrays of draws, delivered; by column, where columns are drawn together."""
        if isinstance(result, GaussianMixtureResult):
            return mixtures.sample(self.caller, result, n, seed, self.timeout)
        if isinstance(result, EllipticalCopula | ConditionalCopula | MultivariateNormalResult):
            return joint.sample(self.caller, result, n, seed, False, self.timeout)
        return distributions.sample(self.caller, result, n, seed, self.timeout)

    def evaluate(self, result: DistributionFitResult, function: str, points: ArrayLike) -> Flow[FloatArray]:
        """A function of a result at points."""
        return distributions.evaluate(self.caller, result, function, points, self.timeout)

    def info(self) -> Flow[ServerInfo]:
        """What the service says of itself."""
        return about.info(self.caller, self.timeout)

    def distributions(self) -> Flow[builtins.list[DistributionInfo]]:
        """The families that the service knows."""
        return distributions.distributions(self.caller, self.timeout)

    def _asked(
        self, data: object, config: FitterConfig | None, columns: str | Sequence[str] | None
    ) -> Flow[tuple[Call, builtins.list[Plan]]]:
        """The question, and the columns that it is about, summarized."""
        settings = FitterConfig.merged(config)
        call = yield from self._call(settings)
        column, several = (columns, None) if isinstance(columns, str) else (None, columns)
        names = requested_names(column, several)
        if isinstance(data, DatasetRef):
            yield from datasets.fetch(self.caller, data, self.timeout)
            plans: builtins.list[Plan] = call.opened(data, data.columns if names is None else names)
        else:
            plans = yield Compute(lambda: call.opened(data, names))
        say_where_it_truncates(plans)
        return call, plans

    def _call(self, settings: FitterConfig) -> Flow[Call]:
        """The call that settings mean to a fitter of the default families, and of those that the service was told of."""
        asked = settings.included_distributions
        known = (yield from self.distributions()) if strangers(asked) else []
        own = {info.name: info for info in known if info.custom}
        registry = registry_for(asked, {name: info.discrete for name, info in own.items()})
        elsewhere = {n: info.parameters for n, info in own.items() if info.discrete == registry.is_discrete}
        return Call.of(settings, registry, SEED, elsewhere)

    def _time(self, call: Call) -> float:
        left = call.time_left()
        return self.timeout if left is None else left
