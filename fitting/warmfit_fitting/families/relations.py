"""Families that are the same distributions in other words: fitted once, counted once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

Parameters = tuple[float, ...]


@dataclass(frozen=True)
class SameAs:
    """Another family's distributions under another name: those with parameters p of `name`, at `translate(p)`.

    `keeps_loc`: the location is the same under both names.
    """

    name: str
    translate: Callable[[Parameters], Parameters]
    keeps_loc: bool = True


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


def _pareto(p: Parameters) -> Parameters:
    c, loc, scale = p  # pareto begins at 1 where lomax begins at 0: the supports begin at the same place
    return c, loc - scale, scale


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
    "pareto": SameAs("lomax", _pareto, keeps_loc=False),
    "reciprocal": SameAs("loguniform", _unchanged),
}


def same_model(name: str, held: Collection[str] = ()) -> str:
    """The first name of the model that a family is while the parameters `held` are fixed.

    With a scale or a shape held, each name is a model of its own; with the location, where translation moves it.
    """
    same = REPARAMETRIZATIONS.get(name)
    if same is None or not set(held) <= {"loc"} or (held and not same.keeps_loc):
        return name
    return same.name
