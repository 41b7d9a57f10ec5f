"""What joint models take and give: points as rows, draws as named columns, seeds."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from warmfit import validation as check
from warmfit.sources import Source, open_source
from warmfit_fitting.arrays import FloatArray
from warmfit_fitting.errors import InvalidInput

MAX_SEED = 2**64 - 1


class Law(Protocol):
    """What draws rows by their position."""

    def rows(self, start: int, stop: int, seed: int, /) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, as columns (C, stop − start)."""
        ...


@dataclass(frozen=True, eq=False)
class JointSampler:
    """The sample of a joint model by rows: a pure function of a seed and a position, wherever it is pickled to."""

    columns: tuple[str, ...]
    law: Law

    def rows(self, start: int, stop: int, seed: int) -> FloatArray:
        """Rows `start`, …, `stop` − 1 of the sample of a seed, (stop − start, C)."""
        return np.ascontiguousarray(self.law.rows(start, stop, seed).T)


def points(x: Any, names: Sequence[str]) -> FloatArray:
    """Rows (N, C): of a frame or a mapping by name, or of an array (N, C), or (C,) for one row."""
    if isinstance(x, Mapping):
        missing = [name for name in names if name not in x]
        if missing:
            raise InvalidInput(f"no value for column {missing[0]!r}; give one for each of {', '.join(names)}")
        x = pd.DataFrame({name: np.atleast_1d(np.asarray(x[name])) for name in names})
    elif isinstance(x, list | tuple | np.ndarray):
        x = np.atleast_2d(np.asarray(x))
        if x.shape[-1] != len(names):
            raise InvalidInput(
                f"points of the shape {x.shape}; expected (N, {len(names)}), a column for each of {names}"
            )
    return stacked_rows(open_source(x, names), names)


def stacked_rows(source: Source, names: Sequence[str]) -> FloatArray:
    """All rows (N, C) of these columns, here."""
    return source.reduce(names, _itself, _stacked)


def _itself(rows: FloatArray) -> FloatArray:
    return rows


def _stacked(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.concatenate([a, b])


def named(columns: Sequence[str], rows: FloatArray) -> dict[str, FloatArray]:
    """Draws (C, n) by the names of their columns."""
    return dict(zip(columns, rows, strict=True))


def seed_of(random_state: int | np.random.Generator | None) -> int:
    """The seed that is given, or the next that a Generator has, or one drawn from the system."""
    if random_state is None:
        return secrets.randbits(63)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    seed = check.whole("random_state", random_state, least=0)
    if seed > MAX_SEED:
        raise InvalidInput(f"random_state={seed}; expected a whole number below 2**64")
    return seed
