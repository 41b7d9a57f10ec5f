"""Groups fitted in this process and by the service: the same rows to the last digit, in few messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.service.conftest import Running

from warmfit import DistributionFitter, GroupedFitResults, LocalBackend, RemoteBackend
from warmfit.remote import fits

pytestmark = pytest.mark.ray

FAMILIES = ["norm", "expon", "gamma", "erlang", "lognorm", "t", "johnsonsu"]


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    sizes = rng.integers(40, 400, 30)
    values = np.concatenate([rng.gamma(2.0, 3.0, n) if g % 2 else rng.normal(3, 2, n) for g, n in enumerate(sizes)])
    made = pd.DataFrame({"k": np.repeat(np.arange(30), sizes), "x": values})
    made.loc[made["k"] == 7, "x"] = 1.0
    return made


def test_groups_come_to_the_same_rows_here_and_on_the_service(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fits, "MANY", 8)
    seen: list[int] = []

    def grouped(backend: Any) -> GroupedFitResults:
        found = DistributionFitter(backend=backend).fit(
            frame(), column="x", groupby="k", included_distributions=FAMILIES,
            progress_callback=lambda done, _total, _percent: seen.append(done),
        )  # fmt: skip
        assert isinstance(found, GroupedFitResults)
        return found

    here, there = grouped(LocalBackend(1)), grouped(RemoteBackend(service.address))
    assert seen == [*range(1, 211), *range(1, 211)]
    assert set(here.failures["k"]) == set(there.failures["k"]) == {7}
    for (_, one), (_, other) in zip(here.by_group(), there.by_group(), strict=True):
        for a, b in zip(one.columns[0].rows, other.columns[0].rows, strict=True):
            assert a._told()[:-1] == b._told()[:-1]
