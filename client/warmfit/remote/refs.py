"""`DatasetRef`: columns that a service keeps, as something that goes wherever a frame goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from warmfit.remote.endpoint import Endpoint
from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.summary.column import ColumnSummary


@dataclass(frozen=True)
class Origin:
    """Where a dataset is kept, and what is known of it here.

    `fingerprints`: of the columns' summaries, in order. `summaries`: by column, as far as they were met; those of a
    dataset without a name cannot be asked for again, and are here from the start.
    """

    endpoint: Endpoint
    fingerprints: tuple[str, ...]
    summaries: dict[str, ColumnSummary] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetRef:
    """Columns registered with a service; made by `Client.put`, `get` and `list`.

    `name`: None for columns kept by content alone. `fingerprint`: of names and contents. `n`: rows, missing values
    included, of the longest column.
    """

    name: str | None
    fingerprint: str
    columns: tuple[str, ...]
    n: int
    _origin: Origin | None = field(default=None, init=False, repr=False, compare=False)

    def kept_at(self, origin: Origin) -> DatasetRef:
        """This reference, knowing where its columns are kept."""
        object.__setattr__(self, "_origin", origin)
        return self

    @property
    def origin(self) -> Origin:
        """Where the columns are kept; raises `InvalidInput` for a reference that no client made."""
        if self._origin is None:
            raise InvalidInput("this DatasetRef knows no service; get one with Client.put or Client.get")
        return self._origin

    def summaries(self) -> Mapping[str, ColumnSummary]:
        """The summary of each column, fetched once; raises what keeps the service from giving them."""
        known = self.origin.summaries
        if not all(column in known for column in self.columns):
            from warmfit.remote.blocking import shared
            from warmfit.remote.datasets import fetch

            service = shared(self.origin.endpoint)
            service.run(fetch(service.caller, self))
        return known
