"""Families that are the same distributions in other words: fitted once, counted once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Parameters = tuple[float, ...]


@dataclass(frozen=True)
class SameAs:
    """The family `name` with parameters `translate(p)` is the distribution with parameters p of the other family."""

    name: str
    translate: Callable[[Parameters], Parameters]


def _unchanged(p: Parameters) -> Parameters:
    return p


def _chi2(p: Parameters) -> Parameters:
    a, loc, scale = p
    return 2 * a, loc, scale / 2


def _f(p: Parameters) -> Parameters:
    a, b, loc, scale = p  # betaprime(a, b) = (a/b)·F(2a, 2b)
    return 2 * a, 2 * b, loc, scale * a / b


def _mielke(p: Parameters) -> Parameters:
    c, d, loc, scale = p
    return c * d, c, loc, scale


def _nakagami(p: Parameters) -> Parameters:
    df, loc, scale = p
    return df / 2, loc, scale * float(np.sqrt(df))


REPARAMETRIZATIONS: Mapping[str, SameAs] = {
    # other name: the family that is fitted, and how its parameters become the other's
    "erlang": SameAs("gamma", _unchanged),
    "chi2": SameAs("gamma", _chi2),
    "f": SameAs("betaprime", _f),
    "mielke": SameAs("burr", _mielke),
    "nakagami": SameAs("chi", _nakagami),
    "reciprocal": SameAs("loguniform", _unchanged),
}
