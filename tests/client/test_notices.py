"""Warnings: of one root, once for each column of a call, at the caller's own line, from wherever inside they come."""

from __future__ import annotations

import ast
import asyncio
import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import warmfit
from warmfit import (
    DistributionFitter,
    HeavyTailWarning,
    LocalBackend,
    PoorFitWarning,
    TruncationNotice,
    WarmfitWarning,
)
from warmfit.notices import warn

ROOT = Path(__file__).parents[2]
FRAME = pd.DataFrame({"a": np.random.default_rng(0).normal(size=300), "b": np.r_[np.zeros(200) + 0.01, np.arange(100)]})


def line() -> int:
    """The number of the line after the caller's."""
    return inspect.currentframe().f_back.f_lineno + 1  # type: ignore[union-attr]


@pytest.mark.parametrize("category", [TruncationNotice, PoorFitWarning, HeavyTailWarning])
def test_all_warnings_have_one_root(category: type[Warning]) -> None:
    assert issubclass(category, WarmfitWarning)
    assert issubclass(WarmfitWarning, UserWarning)


def test_a_poor_fit_is_told_once_for_each_column_however_many_fits_of_it_are_poor() -> None:
    results = DistributionFitter(backend=LocalBackend(1)).fit(
        FRAME, columns=["a", "b"], included_distributions=["expon", "uniform", "rayleigh"]
    )
    here = line() + 1
    with pytest.warns(PoorFitWarning) as caught:
        results.best(n=6, warn_if_poor=True)
    assert len(caught) == 2
    assert {(w.filename, w.lineno) for w in caught} == {(__file__, here)}
    assert sum(" on b: the KS distance " in said for w in caught for said in str(w.message).split("; ")) == 3


def test_truncation_is_told_once_for_each_column() -> None:
    here = line() + 1
    with pytest.warns(TruncationNotice) as caught:
        DistributionFitter().fit(FRAME, columns=["a", "b"], bounded=True, included_distributions=["norm"])
    assert [str(w.message).split(":")[0] for w in caught] == ["column 'a'", "column 'b'"]
    assert {(w.filename, w.lineno) for w in caught} == {(__file__, here)}


def test_a_warning_inside_a_coroutine_points_at_its_line() -> None:
    async def main() -> int:
        here = line()
        warn("deep", WarmfitWarning)
        return here

    with pytest.warns(WarmfitWarning, match="deep") as caught:
        here = asyncio.run(main())
    assert (caught[0].filename, caught[0].lineno) == (__file__, here)


def test_nothing_else_in_the_tree_warns_by_itself() -> None:
    calls = []
    for package in ("client", "fitting", "proto", "server"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("warnings.warn", "warnings.warn_explicit"):
                    calls.append(path.name)
    assert calls == ["notices.py"]


def test_the_exported_warnings_are_all_there_are() -> None:
    import warmfit.notices as notices

    there = {name for name, it in vars(notices).items() if isinstance(it, type) and issubclass(it, Warning)}
    assert there == {name for name in warmfit.__all__ if name.endswith(("Warning", "Notice"))}
