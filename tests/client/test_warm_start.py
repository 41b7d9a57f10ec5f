"""`warm_start=`: results of an earlier fit, one result, or parameters by family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from warmfit import (
    DiscreteDistributionFitter,
    DistributionFitter,
    FitFailed,
    FitterConfig,
    InvalidInput,
    UnknownDistribution,
    UnsupportedType,
)
from warmfit.results import BaseFitResults
from warmfit_proto import codec

RNG = np.random.default_rng(2)
FRAME = pd.DataFrame({"a": RNG.gamma(2.0, 3.0, 3_000), "b": RNG.normal(size=3_000)})
FAMILIES = ("gumbel_r", "logistic", "gamma")
BEFORE = DistributionFitter().fit(FRAME[5:], columns=["a", "b"], included_distributions=FAMILIES)


def fit(warm_start: Any, column: str = "a", **also: Any) -> Any:
    return DistributionFitter().fit(FRAME, column, included_distributions=FAMILIES, warm_start=warm_start, **also)


def evaluations(results: Any, family: str) -> int:
    return next(r.n_evaluations for r in results if r.distribution == family)


def test_results_one_result_and_parameters_are_starts_all_alike() -> None:
    one = next(r for r in BEFORE.for_column("a") if r.distribution == "logistic")
    cold = fit(None)
    warm = [fit(given) for given in (BEFORE, one, {"logistic": one.parameters}, {"logistic": np.array(one.parameters)})]
    rows = [next(r for r in results if r.distribution == "logistic") for results in warm]
    assert all(row.parameters == rows[0].parameters for row in rows)
    assert evaluations(warm[0], "logistic") < 0.5 * evaluations(cold, "logistic")
    assert warm[1].df["loglik"].to_numpy() == pytest.approx(cold.df["loglik"].to_numpy(), abs=1e-3)


def test_each_column_starts_from_its_own_results() -> None:
    results = DistributionFitter().fit(FRAME, columns=["a", "b"], included_distributions=FAMILIES, warm_start=BEFORE)
    for name in ("a", "b"):
        spec = next(column.spec for column in results.columns if column.name == name)
        assert dict(spec.warm_start)["gamma"] == tuple(
            next(r.parameters for r in BEFORE.for_column(name) if r.distribution == "gamma")
        )


def test_a_start_is_part_of_the_question_on_the_wire_and_in_documents(tmp_path: Path) -> None:
    results = fit(BEFORE)
    spec = results.columns[0].spec
    assert codec.spec_from_wire(codec.spec_to_wire(spec), ()) == spec
    results.save(tmp_path / "results.json")
    assert BaseFitResults.load(tmp_path / "results.json").columns[0].spec == spec


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({}, InvalidInput, "warm_start is empty"),
        ({"nrom": [0.0, 1.0]}, UnknownDistribution, "norm"),
        ({"norm": [0.0, 1.0]}, InvalidInput, "norm, which is not among"),
        ({"gamma": [1.0, 0.0]}, InvalidInput, "gamma has 2 parameters; expected 3: a, loc, scale"),
        ({"gamma": [1.0, np.nan, 1.0]}, InvalidInput, "finite"),
        ({"gamma": "a"}, UnsupportedType, "warm_start"),
        ([1.0, 2.0], UnsupportedType, "warm_start"),
    ],
)
def test_what_cannot_be_started_from_is_refused_by_name(given: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        fit(given)


def test_results_without_the_column_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"column 'value'.*fits of a, b"):
        DistributionFitter().fit(FRAME["a"].to_numpy(), warm_start=BEFORE)


def test_a_result_without_a_fit_is_refused() -> None:
    failed = next(r for r in fit(None, support_at_zero=True) if r.distribution == "logistic")
    assert failed.status != "ok"
    with pytest.raises(FitFailed):
        fit(failed)


def test_results_of_families_that_are_not_asked_for_again_are_left_out() -> None:
    results = DistributionFitter().fit(FRAME, "a", included_distributions=["norm", "gamma"], warm_start=BEFORE)
    assert [name for name, _ in results.columns[0].spec.warm_start] == ["gamma"]


def test_a_config_holds_it_and_the_same_beside_it_contradicts_nothing() -> None:
    config = FitterConfig(included_distributions=FAMILIES, warm_start={"gamma": [2.0, 0.0, 3.0]})
    DistributionFitter().fit(FRAME, "a", config=config, warm_start={"gamma": [2, 0, 3]})
    with pytest.raises(InvalidInput, match="warm_start"):
        DistributionFitter().fit(FRAME, "a", config=config, warm_start={"gamma": [2.0, 0.0, 4.0]})


def test_discrete_families_start_too() -> None:
    x = RNG.poisson(4.0, 500)
    before = DiscreteDistributionFitter().fit(x[2:], included_distributions=["nbinom", "poisson"])
    after = DiscreteDistributionFitter().fit(x, included_distributions=["nbinom", "poisson"], warm_start=before)
    assert {r.status for r in after} <= {"ok", "skipped"}
