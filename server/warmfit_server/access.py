"""Who calls, and what a caller may do: scopes, a namespace and limits."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from warmfit_fitting.errors import PermissionDenied


class Scope(StrEnum):
    """What a token allows. None of them includes another, but for `ADMIN`, which includes all."""

    READ = "read"
    FIT = "fit"
    WRITE = "write"
    ADMIN = "admin"


# What a call needs; `RegisterDataset` needs WRITE besides where it gives a name. A method that is not here needs ADMIN.
SCOPES: dict[str, Scope] = {
    "GetDataset": Scope.READ,
    "ListDatasets": Scope.READ,
    "ListDistributions": Scope.READ,
    "GetServerInfo": Scope.READ,
    "RegisterDataset": Scope.FIT,
    "Fit": Scope.FIT,
    "FitStream": Scope.FIT,
    "ConfidenceIntervals": Scope.FIT,
    "GoodnessOfFit": Scope.FIT,
    "FitCopula": Scope.FIT,
    "FitMultivariateNormal": Scope.FIT,
    "FitMixture": Scope.FIT,
    "Sample": Scope.FIT,
    "Evaluate": Scope.FIT,
    "AppendDataset": Scope.WRITE,
    "DeleteDataset": Scope.WRITE,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose call it is. `name`: of the token, in logs and metrics; `namespace`: where its datasets are.

    `max_calls`: calls under way at once at one gateway; `max_datasets`: named datasets in the namespace; None for the
    service's own limits.
    """

    name: str
    namespace: str
    scopes: frozenset[Scope]
    max_calls: int | None = None
    max_datasets: int | None = None

    def require(self, scope: Scope) -> None:
        """Raise `PermissionDenied` where the caller lacks a scope."""
        if scope not in self.scopes and Scope.ADMIN not in self.scopes:
            raise PermissionDenied(f"this token does not have the scope {scope.value!r}, which the call needs")


_caller: ContextVar[Caller] = ContextVar("caller")


def calls_as(caller: Caller) -> None:
    """Note whose call the current task serves."""
    _caller.set(caller)


def caller() -> Caller:
    """Whose call the current task serves; raises `LookupError` outside a call."""
    return _caller.get()
