"""`DiscreteDistributionFitter`: counts from whatever holds them, results that are distributions, and what is refused."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import special, stats
from typer.testing import CliRunner

from warmfit import (
    BaseFitResults,
    DiscreteDistributionFitter,
    DiscreteDistributionRegistry,
    DistributionFitResult,
    DistributionFitter,
    FitterConfig,
    InvalidInput,
    LocalBackend,
    UnknownDistribution,
    UnsupportedType,
    summarize,
)
from warmfit.cli.app import app

QUICK = ["poisson", "nbinom", "zi_poisson", "geom"]
COUNTS = np.random.default_rng(0).negative_binomial(3, 0.3, 400)


def fit(data: Any = COUNTS, *args: Any, families: Any = QUICK, **keywords: Any) -> Any:
    fitter = DiscreteDistributionFitter(backend=LocalBackend(2))
    return fitter.fit(data, *args, included_distributions=families, **keywords)


def table(results: Any) -> pd.DataFrame:
    frame: pd.DataFrame = results.df
    return frame.drop(columns=["elapsed"])


def one(name: str, data: Any = COUNTS) -> DistributionFitResult:
    results: list[DistributionFitResult] = list(fit(data, families=[name]))
    return results[0]


def test_every_discrete_family_has_a_row_and_the_right_one_is_best() -> None:
    results = DiscreteDistributionFitter(backend=LocalBackend(2)).fit(COUNTS)
    assert list(results.df["distribution"]) == list(DiscreteDistributionRegistry.ALL_DISTRIBUTIONS)
    assert results.best()[0].distribution == "nbinom"
    assert set(results.df["status"]) == {"ok", "skipped"}
    assert (results.failures["reason"].str.len() > 10).all()
    assert results.df["bic"].dtype == np.float64


@pytest.mark.parametrize(
    "data",
    [
        COUNTS.tolist(), pd.DataFrame({"value": COUNTS}), pl.DataFrame({"value": COUNTS.astype(np.uint16)}),
        pd.DataFrame({"value": COUNTS.astype(float)}), summarize(COUNTS, None),
    ],
    ids=["list", "pandas", "polars, uint16", "floats that are whole", "summary"],
)  # fmt: skip
def test_counts_come_from_whatever_holds_them(data: Any) -> None:
    pd.testing.assert_frame_equal(table(fit(data)), table(fit()))


def test_fractions_are_refused_naming_the_column_and_showing_one() -> None:
    with pytest.raises(InvalidInput, match=r"column 'rate': 0\.25 is not a whole number; discrete families take"):
        fit(pd.DataFrame({"rate": [1.0, 0.25, 3.0]}))


def test_a_column_with_fractions_fails_its_rows_only() -> None:
    rows = fit(pd.DataFrame({"n": COUNTS, "x": COUNTS + 0.5}), columns=["n", "x"]).df
    assert rows[rows["column_name"] == "x"]["status"].eq("failed").all()
    assert rows[rows["column_name"] == "n"]["status"].eq("ok").sum() == 3


def test_negative_values_skip_the_families_that_cannot_hold_them() -> None:
    rows = fit(COUNTS - 5, families=["poisson", "skellam", "randint", "dlaplace"]).df.set_index("distribution")
    assert dict(rows["status"]) == {"poisson": "skipped", "skellam": "ok", "randint": "ok", "dlaplace": "ok"}
    assert "begins at 0, above the smallest value, -5" in rows["reason"]["poisson"]


def test_a_result_is_a_distribution() -> None:
    result = one("nbinom")
    dist = stats.nbinom(*result.parameters)
    k = np.arange(30)
    for name in ("pmf", "logpmf", "cdf", "sf"):
        np.testing.assert_allclose(getattr(result, name)(k), getattr(dist, name)(k), rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(getattr(result.get_scipy_dist(), name)(k), getattr(dist, name)(k), rtol=1e-9)
    q = [0.01, 0.3, 0.5, 0.99]
    np.testing.assert_array_equal(result.ppf(q), dist.ppf(q))
    np.testing.assert_array_equal(result.isf(q), dist.isf(q))
    assert (result.mean(), result.std()) == (pytest.approx(dist.mean()), pytest.approx(dist.std()))
    assert result.interval(0.9) == dist.interval(0.9)
    assert result.get_param_names() == ["n", "p", "loc"]
    assert result.get_scipy_dist(frozen=False) is stats.nbinom


def test_a_discrete_result_has_no_density_and_a_continuous_one_no_probability() -> None:
    for name in ("pdf", "logpdf"):
        with pytest.raises(InvalidInput, match=r"nbinom is discrete and has no density; use (log)?pmf"):
            getattr(one("nbinom"), name)(1)
    continuous = next(iter(DistributionFitter().fit([1.0, 2.0, 4.0], included_distributions=["norm"])))
    for name, instead in (("pmf", "pdf for the density"), ("logpmf", "logpdf for the log-density")):
        with pytest.raises(InvalidInput, match=f"norm is continuous.*use {instead}"):
            getattr(continuous, name)(1)


@pytest.mark.parametrize("name", ["zi_poisson", "zt_nbinom"])
def test_families_that_scipy_lacks_come_as_an_rv_discrete_of_ours(name: str) -> None:
    data = COUNTS if name == "zi_poisson" else COUNTS + 1
    result, k = one(name, data), np.arange(1, 25)
    frozen, generic = result.get_scipy_dist(), result.get_scipy_dist(frozen=False)
    assert isinstance(generic, stats.rv_discrete)
    np.testing.assert_allclose(frozen.pmf(k), result.pmf(k), rtol=1e-12)
    np.testing.assert_allclose(frozen.sf(k), result.sf(k), rtol=1e-12)
    np.testing.assert_array_equal(frozen.ppf([0.1, 0.9]), result.ppf([0.1, 0.9]))
    assert frozen.mean() == pytest.approx(result.mean(), rel=1e-6)
    assert frozen.rvs(size=5, random_state=1).shape == (5,)
    assert generic(*result.parameters[:-1], 3).pmf(k + 3) == pytest.approx(frozen.pmf(k))
    assert pickle.loads(pickle.dumps(generic)).pmf(2, *result.parameters) == pytest.approx(float(result.pmf(2)))


def test_draws_are_whole_numbers_and_a_longer_sample_begins_with_a_shorter_one() -> None:
    for name in ("nbinom", "zi_poisson", "hypergeom" if COUNTS.var() < COUNTS.mean() else "betabinom"):
        result = one(name)
        long, short = result.sample(5_000, random_state=7), result.sample(100, random_state=7)
        np.testing.assert_array_equal(long[:100], short)
        np.testing.assert_array_equal(long, np.rint(long))
        assert long.mean() == pytest.approx(result.mean(), abs=5 * result.std() / 70)
        assert result.sample(3, random_state=np.random.default_rng(1)).shape == (3,)


def test_standard_errors_are_of_the_real_parameters_only() -> None:
    result = one("betabinom", np.random.default_rng(1).binomial(10, np.random.default_rng(2).beta(2, 3, 500)))
    whole, first, second, loc = result.standard_errors or []
    assert whole is None
    assert loc == 0.0
    assert first is not None
    assert first > 0
    assert second is not None
    assert second > 0


def test_results_are_saved_and_loaded_whole(tmp_path: Path) -> None:
    results = fit(COUNTS, families=[*QUICK, "betabinom", "hypergeom"])
    results.save(tmp_path / "counts.json")
    loaded: Any = BaseFitResults.load(tmp_path / "counts.json")
    pd.testing.assert_frame_equal(table(loaded), table(results))
    best = results.best()[0]
    best.save(tmp_path / "best.json")
    assert DistributionFitResult.load(tmp_path / "best.json") == best
    assert json.loads((tmp_path / "best.json").read_text())["distribution"] == "nbinom"


def test_lazy_results_compute_the_same_metrics_when_asked() -> None:
    lazy = fit(lazy_metrics=True)
    assert lazy.is_lazy
    assert lazy.df["ks_statistic"].isna().all()
    pd.testing.assert_frame_equal(table(lazy.materialize()), table(fit()))


def test_a_location_can_be_held_elsewhere() -> None:
    result = next(iter(fit(COUNTS + 100, families=["nbinom"], fixed={"loc": 100})))
    assert result.parameters == pytest.approx([*one("nbinom").parameters[:-1], 100.0], rel=1e-6)
    assert result.bic == pytest.approx(one("nbinom").bic)


def test_progress_reaches_a_hundred() -> None:
    seen: list[float] = []
    fit(progress_callback=lambda *event: seen.append(event[2]))
    assert (len(seen), seen[-1]) == (len(QUICK), 100.0)


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"config": FitterConfig(support_at_zero=True)}, "support_at_zero"),
        ({"config": FitterConfig(bins=7)}, "bins=7"),
        ({"fixed": {"scale": 2.0}}, "fixed names scale, a parameter of none"),
    ],
)
def test_settings_that_counts_do_not_have_are_refused_by_name(keywords: dict[str, Any], says: str) -> None:
    families = {} if "config" in keywords else {"included_distributions": QUICK}
    with pytest.raises(InvalidInput, match=says):
        DiscreteDistributionFitter().fit(COUNTS, **keywords, **families)


def test_the_other_kind_of_family_is_refused_with_the_fitter_that_fits_it() -> None:
    with pytest.raises(UnknownDistribution, match="'norm' is a continuous distribution, which DistributionFitter fits"):
        fit(families=["norm"])
    with pytest.raises(UnknownDistribution, match="'poisson' is a discrete distribution, which DiscreteDistribution"):
        DistributionFitter().fit(COUNTS, included_distributions=["poisson"])
    with pytest.raises(UnknownDistribution, match="poisson_binom is not fitted: its parameter vector"):
        fit(families=["poisson_binom"])
    with pytest.raises(UnknownDistribution, match=r"'poison'.*did you mean poisson"):
        fit(families=["poison"])


class Borel(stats.rv_discrete):
    """e^(−μk) (μk)^(k−1)/k! from 1 on."""

    def _pmf(self, k: Any, mu: Any) -> Any:
        return np.exp(-mu * k + (k - 1) * np.log(mu * k) - special.gammaln(k + 1.0))

    def _shape_info(self) -> Any:
        from scipy.stats._distn_infrastructure import _ShapeInfo

        return [_ShapeInfo("mu", False, (0, 1), (False, False))]


def test_a_family_of_the_callers_own_is_fitted_beside_the_others(tmp_path: Path) -> None:
    fitter = DiscreteDistributionFitter(backend=LocalBackend(1))
    fitter.register_distribution("borel", Borel(a=1, name="borel"))
    x = np.repeat(np.arange(1.0, 7), [60, 20, 10, 5, 3, 2])
    results = fitter.fit(x, included_distributions=["borel", "geom"])
    assert dict(results.df.set_index("distribution")["status"]) == {"borel": "ok", "geom": "ok"}
    own = next(result for result in results if result.distribution == "borel")
    assert own.parameters[0] == pytest.approx(1 - 1 / x.mean(), abs=1e-4)  # its maximum-likelihood estimate
    assert own.pmf(1) == pytest.approx(np.exp(-own.parameters[0]))
    assert list(fitter.get_custom_distributions()) == ["borel"]
    fitter.unregister_distribution("borel")
    with pytest.raises(UnknownDistribution):
        fitter.fit(x, included_distributions=["borel"])


def test_only_discrete_distributions_are_registered_and_names_are_not_taken_twice() -> None:
    fitter = DiscreteDistributionFitter()
    with pytest.raises(UnsupportedType, match=r"an instance of scipy\.stats\.rv_discrete"):
        fitter.register_distribution("mine", stats.norm)
    for name in ("poisson", "zi_poisson"):
        with pytest.raises(InvalidInput, match="keeps its name"):
            fitter.register_distribution(name, Borel(a=1, name=name))


def test_the_registry_gives_objects_of_every_family() -> None:
    registry = DiscreteDistributionRegistry()
    assert registry.get_distribution_object("binom") is stats.binom
    for name in registry.get_distributions():
        assert isinstance(registry.get_distribution_object(name), stats.rv_discrete)
    assert "skellam" not in registry.get_distributions(support_at_zero=True)
    registry.add_exclusion("poisson")
    assert "poisson" not in registry.get_distributions()


def test_chi_square_is_taken_from_the_rows() -> None:
    x = np.repeat(np.arange(5), [109, 65, 22, 3, 1])
    found = one("poisson", x).chi_square(x)
    assert (found.cells, found.degrees_of_freedom) == (3, 1)
    assert found.statistic == pytest.approx(0.0628, abs=1e-4)
    with pytest.raises(InvalidInput, match=r"0\.5 is not a whole number"):
        one("poisson", x).chi_square([0.5, 1.0, 2.0])


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "claims.csv"
    pd.DataFrame({"claims": COUNTS, "cost": COUNTS * 1.5}).to_csv(path, index=False)
    return path


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_the_command_line_fits_counts(csv: Path) -> None:
    families = [word for name in QUICK for word in ("--include", name)]
    result = run("fit", csv, "--column", "claims", "--discrete", "--json", *families)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["results"][0]["distribution"] == "nbinom"
    refused = run("fit", csv, "--column", "cost", "--discrete", *families)
    assert refused.exit_code == 2
    assert "column 'cost'" in refused.stderr
    assert "is not a whole number" in refused.stderr
    assert run("fit", csv, "--column", "claims", "--discrete", "--bins", 5).exit_code == 2


def test_the_command_line_draws_counts(csv: Path) -> None:
    result = run("sample", csv, "--column", "claims", "--distribution", "nbinom", "--n", 3, "--seed", 1)
    assert result.exit_code == 0, result.stderr
    assert [float(line) for line in result.stdout.split()] == one("nbinom").sample(3, random_state=1).tolist()


def test_the_command_line_shows_discrete_families() -> None:
    shown = run("families", "hypergeom").stdout
    assert "M, n, N, loc" in shown
