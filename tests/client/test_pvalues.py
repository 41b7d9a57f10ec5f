"""p-values through the public API: asked for by name, the same in every worker, and made use of."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from warmfit import (
    DiscreteDistributionFitter,
    DistributionFitter,
    FitterConfig,
    FitterConfigBuilder,
    InvalidInput,
    LocalBackend,
    PoorFitWarning,
)
from warmfit.cli.app import app

VALUES = np.random.default_rng(3).gamma(2.0, 3.0, size=150)
FEW = ["gamma", "norm", "expon", "erlang"]
PVALUES = ["pvalue", "ad_pvalue", "cvm_pvalue"]


def config(n_bootstrap: int = 19, lazy: bool = False) -> FitterConfig:
    builder = FitterConfigBuilder().with_distributions(FEW).with_pvalues(n_bootstrap)
    return builder.with_lazy_metrics(lazy).build()


def test_pvalues_are_there_when_they_are_asked_for_and_only_then() -> None:
    asked = DistributionFitter().fit(VALUES, config=config()).df
    assert asked[PVALUES].notna().all().all()
    assert (asked.set_index("distribution").loc["norm", PVALUES] <= 0.1).all()
    plain = DistributionFitter().fit(VALUES, included_distributions=FEW).df
    assert plain[PVALUES].isna().all().all()
    same = ["parameters", "loglik", "ks_statistic"]
    assert asked[same].to_dict() == plain[same].to_dict()


def test_every_worker_gives_the_same_pvalues() -> None:
    frame = pd.DataFrame({str(i): VALUES * (i + 1) for i in range(7)})
    tables = [
        DistributionFitter(backend=LocalBackend(workers)).fit(frame, columns=list(frame), config=config()).df
        for workers in (1, 2)
    ]
    pd.testing.assert_frame_equal(*(table.drop(columns="elapsed") for table in tables))


def test_lazy_results_compute_pvalues_with_the_other_metrics() -> None:
    lazy = DistributionFitter().fit(VALUES, config=config(lazy=True))
    assert lazy.df[PVALUES].isna().all().all()
    eager = DistributionFitter().fit(VALUES, config=config())
    assert lazy.filter(pvalue_threshold=0.2).df["distribution"].tolist() == (
        eager.filter(pvalue_threshold=0.2).df["distribution"].tolist()
    )
    pd.testing.assert_frame_equal(lazy.materialize().df[PVALUES], eager.df[PVALUES])


def test_a_fit_that_is_rejected_is_complained_of() -> None:
    results = DistributionFitter().fit(
        VALUES, config=FitterConfigBuilder().with_distributions(["norm"]).with_pvalues(99).build()
    )
    with pytest.warns(PoorFitWarning, match=r"the KS distance .*; .* the p-value 0\.01 is below 0\.05"):
        results.best(warn_if_poor=True)
    assert results.quality_report()["n_acceptable"] == 0
    assert results.filter(pvalue_threshold=0.05).count() == 0


def test_pvalues_are_saved_and_loaded(tmp_path: Path) -> None:
    results = DistributionFitter().fit(VALUES, config=config())
    results.save(tmp_path / "results.json")
    loaded = type(results).load(tmp_path / "results.json")
    pd.testing.assert_frame_equal(loaded.df[PVALUES], results.df[PVALUES])
    assert loaded.columns[0].spec.n_bootstrap == 19


def test_counts_have_pvalues_too() -> None:
    counts = np.random.default_rng(1).poisson(4.0, 120)
    builder = FitterConfigBuilder().with_distributions(["poisson"]).with_pvalues(9)
    assert DiscreteDistributionFitter().fit(counts, config=builder.build()).best()[0].pvalue >= 0.1


@pytest.mark.parametrize("n_bootstrap", [0, -1, 100_001])
def test_a_number_of_refits_that_makes_no_sense_is_refused_by_name(n_bootstrap: int) -> None:
    with pytest.raises(InvalidInput, match="n_bootstrap"):
        FitterConfig(n_bootstrap=n_bootstrap)


def test_a_timeout_ends_refits() -> None:
    builder = FitterConfigBuilder().with_distributions(["gennorm"]).with_pvalues(100_000).with_timeout(1.0)
    results = DistributionFitter().fit(VALUES, config=builder.build())
    assert results.df["status"].tolist() == ["timed_out"]


def test_the_command_line_asks_for_pvalues(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    pd.DataFrame({"cost": VALUES}).to_csv(path, index=False)
    arguments = ["fit", str(path), "--include", "gamma", "--pvalues", "19"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    row = json.loads(result.stdout)["results"][0]
    assert all(0.05 <= row[name] <= 1.0 for name in PVALUES)
    assert math.isclose(row["pvalue"] * 20, round(row["pvalue"] * 20))
    assert "p (AD)" in CliRunner().invoke(app, arguments, env={"COLUMNS": "200"}).stdout
