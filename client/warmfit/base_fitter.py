"""`BaseFitter`: what a fitter holds over several calls: where fits run, the seed, the families left out, the users' own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from warmfit import validation as check
from warmfit.backends.protocol import ExecutionBackend
from warmfit.call import Call
from warmfit.config import FitterConfig
from warmfit.plotting.fitter_plots import FitterPlots
from warmfit.registry import DistributionRegistry, strangers
from warmfit.targets import backend_for
from warmfit_fitting.families.every import AnyScipy


class BaseFitter(FitterPlots):
    """What fitters of continuous and of discrete families share."""

    _REGISTRY: ClassVar[type[DistributionRegistry]] = DistributionRegistry

    def __init__(
        self,
        target: object = None,
        excluded_distributions: Iterable[str] | None = None,
        random_seed: int = 42,
        backend: ExecutionBackend | None = None,
        *,
        spark: object = None,
    ) -> None:
        self._backend = backend_for(target, backend, spark)
        self._seed = check.whole("random_seed", random_seed, least=0)
        self._registry = self._REGISTRY(excluded_distributions)

    @property
    def backend(self) -> ExecutionBackend:
        """Where fits run."""
        return self._backend

    def _call(self, settings: FitterConfig) -> Call:
        """The call that settings mean; families that are not known here are asked for where they are to be fitted."""
        strange = strangers(settings.included_distributions, self._registry.custom)
        ask = getattr(self._backend, "accepted", None)
        known = ask(self._registry.is_discrete) if strange and ask is not None else {}
        return Call.of(settings, self._registry, self._seed, {name: known[name] for name in strange if name in known})

    def register_distribution(self, name: str, distribution: AnyScipy, overwrite: bool = False) -> None:
        """Have a family of the caller's own fitted too, under a name that no other family has."""
        self._registry.register_distribution(name, distribution, overwrite=overwrite)

    def unregister_distribution(self, name: str) -> None:
        """Forget a family of the caller's own."""
        self._registry.unregister_distribution(name)

    def get_custom_distributions(self) -> dict[str, AnyScipy]:
        """The caller's own families by name."""
        return self._registry.get_custom_distributions()
