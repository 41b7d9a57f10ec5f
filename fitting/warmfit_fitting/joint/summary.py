"""`JointSummary`: the small, immutable, mergeable aggregate of several columns together that joint models work from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias, get_args

import numpy as np
from scipy import special

from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import GridMismatch, InvalidInput
from warmfit_fitting.joint import encoding
from warmfit_fitting.joint.products import CrossProducts, blocks
from warmfit_fitting.joint.scores import EmpiricalDistribution
from warmfit_fitting.summary.column import ColumnSummary
from warmfit_fitting.summary.encoding import fingerprint

Missing: TypeAlias = Literal["pairwise", "listwise"]
MISSING: tuple[Missing, ...] = get_args(Missing)


@dataclass(frozen=True, eq=False)
class JointSummary:
    """Cross-products of the values of C columns and, where `scored`, of their normal scores and of their mid-ranks.

    `names` (C,); `n`: rows read. `missing`: `pairwise`, each pair of columns over the rows that have both, or `listwise`,
    all over the rows that have every one. `marginals` (C,): the fingerprints of the column summaries through which rows were
    ranked; empty without scores. Two merge that have the same names, the same `missing` and the same marginals.
    """

    names: tuple[str, ...]
    n: int
    missing: Missing
    values: CrossProducts
    scores: CrossProducts | None = None
    ranks: CrossProducts | None = None
    marginals: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        rows: FloatArray,
        summaries: Mapping[str, ColumnSummary] | None = None,
        missing: Missing = "pairwise",
    ) -> JointSummary:
        """That of `rows` (N, C), NaN where a value is missing, ranked through the `summaries` of all rows if given.

        Raises `InvalidInput` for infinities, for censored columns and for anything but one name a column.
        """
        return JointCount.of(names, summaries, missing)(rows)

    @property
    def scored(self) -> bool:
        """Whether rows were ranked."""
        return self.scores is not None

    def merge(self, other: JointSummary) -> JointSummary:
        """The summary of both sets of rows; commutative, and associative up to rounding.

        Raises `InvalidInput` for other columns, `GridMismatch` for rows that were ranked through other summaries.
        """
        if (self.names, self.missing) != (other.names, other.missing):
            raise InvalidInput(
                f"joint summaries of {list(self.names)} ({self.missing}) and of {list(other.names)} ({other.missing}) do "
                "not merge; summarize the same columns in the same order"
            )
        if self.marginals != other.marginals:
            raise GridMismatch(
                "rows were ranked through the summaries of other rows; rank both parts through those of all rows"
            )
        return JointSummary(
            self.names,
            self.n + other.n,
            self.missing,
            self.values.merge(other.values),
            None if self.scores is None or other.scores is None else self.scores.merge(other.scores),
            None if self.ranks is None or other.ranks is None else self.ranks.merge(other.ranks),
            self.marginals,
        )

    def only(self, names: Sequence[str]) -> JointSummary:
        """That of some of the columns; raises `InvalidInput` for others, and for fewer of those taken listwise."""
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise InvalidInput(f"no column {unknown[0]!r}; the joint summary is of {', '.join(self.names)}")
        at = [self.names.index(name) for name in names]
        scores, ranks = (None if part is None else part.taken(at) for part in (self.scores, self.ranks))
        marginals = tuple(self.marginals[i] for i in at) if self.marginals else ()
        return JointSummary(tuple(names), self.n, self.missing, self.values.taken(at), scores, ranks, marginals)

    @cached_property
    def fingerprint(self) -> str:
        """The hex BLAKE2b-256 of the canonical encoding: equal summaries have equal fingerprints."""
        return fingerprint(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The canonical, versioned encoding."""
        return encoding.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> JointSummary:
        """The summary that `to_bytes` wrote; raises `SerializationError` for anything else."""
        return encoding.decode(data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JointSummary) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.fingerprint)


@dataclass(frozen=True)
class JointCount:
    """From a block of rows (N, C) to its `JointSummary`: what a source applies wherever blocks are.

    `ranked` (C,): the distributions through which rows are ranked; empty for values alone.
    """

    names: tuple[str, ...]
    missing: Missing
    ranked: tuple[EmpiricalDistribution, ...] = ()
    marginals: tuple[str, ...] = ()

    @classmethod
    def of(cls, names: Sequence[str], summaries: Mapping[str, ColumnSummary] | None, missing: Missing) -> JointCount:
        """The count of these columns; raises `InvalidInput` for names that are not one each and an unknown `missing`."""
        if len(set(names)) != len(names) or not names:
            raise InvalidInput(f"the columns {list(names)}; expected names, each once")
        if missing not in MISSING:
            raise InvalidInput(f"missing={missing!r}; expected {' or '.join(map(repr, MISSING))}")
        if summaries is None:
            return cls(tuple(names), missing)
        ranked = tuple(EmpiricalDistribution.of(summaries[name]) for name in names)
        return cls(tuple(names), missing, ranked, tuple(summaries[name].fingerprint for name in names))

    def __call__(self, rows: FloatArray) -> JointSummary:
        """The summary of a block."""
        if rows.ndim != 2 or rows.shape[1] != len(self.names):
            raise InvalidInput(
                f"rows of the shape {rows.shape}; expected (N, {len(self.names)}), a column for each name"
            )
        if np.isinf(rows).any():
            name = self.names[int(np.flatnonzero(np.isinf(rows).any(axis=0))[0])]
            raise InvalidInput(f"column {name!r} has infinite values; drop them, or replace them by nulls")
        found = self._none()
        for part in blocks(len(rows)):
            found = found.merge(self._block(rows[part]))
        return found

    def _none(self) -> JointSummary:
        empty = CrossProducts.none(len(self.names))
        scored = empty if self.ranked else None
        return JointSummary(self.names, 0, self.missing, empty, scored, scored, self.marginals)

    def _block(self, rows: FloatArray) -> JointSummary:
        n = len(rows)
        if self.missing == "listwise":
            rows = rows[~np.isnan(rows).any(axis=1)]
        values = CrossProducts.of(rows)
        if not self.ranked:
            return JointSummary(self.names, n, self.missing, values)
        ranks = np.column_stack([d.ranks(column) for d, column in zip(self.ranked, rows.T, strict=True)])
        scores = CrossProducts.of(special.ndtri(ranks))
        return JointSummary(self.names, n, self.missing, values, scores, CrossProducts.of(ranks), self.marginals)
